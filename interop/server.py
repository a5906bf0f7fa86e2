"""The Python package `websockets` as a server of our echo client.

    server.py ECHO_CLIENT

Starts the client once for each scenario, and looks at it from both sides: what
it printed, and what it sent.
"""

import asyncio
import base64
import os
import sys

from websockets.asyncio.server import serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import DATA_OPCODES

ECHO_CLIENT = sys.argv[1]
MESSAGES = ["Hello", "Grüße, κόσμε, 世界, नमस्ते, 👩‍🚀", "", "x" * 125, "y" * 126, "z" * 70000]
# The terms on which the server compresses.
TERMS = {
    "": {},
    " without takeover": {"server_no_context_takeover": True},
    " with a client without takeover": {"client_no_context_takeover": True},
    " without takeover on either side": {
        "server_no_context_takeover": True,
        "client_no_context_takeover": True,
    },
    " with a window of 9 bits": {"server_max_window_bits": 9},
    " with a window of 10 bits": {"server_max_window_bits": 10},
    " with a client's window of 9 bits": {"client_max_window_bits": 9},
    " with a client's window of 10 bits": {"client_max_window_bits": 10},
}
failed = False


async def main():
    for title, terms in TERMS.items():
        who = f"python server with compression{title}"
        factory = ServerPerMessageDeflateFactory(**terms)
        options = {"compression": None, "extensions": [factory]}
        await scenario(f"{who}: echoes in fragments, pings between them", echoes, terms, **options)
        await scenario(f"{who}: much that is alike", much_that_is_alike, terms, **options)
    for compression, arguments in (("deflate", ()), (None, ("--compress",))):
        side = "client" if compression else "server"
        await scenario(
            f"python server, compression without the {side}: echoes in fragments, pings between them",
            echoes, None, arguments, compression=compression,
        )  # fmt: skip
    await scenario("python server: closes first", closes_first)
    await scenario("python server: refuses with 401", refuses, process_request=refusal)
    return 1 if failed else 0


async def scenario(title, check, *args, **options):
    global failed
    conversation = Conversation()
    try:
        async with serve(
            conversation.handle, "127.0.0.1", 0, ping_interval=None, **options
        ) as server:
            conversation.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            await asyncio.wait_for(check(conversation, *args), 30)
        print(f"ok   {title}", flush=True)
    except Exception as error:
        failed = True
        print(f"FAIL {title}: {type(error).__name__}: {error}".replace("\n", " "), flush=True)


async def echoes(conversation, terms, arguments=("--compress",)):
    conversation.script = echo_in_fragments
    await converse(conversation, terms, arguments, MESSAGES)
    if terms is not None:
        # The client leaves short ones as they are.
        worthwhile = [len(message.encode()) >= 128 for message in MESSAGES]
        expect("frames compressed", [frame.rsv1 for frame in conversation.frames], worthwhile)


async def converse(conversation, terms, arguments, messages, answers=None):
    status, out, err = await run_client(*arguments, conversation.url, *messages)
    expect("what the server found", await conversation.finished(), None)
    expect("exit status", (status, err), (0, err))
    expect("lines printed", out, "".join(f"{answer}\n" for answer in answers or messages))
    expect("messages received", conversation.messages, messages)
    expect("close code", conversation.close_code, 1000)
    expect("terms", conversation.terms, terms)


async def echo_in_fragments(ws, message):
    async def pieces():
        middle = len(message) // 2
        yield message[:middle]
        # Resolves only when a pong with this payload has come.
        await asyncio.wait_for(await ws.ping(os.urandom(125)), 5)
        yield message[middle:]

    await ws.send(pieces())


async def much_that_is_alike(conversation, terms):
    """Many small messages, each much like the last, and a megabyte for each of the larger ones."""
    small = [f"{number:04}, the quick brown fox jumps over the lazy dog" * 3 for number in range(300)]
    large = ["a" * 100_000, base64.b64encode(os.urandom(60_000)).decode()]

    async def answer(ws, message):
        if message == "binary":
            return await ws.send(os.urandom(100_000))
        await ws.send(message if message in small else message * 11)

    conversation.script = answer
    messages = ["binary", *small, *large]
    answers = ["100000 bytes", *small, *(message * 11 for message in large)]
    await converse(conversation, terms, ("--compress",), messages, answers)
    _, *frames = conversation.frames
    expect("all compressed", all(frame.rsv1 for frame in frames), True)
    first, *later = (len(frame.data) for frame in frames)
    takes_over = "client_no_context_takeover" not in terms
    expect("takeover", sum(later[: len(small) - 1]) / (len(small) - 1) < first / 2, takes_over)
    expect("size of what repeats", later[-2] < len(large[0]) / 20, True)


async def closes_first(conversation):
    async def close(ws, message):
        await ws.close(1001, "going away")

    conversation.script = close
    await run_client(conversation.url, "Hello")
    expect("what the server found", await conversation.finished(), None)
    # RFC 6455, 5.5.1: the reply usually carries the code that came.
    expect("close code", conversation.close_code, 1001)


async def refuses(conversation):
    status, out, err = await run_client(conversation.url, "Hello")
    if status == 0:
        raise AssertionError("the client ended as if nothing had happened")
    expect("lines printed", out, "")
    expect("the status is reported", "401" in err, True)


def refusal(connection, request):
    return connection.respond(401, "who are you?\n")


async def run_client(*args):
    process = await asyncio.create_subprocess_exec(
        ECHO_CLIENT, *args, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), 20)
    except TimeoutError:
        process.kill()
        raise AssertionError("the client did not end") from None
    return process.returncode, out.decode(), err.decode()


def expect(what, seen, wanted):
    if seen != wanted:
        raise AssertionError(f"{what}: expected {wanted!r:.200}, saw {seen!r:.200}")


def agreed_terms(ws):
    """The parameters of permessage-deflate in the response."""
    name, *parameters = ws.response.headers["Sec-WebSocket-Extensions"].split("; ")
    expect("extension", name, "permessage-deflate")
    pairs = (parameter.partition("=") for parameter in parameters)
    return {name: int(value) if value else True for name, _, value in pairs}


class Conversation:
    """One connection, and what came over it."""

    def __init__(self):
        self.url, self.script = None, None
        self.messages, self.close_code = [], None
        # What was agreed on, and the data frames as they were on the wire.
        self.terms, self.frames = None, []
        self.result = asyncio.get_running_loop().create_future()

    async def handle(self, ws):
        self.watch(ws)
        try:
            async for message in ws:
                self.messages.append(message)
                await self.script(ws, message)
            received = ws.protocol.close_rcvd
            self.close_code = received and received.code
            self.result.set_result(None)
        except Exception as error:
            self.result.set_result(f"{type(error).__name__}: {error}")

    def watch(self, ws):
        for deflate in ws.protocol.extensions:
            self.terms = agreed_terms(ws)
            decode = deflate.decode

            def watched(frame, *, decode=decode, **options):
                if frame.opcode in DATA_OPCODES:
                    self.frames.append(frame)
                return decode(frame, **options)

            deflate.decode = watched

    async def finished(self):
        return await asyncio.wait_for(self.result, 5)


sys.exit(asyncio.run(main()))
