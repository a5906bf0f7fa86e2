"""The Python package `wsproto` as a client, over asyncio, as check.py wants it."""

import asyncio
import importlib.metadata
import urllib.parse

import commands
from wsproto import ConnectionType, WSConnection
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

FEATURES = ["fragments", "ping", "bare-close", "deflate"]


class Client:
    def __init__(self):
        self.ws, self.events = None, None
        self.reader, self.writer = None, None
        # The received pieces of a message, and the type of the message that is sent in pieces.
        self.pieces, self.is_text = [], None

    async def handle(self, command):
        match command.name:
            case "hello":
                return ["wsproto", importlib.metadata.version("wsproto"), *FEATURES]
            case "open":
                return await self.open(command)
            case "text":
                await self.send(TextMessage(command.payload.decode()))
            case "binary":
                await self.send(BytesMessage(command.payload))
            case "fragment":
                await self.send_fragment(*command.words[:2], command.payload)
            case "ping":
                await self.send(Ping(command.payload))
            case "close":
                code = int(command.words[0]) if command.words else None
                await self.send(CloseConnection(code, command.payload.decode() or None))
            case "receive":
                return await self.receive()
        return ["sent"]

    async def open(self, command):
        if self.writer is not None:
            self.writer.close()
        url = urllib.parse.urlsplit(command.words[0])
        self.reader, self.writer = await asyncio.open_connection(url.hostname, url.port)
        self.ws, self.events = WSConnection(ConnectionType.CLIENT), iter(())
        deflate = [PerMessageDeflate()] if "compress" in command.words else []
        await self.send(
            Request(
                host=url.netloc,
                target=url.path or "/",
                extensions=deflate,
                subprotocols=command.values("protocol"),
            )
        )
        event = await self.next_event()
        if not isinstance(event, AcceptConnection):
            return ["failed", repr(event)]
        agreed = "permessage-deflate" if event.extensions else "-"
        return ["open", event.subprotocol or "-", agreed]

    async def send(self, event):
        self.writer.write(self.ws.send(event))
        await self.writer.drain()

    async def send_fragment(self, kind, fin, payload):
        if kind != "continuation":
            self.is_text = kind == "text"
        finished = fin == "last"
        if self.is_text:
            await self.send(TextMessage(payload.decode(), message_finished=finished))
        else:
            await self.send(BytesMessage(payload, message_finished=finished))

    async def receive(self):
        while True:
            match await self.next_event():
                case TextMessage() | BytesMessage() as message:
                    self.pieces.append(message.data)
                    if message.message_finished:
                        pieces, self.pieces = self.pieces, []
                        if isinstance(message, TextMessage):
                            return ["text", "".join(pieces).encode()]
                        return ["binary", b"".join(map(bytes, pieces))]
                case Ping() as ping:
                    await self.send(ping.response())
                case Pong() as pong:
                    return ["pong", bytes(pong.payload)]
                case CloseConnection() as close:
                    return ["close", str(int(close.code)), (close.reason or "").encode()]
                case None:
                    return ["close", "1006", b""]

    async def next_event(self):
        while True:
            for event in self.events:
                return event
            received = await self.reader.read(65536)
            self.ws.receive_data(received or None)
            self.events = self.ws.events()
            if not received:
                return next(self.events, None)


asyncio.run(commands.serve(Client().handle))
