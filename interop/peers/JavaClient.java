import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Java's own client, {@code java.net.http.WebSocket}, as check.py wants it. */
final class JavaClient {
    private static final HexFormat HEX = HexFormat.of();

    private final HttpClient http = HttpClient.newHttpClient();
    private WebSocket socket;
    private Events events;
    /** The type of the message that is sent in fragments. */
    private boolean isText;

    public static void main(String[] arguments) throws Exception {
        var client = new JavaClient();
        var input = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String line; (line = input.readLine()) != null;) {
            String answer;
            try {
                answer = client.handle(line.split(" ", -1));
            } catch (Exception error) {
                answer = "failed " + error.toString().replace('\n', ' ');
            }
            System.out.println(answer);
        }
        // The threads of the HTTP client go on.
        System.exit(0);
    }

    private String handle(String[] words) throws Exception {
        switch (words[0]) {
            case "hello" -> {
                return "java.net.http " + System.getProperty("java.version") + " fragments ping";
            }
            case "open" -> {
                return open(words);
            }
            case "receive" -> {
                return events.arrived.take();
            }
        }
        byte[] payload = HEX.parseHex(words[words.length - 1]);
        var sent = switch (words[0]) {
            case "text" -> socket.sendText(new String(payload, UTF_8), true);
            case "binary" -> socket.sendBinary(ByteBuffer.wrap(payload), true);
            case "fragment" -> sendFragment(words[1], words[2].equals("last"), payload);
            case "ping" -> socket.sendPing(ByteBuffer.wrap(payload));
            case "close" -> socket.sendClose(Integer.parseInt(words[1]), new String(payload, UTF_8));
            default -> throw new IllegalArgumentException("unknown command");
        };
        sent.join();
        return "sent";
    }

    private String open(String[] words) {
        if (socket != null) {
            socket.abort();
        }
        var protocols = new ArrayList<String>();
        for (String word : Arrays.asList(words).subList(2, words.length)) {
            if (word.startsWith("protocol=")) {
                protocols.add(word.substring("protocol=".length()));
            }
        }
        events = new Events();
        var builder = http.newWebSocketBuilder();
        if (!protocols.isEmpty()) {
            var others = protocols.subList(1, protocols.size()).toArray(new String[0]);
            builder = builder.subprotocols(protocols.get(0), others);
        }
        socket = builder.buildAsync(URI.create(words[1]), events).join();
        String agreed = socket.getSubprotocol();
        return "open " + (agreed.isEmpty() ? "-" : agreed) + " -";
    }

    private CompletableFuture<WebSocket> sendFragment(
            String kind, boolean isLast, byte[] payload) {
        if (!kind.equals("continuation")) {
            isText = kind.equals("text");
        }
        return isText
                ? socket.sendText(new String(payload, UTF_8), isLast)
                : socket.sendBinary(ByteBuffer.wrap(payload), isLast);
    }

    /** Keeps what arrives, as answers to {@code receive}. */
    private static final class Events implements WebSocket.Listener {
        final BlockingQueue<String> arrived = new LinkedBlockingQueue<>();
        /** The pieces of the message that arrives. */
        private final StringBuilder text = new StringBuilder();
        private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean isLast) {
            text.append(data);
            if (isLast) {
                arrived.add("text " + HEX.formatHex(text.toString().getBytes(UTF_8)));
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean isLast) {
            binary.writeBytes(bytesOf(data));
            if (isLast) {
                arrived.add("binary " + HEX.formatHex(binary.toByteArray()));
                binary.reset();
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onPong(WebSocket socket, ByteBuffer data) {
            arrived.add("pong " + HEX.formatHex(bytesOf(data)));
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            arrived.add("close " + code + " " + HEX.formatHex(reason.getBytes(UTF_8)));
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            arrived.add("close 1006 ");
        }

        private static byte[] bytesOf(ByteBuffer data) {
            var bytes = new byte[data.remaining()];
            data.get(bytes);
            return bytes;
        }
    }
}
