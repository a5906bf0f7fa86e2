"""The Python package `websockets` as a server of our echo client.

    server.py ECHO_CLIENT

Starts the client once for each scenario, and looks at it from both sides: what
it printed, and what it sent.
"""

import asyncio
import os
import sys

from websockets.asyncio.server import serve

ECHO_CLIENT = sys.argv[1]
MESSAGES = ["Hello", "Grüße, κόσμε, 世界, नमस्ते, 👩‍🚀", "", "x" * 125, "y" * 126, "z" * 70000]
failed = False


async def main():
    for compression in ("deflate", None):
        who = f"python server {'with' if compression else 'without'} compression"
        await scenario(f"{who}: echoes in fragments, pings between them", echoes, compression=compression)
    await scenario("python server: closes first", closes_first)
    await scenario("python server: refuses with 401", refuses, process_request=refusal)
    return 1 if failed else 0


async def scenario(title, check, **options):
    global failed
    conversation = Conversation()
    try:
        async with serve(
            conversation.handle, "127.0.0.1", 0, ping_interval=None, **options
        ) as server:
            conversation.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            await asyncio.wait_for(check(conversation), 30)
        print(f"ok   {title}", flush=True)
    except Exception as error:
        failed = True
        print(f"FAIL {title}: {type(error).__name__}: {error}".replace("\n", " "), flush=True)


async def echoes(conversation):
    conversation.script = echo_in_fragments
    status, out, err = await run_client(conversation.url, *MESSAGES)
    expect("what the server found", await conversation.finished(), None)
    expect("exit status", (status, err), (0, err))
    expect("lines printed", out, "".join(f"{message}\n" for message in MESSAGES))
    expect("messages received", conversation.messages, MESSAGES)
    expect("close code", conversation.close_code, 1000)


async def echo_in_fragments(ws, message):
    async def pieces():
        middle = len(message) // 2
        yield message[:middle]
        # Resolves only when a pong with this payload has come.
        await asyncio.wait_for(await ws.ping(os.urandom(125)), 5)
        yield message[middle:]

    await ws.send(pieces())


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


class Conversation:
    """One connection, and what came over it."""

    def __init__(self):
        self.url, self.script = None, None
        self.messages, self.close_code = [], None
        self.result = asyncio.get_running_loop().create_future()

    async def handle(self, ws):
        try:
            async for message in ws:
                self.messages.append(message)
                await self.script(ws, message)
            received = ws.protocol.close_rcvd
            self.close_code = received and received.code
            self.result.set_result(None)
        except Exception as error:
            self.result.set_result(f"{type(error).__name__}: {error}")

    async def finished(self):
        return await asyncio.wait_for(self.result, 5)


sys.exit(asyncio.run(main()))
