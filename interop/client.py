"""The Python package `websockets` as a client of our echo server.

    client.py URL MAX_MESSAGE_SIZE [--compress]

`--compress` says that the server knows permessage-deflate.
"""

import asyncio
import contextlib
import http.client
import os
import sys
import time
import urllib.parse

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

URL, MAX_MESSAGE_SIZE = sys.argv[1], int(sys.argv[2])
COMPRESSES = "--compress" in sys.argv[3:]
MULTILINGUAL = "Grüße, κόσμε, 世界, नमस्ते, 👩‍🚀 \u0000 \U0010ffff"
WEBSOCKET_HEADERS = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}

# The checks, which enter themselves: on a fresh connection each, on one that
# compresses, on connections that they open themselves, and with plain HTTP requests.
ON_A_CONNECTION, ON_DEFLATE, ON_ITS_OWN, ON_HTTP = [], [], [], []

# What differs between two runs of the same checks: the terms that are offered.
OFFERS = {"offering compression": {}, "offering nothing": None}
if COMPRESSES:
    OFFERS |= {
        "with a server without takeover": {"server_no_context_takeover": True},
        "without takeover": {"client_no_context_takeover": True},
        "without takeover on either side": {
            "server_no_context_takeover": True,
            "client_no_context_takeover": True,
        },
        "with a server's window of 9 bits": {"server_max_window_bits": 9},
        "with a server's window of 10 bits": {"server_max_window_bits": 10},
        "with a window of 9 bits": {"client_max_window_bits": 9},
        "with a window of 10 bits": {"client_max_window_bits": 10},
    }


@contextlib.asynccontextmanager
async def open_connection(terms):
    extensions = None if terms is None else [ClientPerMessageDeflateFactory(**terms)]
    # No proxy: the server is on this machine, whatever the environment says.
    async with connect(
        URL, compression=None, extensions=extensions, max_size=None, ping_interval=None, proxy=None
    ) as ws:
        expect(agreed_terms(ws), terms if COMPRESSES else None)
        yield ws


def agreed_terms(ws):
    """The parameters of permessage-deflate in the response."""
    response = ws.response.headers.get("Sec-WebSocket-Extensions")
    if response is None:
        return None
    name, *parameters = response.split("; ")
    expect(name, "permessage-deflate")
    pairs = (parameter.partition("=") for parameter in parameters)
    return {name: int(value) if value else True for name, _, value in pairs}


async def expect_echo(ws, message, sent_as=None):
    await ws.send(message if sent_as is None else sent_as)
    expect(await ws.recv(), message)


def expect(seen, wanted):
    if seen != wanted:
        raise AssertionError(f"expected {wanted!r:.200}, saw {seen!r:.200}")


def on_a_connection(check):
    ON_A_CONNECTION.append(check)


def on_deflate(check):
    ON_DEFLATE.append(check)


def on_its_own(check):
    ON_ITS_OWN.append(check)


def on_http(check):
    ON_HTTP.append(check)


# ---- messages


@on_a_connection
async def text_is_echoed(ws):
    for message in ("Hello", "", MULTILINGUAL, MULTILINGUAL * 5000):
        await expect_echo(ws, message)


@on_a_connection
async def binary_of_each_length_form_is_echoed(ws):
    for length in (0, 1, 125, 126, 127, 65535, 65536, 1 << 20):
        await expect_echo(ws, os.urandom(length))


@on_a_connection
async def fragmented_messages_are_joined(ws):
    await expect_echo(ws, "one two three", sent_as=["one ", "", "two ", "three"])
    await expect_echo(ws, b"\x00" * 70000, sent_as=[b"", b"\x00" * 69999, b"\x00"])


@on_a_connection
async def a_character_may_be_cut_between_fragments(ws):
    pieces = [bytes([byte]) for byte in MULTILINGUAL.encode()]
    await ws.send(pieces, text=True)
    expect(await ws.recv(), MULTILINGUAL)


@on_a_connection
async def a_ping_between_fragments_is_answered_at_once(ws):
    async def pieces():
        yield "before "
        await expect_pong(ws, b"between")
        yield "after"

    await ws.send(pieces())
    expect(await ws.recv(), "before after")


@on_a_connection
async def pings_are_answered_with_their_payload(ws):
    for payload in (b"", b"payload", os.urandom(125)):
        await expect_pong(ws, payload)


async def expect_pong(ws, payload):
    # Resolves only when a pong with this payload has come.
    await asyncio.wait_for(await ws.ping(payload), 5)


@on_a_connection
async def pipelined_messages_come_back_in_order(ws):
    messages = [f"{number} {'x' * (number % 300)}" for number in range(3000)]

    async def send_all():
        for message in messages:
            await ws.send(message)

    sending = asyncio.create_task(send_all())
    expect([await ws.recv() for _ in messages], messages)
    await sending


@on_a_connection
async def two_connections_do_not_mix(ws):
    async with open_connection(None) as other:
        for number in range(50):
            await ws.send(f"first {number}")
            await other.send(f"second {number}")
            expect(await other.recv(), f"second {number}")
            expect(await ws.recv(), f"first {number}")


# ---- compression


@on_deflate
async def what_repeats_comes_compressed(ws):
    frames = watch(ws)
    messages = ["Hello " * 200_000, b"\x00" * 70_000]
    for message in messages:
        await expect_echo(ws, message)
    for frame, message in zip(frames, messages, strict=True):
        expect((frame.rsv1, len(frame.data) < len(message) / 20), (True, True))


@on_deflate
async def many_small_messages_refer_to_those_before_if_that_was_agreed(ws):
    frames = watch(ws)
    for number in range(500):
        await expect_echo(ws, f"{number:04}, the quick brown fox jumps over the lazy dog" * 3)
    first, *later = (len(frame.data) for frame in frames)
    takes_over = "server_no_context_takeover" not in agreed_terms(ws)
    expect(sum(later) / len(later) < first / 2, takes_over)
    expect(all(frame.rsv1 for frame in frames), True)


@on_deflate
async def what_cannot_be_compressed_arrives_as_it_was(ws):
    for length in (200, 600, 2000, 33000, 200_000):
        await expect_echo(ws, os.urandom(length))


@on_deflate
async def a_window_slides_over_more_than_it_holds(ws):
    noise = os.urandom(40000)
    for length in (200, 300, 600, 1100, 32768, 40000):
        await expect_echo(ws, noise[:length] * 2)


def watch(ws):
    """The frames that come from now on, as they are on the wire."""
    [deflate] = ws.protocol.extensions
    frames, decode = [], deflate.decode

    def watched(frame, **options):
        frames.append(frame)
        return decode(frame, **options)

    deflate.decode = watched
    return frames


# ---- the end of a connection


@on_its_own
async def the_close_code_comes_back_and_the_server_drops_tcp(terms):
    for code, reason in ((1000, ""), (1000, "done"), (1001, "away"), (3001, MULTILINGUAL), (4999, "x" * 123)):
        async with open_connection(terms) as ws:
            begin = time.monotonic()
            await ws.close(code, reason)
            received = ws.protocol.close_rcvd
            expect(received and (received.code, received.reason), (code, reason))
            # The library waits ten seconds for the server to go first.
            if time.monotonic() - begin > 5:
                raise AssertionError("the server did not drop the connection")


@on_a_connection
async def a_message_of_the_limit_passes_and_one_byte_more_gets_1009(ws):
    await expect_echo(ws, b"\x01" * MAX_MESSAGE_SIZE)
    await ws.send(b"\x01" * (MAX_MESSAGE_SIZE + 1))
    await expect_close(ws, 1009)


@on_a_connection
async def invalid_utf8_gets_1007(ws):
    await ws.send(b"\xce\xba\xed\xa0\x80", text=True)
    await expect_close(ws, 1007)


async def expect_close(ws, code):
    try:
        message = await ws.recv()
    except ConnectionClosed as closed:
        expect(closed.rcvd and closed.rcvd.code, code)
    else:
        raise AssertionError(f"expected a close, saw {message!r:.80}")


@on_its_own
async def a_lost_connection_does_not_disturb_the_next(terms):
    async with open_connection(terms) as ws:
        await ws.send("never read")
        ws.transport.abort()
    async with open_connection(terms) as ws:
        await expect_echo(ws, "still there")


# ---- requests that are no handshake


@on_http
def a_plain_get_gets_426():
    response = request("GET", {})
    expect(response.status, 426)
    expect(response.getheader("Upgrade", "").lower(), "websocket")


@on_http
def another_version_gets_426_with_ours():
    response = request("GET", WEBSOCKET_HEADERS | {"Sec-WebSocket-Version": "7"})
    expect(response.status, 426)
    expect(response.getheader("Sec-WebSocket-Version"), "13")


@on_http
def a_post_gets_405():
    response = request("POST", WEBSOCKET_HEADERS)
    expect(response.status, 405)
    # RFC 9110, 15.5.6: such an answer must say what is allowed.
    expect(response.getheader("Allow"), "GET")


@on_http
def a_short_key_gets_400():
    response = request("GET", WEBSOCKET_HEADERS | {"Sec-WebSocket-Key": "c2hvcnQ="})
    expect(response.status, 400)


@on_http
def the_accept_value_is_that_of_the_rfc():
    response = request("GET", WEBSOCKET_HEADERS, read=False)
    expect(response.status, 101)
    expect(response.getheader("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")


def request(method, headers, read=True):
    address = urllib.parse.urlsplit(URL)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    connection.request(method, "/", headers=headers)
    response = connection.getresponse()
    if read:
        response.read()  # fails when the body is not as long as the head says
    connection.close()
    return response


# ---- the run

async def main():
    results = []
    server = " to a server that compresses" if COMPRESSES else ""
    for offer, terms in OFFERS.items():
        on_deflate = ON_DEFLATE if COMPRESSES and terms is not None else []
        for check in ON_A_CONNECTION + on_deflate + ON_ITS_OWN:
            results.append(await outcome(f"python client {offer}{server}", check, terms))
    for check in ON_HTTP:
        results.append(await outcome("http client", check, None))
    return 0 if all(results) else 1


async def outcome(who, check, terms):
    title = f"{who}: {check.__name__.replace('_', ' ')}"
    try:
        await asyncio.wait_for(run(check, terms), 30)
    except Exception as error:
        print(f"FAIL {title}: {type(error).__name__}: {error}".replace("\n", " "), flush=True)
        return False
    print(f"ok   {title}", flush=True)
    return True


async def run(check, terms):
    if check in ON_HTTP:
        await asyncio.to_thread(check)
    elif check in ON_ITS_OWN:
        await check(terms)
    else:
        async with open_connection(terms) as ws:
            await check(ws)


sys.exit(asyncio.run(main()))
