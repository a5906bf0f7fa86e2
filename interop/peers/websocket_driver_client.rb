# The Ruby library websocket-driver as a client, over a TCP socket, as check.py wants it.

require 'socket'
require 'uri'
require 'websocket/driver'

# What the driver needs of a socket.
Transport = Struct.new(:url, :tcp) do
  def write(bytes)
    tcp.write(bytes)
  end
end

class Client
  FEATURES = 'ping'.freeze
  VERSION = Gem::Specification.find_by_name('websocket-driver').version

  def handle(name, *words)
    payload = [words.last.to_s].pack('H*') unless name == 'open'
    case name
    when 'hello' then "websocket-driver #{VERSION} #{FEATURES}"
    when 'open' then open(*words)
    when 'receive' then receive
    when 'text' then sent(@driver.text(payload.force_encoding('UTF-8')))
    when 'binary' then sent(@driver.binary(payload))
    when 'ping'
      text = payload.dup.force_encoding('UTF-8')
      sent(@driver.ping(text) { @events << "pong #{text.unpack1('H*')}" })
    when 'close' then sent(@driver.close(payload.force_encoding('UTF-8'), words[0].to_i))
    else raise ArgumentError, 'unknown command'
    end
  end

  private

  def open(url, *options)
    @tcp&.close
    address = URI(url)
    @tcp = TCPSocket.new(address.host, address.port)
    @events = []
    protocols = options.grep(/\Aprotocol=/) { |word| word.delete_prefix('protocol=') }
    @driver = WebSocket::Driver.client(Transport.new(url, @tcp), protocols: protocols)
    @driver.on(:open) { @events << "open #{@driver.protocol || '-'} -" }
    @driver.on(:message) { |event| @events << message(event.data) }
    @driver.on(:close) { |event| @events << "close #{event.code} #{event.reason.to_s.unpack1('H*')}" }
    @driver.start
    receive
  end

  # A binary message is an array of bytes.
  def message(data)
    data.is_a?(String) ? "text #{data.unpack1('H*')}" : "binary #{data.pack('C*').unpack1('H*')}"
  end

  def receive
    @driver.parse(@tcp.readpartial(65_536)) while @events.empty?
    @events.shift
  rescue EOFError, SystemCallError
    'close 1006 '
  end

  def sent(was_sent)
    raise 'not sent' unless was_sent

    'sent'
  end
end

$stdout.sync = true
client = Client.new
while (line = $stdin.gets)
  begin
    puts client.handle(*line.chomp.split(' ', -1))
  rescue StandardError => e
    puts "failed #{e.class}: #{e.message.tr("\n", ' ')}"
  end
end
