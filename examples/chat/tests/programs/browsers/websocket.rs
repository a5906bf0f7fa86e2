//! The interface `WebSocket` of a browser, connected to our server.

use serde_json::json;

use super::browser::{Browser, Page};
use super::peer;

/// Opens a WebSocket and records its events.
const OPEN: &str = r"
    const open = (path, ...more) => {
        const socket = new WebSocket(`ws://${location.host}${path}`, ...more);
        socket.events = [];
        const record = (event, seen) => socket.events.push([event.type, socket.readyState, ...seen]);
        socket.onopen = (event) => record(event, []);
        socket.onmessage = (event) => record(event, [event.data]);
        socket.onerror = (event) => record(event, []);
        socket.ended = new Promise((resolve) => {
            socket.onclose = (event) => {
                record(event, [event.code, event.reason, event.wasClean]);
                resolve(socket.events);
            };
        });
        return socket;
    };
    const next = (socket) => new Promise((resolve, reject) => {
        socket.onmessage = ({ data }) => resolve(data);
        socket.ended.then((events) => reject(new Error(JSON.stringify(events))));
    });
    const opened = (socket) => new Promise((resolve) => { socket.onopen = resolve; });
    const check = (holds, what) => { if (!holds) throw new Error(what); };
";

async fn page<B: Browser>(deflate: bool) -> (B, Page) {
    let address = peer::start(deflate).await;
    let mut browser = B::start().await;
    let page = browser.open(&format!("http://{address}/")).await;
    (browser, page)
}

async fn run<B: Browser>(browser: &mut B, page: &Page, body: &str) -> serde_json::Value {
    browser.evaluate(page, &format!("{OPEN}{body}")).await
}

pub(crate) async fn events_come_in_order<B: Browser>() {
    let (mut browser, page) = page::<B>(false).await;
    let events = "
        const socket = open('/echo');
        check(socket.readyState === 0, 'not connecting');
        socket.addEventListener('open', () => socket.send('Grüße, 世界'));
        socket.addEventListener('message', () => socket.close(3000, 'done: größer'));
        return socket.ended;";
    assert_eq!(
        run(&mut browser, &page, events).await,
        json!([
            ["open", 1],
            ["message", 1, "Grüße, 世界"],
            ["close", 3, 3000, "done: größer", true],
        ])
    );
    let refused = run(&mut browser, &page, "return open('/refused').ended").await;
    assert_eq!(refused, json!([["error", 3], ["close", 3, 1006, "", false]]));
    let cut = run(&mut browser, &page, "return open('/cut').ended").await;
    let last = cut.as_array().unwrap().last().unwrap();
    assert_eq!(*last, json!(["close", 3, 1006, "", false]), "{cut}");
    browser.end().await;
}

pub(crate) async fn close_codes_arrive_with_reasons<B: Browser>() {
    let (mut browser, page) = page::<B>(false).await;
    for code in [1000, 1001, 1009, 3000, 4999] {
        let from_server = format!("return (await open('/close/{code}').ended).at(-1)");
        let closed = json!(["close", 3, code, "reason: größer", true]);
        assert_eq!(run(&mut browser, &page, &from_server).await, closed);
    }
    // A browser lets a page close with 1000 and from 3000 on.
    for code in [1000, 3000, 4999] {
        let from_page = format!(
            "const socket = open('/echo');
             await opened(socket);
             socket.close({code}, 'bye');
             return (await socket.ended).at(-1);"
        );
        let closed = json!(["close", 3, code, "bye", true]);
        assert_eq!(run(&mut browser, &page, &from_page).await, closed);
    }
    let without_code = "
        const socket = open('/echo');
        await opened(socket);
        socket.close();
        return (await socket.ended).at(-1);";
    let closed = json!(["close", 3, 1005, "", true]);
    assert_eq!(run(&mut browser, &page, without_code).await, closed);
    browser.end().await;
}

pub(crate) async fn all_types_are_echoed_up_to_the_limit<B: Browser>(deflate: bool) {
    let (mut browser, page) = page::<B>(deflate).await;
    let echoes = "
        const noise = (length) => {
            const bytes = new Uint8Array(length);
            for (let at = 0; at < length; at += 65536) {
                crypto.getRandomValues(bytes.subarray(at, at + 65536));
            }
            return bytes;
        };
        const same = (one, other) => one.length === other.length
            && one.every((byte, index) => byte === other[index]);
        const socket = open('/echo');
        await opened(socket);
        const sizes = [0, 1, 125, 126, 65535, 65536, 1 << 20, 1 << 24];
        for (const size of sizes) {
            const text = 'ab€'.repeat(size / 5) + 'x'.repeat(size % 5);
            check(new TextEncoder().encode(text).length === size, 'the test is wrong');
            socket.send(text);
            check(await next(socket) === text, `text of ${size} bytes`);
            const bytes = noise(size);
            socket.binaryType = 'arraybuffer';
            socket.send(bytes.buffer);
            check(same(new Uint8Array(await next(socket)), bytes), `buffer of ${size} bytes`);
            socket.binaryType = 'blob';
            socket.send(new Blob([bytes]));
            const blob = await next(socket);
            check(blob instanceof Blob, 'not a Blob');
            check(same(new Uint8Array(await blob.arrayBuffer()), bytes), `Blob of ${size} bytes`);
        }
        socket.send(noise((1 << 24) + 1));
        return [sizes.length, ...(await socket.ended).at(-1)];";
    let seen = run(&mut browser, &page, echoes).await;
    assert_eq!(seen[0], 8);
    // The value of `wasClean` depends on the browser. The server ends the connection at the header
    // of the message, and the browser may still be sending the message (RFC 6455, section 7.1.7).
    assert_eq!(seen[3], 1009, "{seen}");
    let reason = seen[4].as_str().unwrap();
    assert!(reason.contains("exceeds the limit of 16777216 bytes"), "{reason}");
    browser.end().await;
}

pub(crate) async fn the_buffered_amount_drains<B: Browser>() {
    let (mut browser, page) = page::<B>(false).await;
    let amounts = "
        const socket = open('/echo');
        await opened(socket);
        const before = socket.bufferedAmount;
        for (let count = 0; count < 4; count += 1) socket.send(new Uint8Array(1 << 20));
        const sent = socket.bufferedAmount;
        let received = 0;
        while (received < 4 << 20) received += (await next(socket)).size;
        return [before, sent, socket.bufferedAmount];";
    let amounts = run(&mut browser, &page, amounts).await;
    assert_eq!(amounts, json!([0, 4 << 20, 0]));
    browser.end().await;
}

pub(crate) async fn subprotocols_extensions_and_pings<B: Browser>() {
    for deflate in [false, true] {
        let (mut browser, page) = page::<B>(deflate).await;
        let seen = "
            const seen = [];
            for (const offer of [[], ['first', 'third'], ['third', 'second']]) {
                const socket = open('/echo', offer);
                await Promise.race([opened(socket), socket.ended]);
                seen.push([socket.protocol, socket.extensions.split(';')[0].trim(), socket.readyState]);
                socket.close();
            }
            const pinged = open('/ping');
            seen.push(await next(pinged));
            pinged.close();
            return seen;";
        let extension = if deflate { "permessage-deflate" } else { "" };
        let expected = json!([
            ["", extension, 1],
            ["third", extension, 1],
            ["second", extension, 1],
            "Pong with payload",
        ]);
        assert_eq!(run(&mut browser, &page, seen).await, expected);
        browser.end().await;
    }
}
