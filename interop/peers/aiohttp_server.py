"""The server of the Python package `aiohttp`, as check.py wants it: `aiohttp_server.py [--compress]`."""

import asyncio
import sys

from aiohttp import WSMsgType, web


async def handle(request):
    ws = web.WebSocketResponse(
        protocols=["echo"], compress="--compress" in sys.argv, max_msg_size=0, autoping=False
    )
    await ws.prepare(request)
    async for message in ws:
        match message.type, message.data:
            case WSMsgType.TEXT, "ping":
                await ws.ping(b"interop")
            case WSMsgType.TEXT, "close":
                await ws.close(code=4000, message=b"bye")
            case WSMsgType.TEXT, text:
                await ws.send_str(text)
            case WSMsgType.BINARY, payload:
                await ws.send_bytes(payload)
            case WSMsgType.PING, payload:
                await ws.pong(payload)
            case WSMsgType.PONG, payload:
                await ws.send_str(payload.decode())
    return ws


async def main():
    app = web.Application()
    app.router.add_get("/", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    [(host, port, *_)] = runner.addresses
    print(f"listening on ws://{host}:{port}", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
