"""The checks that run with every peer, in both roles.

    check.py WHO URL [--max-message-size BYTES] [--compress] [--keepalive]
             [--server-acts FEATURES] [--idle] -- CLIENT...

CLIENT is a program that uses one WebSocket client library. It reads commands, one in each
line, and answers each command with one line. Payloads are in hexadecimal. While no
connection is open, only `hello` and `open` may come.

    hello                                   NAME VERSION FEATURE...
    open URL [compress] [fragmenting] [keepalive=MS] [protocol=NAME]...
                                            open SUBPROTOCOL EXTENSIONS ("-" for none)
    text HEX, binary HEX                    sent
    fragment text|binary|continuation more|last HEX      (feature `fragments`)   sent
    ping HEX                                             (feature `ping`)        sent
    close [CODE HEX]                                     (`bare-close`: without a code) sent
    receive                                 text HEX, binary HEX, pong HEX, close CODE HEX
    wait MS                                              (feature `wait`)        quiet

An answer may also be `failed TEXT`. `receive` waits for the next message, Pong or end
of the connection; `close 1006` is an end without a Close, and `close 1005` a Close
without a code. `wait` reads for that long. Its answer is `quiet`, or the message or the
end that arrived. Pongs do not count.

The servers echo messages, answer a Close, and agree on the subprotocol `echo`.
`--server-acts` lists what else a server does, separated by commas:

    fragments      answers this text with "one two three" in fragments
    ping           answers this text with a Ping, and then with its payload as text
    close          answers this text with a Close 4000 "bye"
    code           repeats the code of a Close
    reason         repeats the reason of a Close
    bare-close     answers a Close without a code with one without a code
    interleaved    takes a Ping between fragments of a compressed message

`--compress` says that the server has permessage-deflate, and `--keepalive` that it
sends Pings. `--idle` says that a proxy between the two drops a connection that is
silent for three seconds.

Prints `ok` or `FAIL` and the name of the check, for each check.
"""

import argparse
import asyncio
import inspect
import os
import sys

MULTILINGUAL = "Grüße, κόσμε, 世界, नमस्ते, 👩‍🚀 \u0000 \U0010ffff"
LIMIT = 30
# Longer than the proxies wait for a silent connection.
IDLE = 4500

# Each check, with the features that the client, the server and the path must have.
CHECKS = []


def check(*needs):
    def enter(function):
        CHECKS.append((function, set(needs)))
        return function

    return enter


# ---- messages


@check()
async def text_is_echoed(peer):
    await peer.open()
    for text in ("Hello", "", MULTILINGUAL, MULTILINGUAL * 5000):
        await peer.expect_echo("text", text.encode())


@check()
async def binary_of_each_length_form_is_echoed(peer):
    await peer.open()
    for length in (0, 1, 125, 126, 127, 65535, 65536, 1 << 20):
        await peer.expect_echo("binary", os.urandom(length))


@check()
async def pipelined_messages_come_back_in_order(peer):
    await peer.open()
    for number in range(100):
        await peer.send("text", f"{number} {'x' * number}".encode())
    for number in range(100):
        await peer.expect("text", f"{number} {'x' * number}".encode())


@check("fragments")
async def fragmented_messages_are_joined(peer):
    await peer.open("fragmenting")
    pieces = [character.encode() for character in MULTILINGUAL]
    await peer.send_fragments("text", [b"", *pieces, b""])
    await peer.expect("text", MULTILINGUAL.encode())
    await peer.send_fragments("binary", [b"\x01" * 65536, b"\x02" * 126])
    await peer.expect("binary", b"\x01" * 65536 + b"\x02" * 126)


@check("fragments", "ping", "interleaved")
async def a_ping_between_fragments_is_answered_at_once(peer):
    await peer.open("fragmenting")
    await peer.ask("fragment", "text", "more", b"before ")
    await peer.ask("ping", b"between")
    await peer.expect("pong", b"between")
    await peer.ask("fragment", "continuation", "last", b"after")
    await peer.expect("text", b"before after")


@check("ping")
async def pings_are_answered_with_their_payload(peer):
    await peer.open()
    for payload in (b"", b"payload", b"\x7f" * 125):
        await peer.ask("ping", payload)
        await peer.expect("pong", payload)


# ---- what the server begins


@check("server-fragments")
async def a_fragmented_message_of_the_server_is_joined(peer):
    await peer.open()
    await peer.send("text", b"fragments")
    await peer.expect("text", b"one two three")
    await peer.expect_echo("text", b"after it")


@check("server-ping")
async def a_ping_of_the_server_is_answered_with_its_payload(peer):
    await peer.open()
    await peer.send("text", b"ping")
    await peer.expect("text", b"interop")


@check("server-close")
async def a_close_of_the_server_arrives_with_code_and_reason(peer):
    await peer.open()
    await peer.send("text", b"close")
    await peer.expect("close", "4000", b"bye")


# ---- the opening handshake


@check("subprotocol")
async def the_subprotocol_is_agreed_on(peer):
    opened = await peer.open("protocol=unknown", "protocol=echo")
    expect(opened.subprotocol, "echo")
    await peer.expect_echo("text", b"Hello")


@check("compress")
async def compression_is_agreed_on_and_carries_any_message(peer):
    await peer.open()
    for number in range(50):
        await peer.expect_echo("text", b"%d, the quick brown fox" % number * 10)
    await peer.expect_echo("text", b"Hello " * 150_000)
    for length in (0, 1, 200, 33_000, 200_000):
        await peer.expect_echo("binary", os.urandom(length))
    # A window slides over more than it holds.
    noise = os.urandom(40_000)
    await peer.expect_echo("binary", noise * 2)


@check("declines")
async def compression_is_declined_by_the_other_side(peer):
    opened = await peer.open(compress=True)
    expect(opened.extensions, "-")
    await peer.expect_echo("text", b"Hello " * 1000)


# ---- the end of a connection


@check("server-code")
async def the_close_code_comes_back(peer):
    for code, reason in ((1000, b""), (3001, b"done"), (4999, b"x" * 123)):
        await peer.open()
        await peer.ask("close", str(code), reason)
        kind, seen, *_ = await peer.answer("receive")
        expect((kind, seen), ("close", str(code)))


@check()
async def a_close_is_answered(peer):
    await peer.open()
    await peer.ask("close", "1000", b"")
    await peer.expect("close", "1000", b"")


@check("server-reason")
async def the_close_reason_comes_back(peer):
    for reason in (b"done", MULTILINGUAL.encode(), b"x" * 123):
        await peer.open()
        await peer.ask("close", "3001", reason)
        await peer.expect("close", "3001", reason)


@check("bare-close", "server-bare-close")
async def a_close_without_a_code_gets_one_without_a_code(peer):
    await peer.open()
    await peer.ask("close")
    await peer.expect("close", "1005", b"")


@check("max-message-size")
async def a_message_of_the_limit_passes_and_one_byte_more_gets_1009(peer):
    await peer.open()
    await peer.expect_echo("binary", b"\x01" * peer.max_message_size)
    # The server may end the connection before the client has sent everything.
    await peer.answer("binary", b"\x01" * (peer.max_message_size + 1))
    kind, code, *_ = await peer.answer("receive")
    expect((kind, code), ("close", "1009"))


# ---- silence


@check("idle", "keepalive", "wait")
async def an_idle_connection_lives_on_because_of_pings(peer):
    await peer.open()
    expect(await peer.answer("wait", str(IDLE)), ["quiet"])
    await peer.expect_echo("text", b"still there")


@check("idle", "client-keepalive", "wait")
async def an_idle_connection_lives_on_because_of_pings_of_the_client(peer):
    await peer.open("keepalive=300")
    expect(await peer.answer("wait", str(IDLE)), ["quiet"])
    await peer.expect_echo("text", b"still there")


@check("idle", "client-keepalive", "wait")
async def an_idle_connection_without_pings_is_dropped_by_the_proxy(peer):
    await peer.open()
    kind, code, *_ = await peer.answer("wait", str(IDLE))
    expect((kind, code), ("close", "1006"))


# ---- the client


def expect(seen, wanted):
    if seen != wanted:
        raise AssertionError(f"expected {wanted!r:.200}, saw {seen!r:.200}")


class Opened:
    def __init__(self, subprotocol, extensions):
        self.subprotocol, self.extensions = subprotocol, extensions


class Peer:
    """A program that has a client library, and our end of its pipes."""

    def __init__(self, process, options):
        self.process, self.url = process, options.url
        self.compresses, self.max_message_size = options.compress, options.max_message_size

    @classmethod
    async def start(cls, options):
        process = await asyncio.create_subprocess_exec(
            *options.client, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=16 << 20
        )
        return cls(process, options)

    async def answer(self, *words):
        words = [word.hex() if isinstance(word, bytes) else word for word in words]
        self.process.stdin.write((" ".join(words) + "\n").encode())
        await self.process.stdin.drain()
        line = await self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the client ended after {words[0]}")
        return line.decode().rstrip("\n").split(" ")

    async def ask(self, *words):
        expect(await self.answer(*words), ["sent"])

    async def open(self, *options, compress=None):
        compress = self.compresses if compress is None else compress
        words = ["compress"] * compress + list(options)
        kind, *rest = await self.answer("open", self.url, *words)
        if kind != "open":
            raise AssertionError(f"expected a connection, saw {kind} {' '.join(rest)}")
        subprotocol, *extensions = rest
        opened = Opened(subprotocol, " ".join(extensions))
        if self.compresses:
            expect(opened.extensions.startswith("permessage-deflate"), True)
        return opened

    async def send(self, kind, payload):
        await self.ask(kind, payload)

    async def send_fragments(self, kind, pieces):
        first, *middle, last = pieces
        await self.ask("fragment", kind, "more", first)
        for piece in middle:
            await self.ask("fragment", "continuation", "more", piece)
        await self.ask("fragment", "continuation", "last", last)

    async def expect(self, *wanted):
        wanted = [word.hex() if isinstance(word, bytes) else word for word in wanted]
        expect(await self.answer("receive"), wanted)

    async def expect_echo(self, kind, payload):
        await self.send(kind, payload)
        await self.expect(kind, payload)

    async def stop(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


# ---- the run


async def main():
    options = arguments()
    peer = await Peer.start(options)
    try:
        _, _, *features = await asyncio.wait_for(peer.answer("hello"), LIMIT)
        has = set(features) | abilities(options, features)
        if options.compress and "deflate" not in features:
            raise SystemExit(f"{options.who} cannot compress")
        passed = []
        for function, needs in CHECKS:
            if needs <= has:
                # A client that did not answer in time is of no use to the next check.
                if passed and not passed[-1]:
                    await peer.stop()
                    peer = await Peer.start(options)
                passed.append(await outcome(options.who, function, peer))
    finally:
        await peer.stop()
    return 0 if all(passed) else 1


def abilities(options, features):
    """What the server and the path can do."""
    has = {"subprotocol"} | {f"server-{act}" for act in options.server_acts.split(",")}
    if "server-interleaved" in has or not options.compress:
        has.add("interleaved")
    if options.compress:
        has.add("compress")
    elif "deflate" in features:
        has.add("declines")
    if options.max_message_size:
        has.add("max-message-size")
    if options.keepalive:
        has.add("keepalive")
    if options.idle:
        has.add("idle")
    return has


async def outcome(who, function, peer):
    title = f"{who}: {function.__name__.replace('_', ' ')}"
    try:
        await asyncio.wait_for(function(peer), LIMIT)
    except Exception as error:
        print(f"FAIL {title}: {type(error).__name__}: {error}".replace("\n", " "), flush=True)
        return False
    print(f"ok   {title}", flush=True)
    return True


def arguments():
    parser = argparse.ArgumentParser(usage=inspect.getdoc(sys.modules[__name__]).split("\n\n")[1])
    parser.add_argument("who")
    parser.add_argument("url")
    parser.add_argument("--max-message-size", type=int)
    parser.add_argument("--compress", action="store_true")
    parser.add_argument("--keepalive", action="store_true")
    parser.add_argument("--idle", action="store_true")
    parser.add_argument("--server-acts", default="")
    parser.add_argument("client", nargs="+")
    return parser.parse_args()


sys.exit(asyncio.run(main()))
