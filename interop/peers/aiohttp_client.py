"""The client of the Python package `aiohttp`, as check.py wants it."""

import asyncio
import importlib.metadata

import aiohttp
from aiohttp import WSMsgType

import commands


class Client:
    def __init__(self, session):
        self.session, self.ws = session, None

    async def handle(self, command):
        match command.name:
            case "hello":
                return ["aiohttp", importlib.metadata.version("aiohttp"), "ping", "bare-close", "deflate", "wait"]
            case "open":
                return await self.open(command)
            case "text":
                await self.ws.send_str(command.payload.decode())
            case "binary":
                await self.ws.send_bytes(command.payload)
            case "ping":
                await self.ws.ping(command.payload)
            case "close":
                # `ws.close` would wait for the answer, and would not return its reason.
                code = int(command.words[0]).to_bytes(2, "big") if command.words else b""
                await self.ws.send_frame(code + command.payload, WSMsgType.CLOSE)
            case "receive":
                return await self.receive()
            case "wait":
                return await self.wait(int(command.words[0]) / 1000)
        return ["sent"]

    async def open(self, command):
        if self.ws is not None:
            await self.ws.close()
        self.ws = await self.session.ws_connect(
            command.words[0],
            protocols=command.values("protocol"),
            compress=15 if "compress" in command.words else 0,
            max_msg_size=0,
            # A Ping and a Close are messages like the others, and `receive` answers them.
            autoping=False,
            autoclose=False,
        )
        extensions = "permessage-deflate" if self.ws.compress else "-"
        return ["open", self.ws.protocol or "-", extensions]

    async def receive(self):
        while True:
            message = await self.ws.receive()
            match message.type:
                case WSMsgType.TEXT:
                    return ["text", message.data.encode()]
                case WSMsgType.BINARY:
                    return ["binary", bytes(message.data)]
                case WSMsgType.PONG:
                    return ["pong", bytes(message.data)]
                case WSMsgType.PING:
                    await self.ws.pong(bytes(message.data))
                case WSMsgType.CLOSE:
                    # 0 stands for a Close without a code.
                    return ["close", str(message.data or 1005), (message.extra or "").encode()]
                case _:
                    return ["close", "1006", b""]

    async def wait(self, seconds):
        try:
            return await asyncio.wait_for(self.receive(), seconds)
        except TimeoutError:
            return ["quiet"]


async def main():
    async with aiohttp.ClientSession() as session:
        await commands.serve(Client(session).handle)


asyncio.run(main())
