# The Ruby library websocket-driver as a server, with a thread for each connection, as check.py
# wants it.

require 'socket'
require 'websocket/driver'

# What the driver needs of a socket.
Transport = Struct.new(:tcp) do
  def write(bytes)
    tcp.write(bytes)
  end
end

def serve(tcp)
  driver = WebSocket::Driver.server(Transport.new(tcp), protocols: ['echo'])
  driver.on(:connect) { driver.start }
  driver.on(:message) { |event| answer(driver, event.data) }
  driver.on(:close) { tcp.close_write }
  loop { driver.parse(tcp.readpartial(65_536)) }
rescue EOFError, SystemCallError, IOError
  tcp.close
end

def answer(driver, message)
  case message
  when 'ping' then driver.ping('interop') { driver.text('interop') }
  when 'close' then driver.close('bye', 4000)
  when String then driver.text(message)
  else driver.binary(message)
  end
end

listener = TCPServer.new('127.0.0.1', 0)
puts "listening on ws://127.0.0.1:#{listener.addr[1]}"
$stdout.flush
loop { Thread.new(listener.accept) { |tcp| serve(tcp) } }
