"""Writes docs/interop.md from the results of interop/run.sh, or compares it with them.

    table.py [--table] ROWS VERSIONS PAGE

ROWS has a line for each check: peer, role, `ok   WHO: CHECK`, separated by tabs. VERSIONS
has a line for each peer: peer, version. `--table` writes the page. Otherwise the page must
have the same peers, roles, checks and numbers, but the versions may differ.
"""

import pathlib
import re
import sys

KINDS = {
    "websockets": "Python `websockets`",
    "aiohttp": "Python `aiohttp`",
    "wsproto": "Python `wsproto`",
    "ws": "Node `ws`",
    "undici": "Node `undici`",
    "gorilla/websocket": "Go `gorilla/websocket`",
    "java.net.http": "Java `java.net.http.WebSocket`",
    "websocket-driver": "Ruby `websocket-driver`",
    "tungstenite": "Rust `tungstenite`",
    "fastwebsockets": "Rust `fastwebsockets`",
    "Chromium": "Chromium",
    "nginx": "nginx",
    "HAProxy": "HAProxy",
}

# The roles in which a peer is a server. In the other roles a peer is a client of our servers.
SERVERS = ("server", "proxy, our clients of a server")

PAGE = """\
# Interop

These implementations were tried with this crate. This command ran the checks and wrote the page:

```text
interop/run.sh --table
```

`interop/run.sh` without the option runs the same checks, and fails if this page has other peers,
checks or numbers. `.ci/run` runs this command without the option. The versions of the programs from
Debian depend on the machine.

A peer in the role of a client is tried with three of our servers: `blocking`, `tokio` and `axum`.
`websockets` and `ws` as servers are tried with our client on `blocking`. The other servers are
tried with our clients on `blocking` and `tokio`. If a library has permessage-deflate, its checks
run with the extension and without it. Chromium and the proxies are tried only with servers that
have the extension. `websockets` and `ws` also run each check with several sets of parameters. So
the number of checks that passed is larger than the number of checks in the list. A proxy counts as
a client of our servers, and as a server of our clients.

| peer | version | checks passed as a client of our servers | checks passed as a server of our clients |
|---|---|---|---|
{peers}

## The checks

{checks}

## Through a proxy

The folder `interop/proxies` has the configurations of nginx and HAProxy that were tried. The page
[Behind nginx and HAProxy](guide/proxies.md) has configurations for real servers. In the checks both
proxies drop a connection that is silent for three seconds. With a [`Keepalive`](guide/keepalive.md)
an idle connection stays open for longer. Without a keepalive the proxy drops the connection.

## What the peers do not do

Because of the peers, some checks are left out:

- `undici` has the interface of browsers, which cannot send a Ping or a fragment. `aiohttp` and
  `websocket-driver` cannot send a fragment. `java.net.http.WebSocket` and `websocket-driver` cannot
  send a Close without a code.
- The server of `aiohttp` answers each Close with code 1000, and `gorilla/websocket` answers with
  the code and without the reason. `websocket-driver` answers a Close without a code with code 1000.
  RFC 6455, section 5.5.1, allows all of these answers: it only says that an answer typically
  repeats the code.
- `wsproto` 1.3.2 does not decompress the rest of a message after a Ping between its fragments. RFC
  6455, section 5.4, allows control frames there.
- `java.net.http.WebSocket`, `tungstenite` and `fastwebsockets` have no permessage-deflate, and
  `websocket-driver` has it only in another gem. These peers are tried without compression.

## Other suites

`autobahn/run.sh all` runs the [Autobahn
testsuite](https://github.com/crossbario/autobahn-testsuite) with 517 cases against our server and
our client on `blocking`. `.ci/run` runs all cases on `blocking` and on `tokio`. On `futures-io` it
runs all cases except those about limits and compression.

Besides the checks of Chromium above, `interop/browsers.sh` opens pages in Chromium and Firefox. The
pages test each event and type of the interface `WebSocket`, over HTTP/1.1, TLS and HTTP/2, and the
chat. `.ci/run` runs these tests too. Safari was not tried.
"""


def main():
    *options, rows_file, versions_file, page_file = sys.argv[1:]
    versions = dict(line.split("\t") for line in read(versions_file).splitlines())
    results = by_peer(read(rows_file))
    page = PAGE.format(peers=peers(results, versions), checks=checks(results))
    if options == ["--table"]:
        pathlib.Path(page_file).write_text(page)
        print(f"ok   {page_file} was written")
    elif without_versions(read(page_file)) == without_versions(page):
        print(f"ok   {page_file} has the peers and the checks of this run")
    else:
        print(f"FAIL {page_file} has other peers or checks: run `interop/run.sh --table`")
        return 1
    return 0


def read(name):
    return pathlib.Path(name).read_text()


def by_peer(lines):
    """The results of each peer in each role."""
    results = {peer: {} for peer in KINDS}
    for line in lines.splitlines():
        peer, role, result = line.split("\t")
        if peer:
            results[peer].setdefault("server" if role in SERVERS else "client", []).append(result)
    return {peer: roles for peer, roles in results.items() if roles}


def peers(results, versions):
    """The rows of the peers."""

    def passed(lines):
        return f"{sum(line.startswith('ok ') for line in lines)} of {len(lines)}" if lines else ""

    return "\n".join(
        f"| {KINDS[peer]} | {versions[peer]} | {passed(roles.get('client'))} "
        f"| {passed(roles.get('server'))} |"
        for peer, roles in results.items()
    )


def checks(results):
    """A list of the checks, in the order in which they ran, each with its peers."""
    found = {}
    for peer, roles in results.items():
        for role, lines in roles.items():
            for line in lines:
                check = line.partition(": ")[2].lower()
                names = found.setdefault(check, {}).setdefault(role, [])
                if peer not in names:
                    names.append(peer)
    rows = ["| check | clients | servers |", "|---|---|---|"]
    for check, roles in found.items():
        cells = [", ".join(roles.get(role, [])) for role in ("client", "server")]
        rows.append(f"| {check} | {cells[0]} | {cells[1]} |")
    return "\n".join(rows)


def without_versions(page):
    return re.sub(r"^(\| [^|]+ \|) [^|]+ \|", r"\1", page, flags=re.MULTILINE)


sys.exit(main())
