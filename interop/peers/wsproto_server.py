"""The Python package `wsproto` as a server, over asyncio, as check.py wants it: `wsproto_server.py [--compress]`."""

import asyncio
import sys

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    Request,
    TextMessage,
)
from wsproto.extensions import PerMessageDeflate


async def handle(reader, writer):
    ws, pieces = WSConnection(ConnectionType.SERVER), []
    while received := await reader.read(65536):
        ws.receive_data(received)
        for event in ws.events():
            for answer in answers(event, pieces):
                # If this server has sent a Close, the Close of the peer is the answer.
                if ws.state is not ConnectionState.CLOSED:
                    writer.write(ws.send(answer))
            await writer.drain()
            if isinstance(event, CloseConnection):
                writer.close()
                return
    writer.close()


def answers(event, pieces):
    match event:
        case Request():
            deflate = [PerMessageDeflate()] if "--compress" in sys.argv else []
            offered = "echo" in event.subprotocols
            yield AcceptConnection(subprotocol="echo" if offered else None, extensions=deflate)
        case TextMessage() | BytesMessage():
            pieces.append(event.data)
            if event.message_finished:
                whole = type(event.data)().join(pieces)
                pieces.clear()
                yield from answers_to_message(whole)
        case Ping():
            yield event.response()
        case Pong():
            yield TextMessage(bytes(event.payload).decode())
        case CloseConnection():
            yield event.response()


def answers_to_message(message):
    match message:
        case "fragments":
            yield TextMessage("one ", message_finished=False)
            yield TextMessage("two ", message_finished=False)
            yield TextMessage("three")
        case "ping":
            yield Ping(b"interop")
        case "close":
            yield CloseConnection(4000, "bye")
        case str():
            yield TextMessage(message)
        case _:
            yield BytesMessage(message)


async def main():
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(f"listening on ws://{host}:{port}", flush=True)
    await server.serve_forever()


asyncio.run(main())
