"""Writes docs/interop.md from the results of interop/run.sh, or compares it with them.

    table.py [--table] ROWS VERSIONS PAGE

ROWS has a line for each check, with tabs in between: peer, role, `ok   WHO: CHECK`.
VERSIONS has the peer and its version. `--table` writes the page. Otherwise the page must
have the same peers, roles, checks and numbers; the versions may be others.
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

PAGE = """\
# Interop

These implementations were tried with this crate. This command ran the checks and wrote the page:

```text
interop/run.sh --table
```

`interop/run.sh` without the option runs the same checks, and fails if this page has other peers,
checks or numbers. `.ci/run` runs it. The versions of the programs from Debian depend on the
machine.

A peer in the role of a client is tried with three of our servers: `blocking`, `tokio` and `axum`.
`websockets` and `ws` as servers are tried with our client on `blocking`, the other servers with our
clients on `blocking` and `tokio`. A check runs with permessage-deflate and without it, if the peer
has the extension. `websockets` and `ws` also run each check with several sets of parameters. So the
number of checks that passed is larger than the number of checks in the list.

| peer | version | role of the peer | checked | passed |
|---|---|---|---|---|
{rows}

## Through a proxy

The folder `interop/proxies` has the configurations of nginx and HAProxy that were tried. The page
[Behind nginx and HAProxy](guide/proxies.md) has those for a service. In the checks both proxies drop
a connection that is silent for three seconds. With a [`Keepalive`](guide/keepalive.md) an idle
connection lives on for longer than that, and without it the proxy drops it.

## What the peers do not do

These checks are left out, because of the peer:

- `undici` has the interface of browsers, which cannot send a Ping or a fragment. `aiohttp` and
  `websocket-driver` cannot send a fragment. `java.net.http.WebSocket` and `websocket-driver` cannot
  send a Close without a code.
- The server of `aiohttp` answers each Close with code 1000, and `gorilla/websocket` answers with the
  code and without the reason. `websocket-driver` answers a Close without a code with code 1000. RFC
  6455, section 5.5.1, asks for none of what is missing: an answer typically repeats the code.
- `wsproto` 1.3.2 does not decompress the rest of a message after a Ping between its fragments. RFC
  6455, section 5.4, allows control frames there.
- `java.net.http.WebSocket`, `tungstenite` and `fastwebsockets` have no permessage-deflate, and
  `websocket-driver` has it only in another gem. They are tried without it.

## Other suites

`autobahn/run.sh all` runs the [Autobahn testsuite](https://github.com/crossbario/autobahn-testsuite)
with 517 cases against our server and our client, on `blocking`, on `tokio` and, except for the cases
about limits and compression, on `futures-io`. `.ci/run` runs all of this.

Besides the rows of Chromium above, `interop/browsers.sh` opens pages in Chromium and Firefox: each
event and type of the interface `WebSocket`, over HTTP/1.1, TLS and HTTP/2, and the chat. `.ci/run`
runs this too. Safari was not tried.
"""


def main():
    *options, rows_file, versions_file, page_file = sys.argv[1:]
    versions = dict(line.split("\t") for line in read(versions_file).splitlines())
    page = PAGE.format(rows="\n".join(rows(read(rows_file), versions)))
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


def rows(lines, versions):
    """The rows of the table, in the order of KINDS."""
    results = {}
    for line in lines.splitlines():
        peer, role, result = line.split("\t")
        if peer:
            results.setdefault((peer, role), []).append(result)
    order = list(KINDS)
    for peer, role in sorted(results, key=lambda key: (order.index(key[0]), key[1])):
        lines = results[peer, role]
        # In the order in which they ran, and each of them once.
        checks = dict.fromkeys(line.partition(": ")[2].lower() for line in lines)
        passed = sum(line.startswith("ok ") for line in lines)
        cells = [KINDS[peer], versions[peer], role, "; ".join(checks), f"{passed} of {len(lines)}"]
        yield f"| {' | '.join(cells)} |"


def without_versions(page):
    return re.sub(r"^(\| [^|]+ \|) [^|]+ \|", r"\1", page, flags=re.MULTILINE)


sys.exit(main())
