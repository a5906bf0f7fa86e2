//! The chat in browsers.

use serde_json::Value;

use super::browser::{Browser, Key, Page};
use super::chromium::Chromium;
use super::firefox::Firefox;
use crate::support::{Redis, Server};

/// The state line of the page.
const STATE: &str = "return document.getElementById('state').textContent";

/// The texts of the log.
const LOG: &str =
    "return [...document.querySelectorAll('#log .said .text')].map((item) => item.textContent)";

/// Opens the link of a server, and joins only with the keyboard. At first the field for the name
/// has the focus.
async fn join<B: Browser>(browser: &mut B, server: &Server, name: &str) -> Page {
    let page = browser.open(&server.link()).await;
    browser.resize(&page, 1280, 800).await;
    browser.until(&page, "return document.activeElement?.id === 'name'").await;
    // The page remembers the last name.
    browser.evaluate(&page, "document.getElementById('name').value = ''").await;
    browser.write(&page, name).await;
    browser.press(&page, Key::Enter).await;
    is_connected(browser, &page).await;
    page
}

async fn is_connected<B: Browser>(browser: &mut B, page: &Page) {
    let connected = "return document.getElementById('state').textContent === 'Connected'";
    browser.until(page, connected).await;
}

/// Types into the field that has the focus after joining, and sends with Enter.
async fn say<B: Browser>(browser: &mut B, page: &Page, text: &str) {
    browser.evaluate(page, "document.getElementById('text').focus()").await;
    browser.write(page, text).await;
    browser.press(page, Key::Enter).await;
}

async fn sees<B: Browser>(browser: &mut B, page: &Page, text: &str) {
    let text = Value::from(text);
    let seen =
        format!("return document.getElementById('conversation').textContent.includes({text})");
    browser.until(page, &seen).await;
}

/// Draws with the arrow keys.
async fn draw<B: Browser>(browser: &mut B, page: &Page) {
    browser.evaluate(page, "document.getElementById('canvas').focus()").await;
    browser.press(page, Key::Space).await;
    for key in [Key::Right, Key::Down, Key::Right, Key::Down] {
        browser.press(page, key).await;
    }
    browser.press(page, Key::Space).await;
}

/// Waits until the board is drawn on, or is empty.
async fn board<B: Browser>(browser: &mut B, page: &Page, is_drawn_on: bool) {
    let seen = format!(
        "const canvas = document.getElementById('canvas');
         const {{ data }} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
         return data.some((byte) => byte !== 0) === {is_drawn_on};"
    );
    browser.until(page, &seen).await;
}

/// Chromium on one server and Firefox on the other.
pub(crate) async fn two_browsers_chat_through_two_servers() {
    let redis = Redis::start().await;
    let url = redis.url();
    let one = Server::start(&["--bus", &url]).await;
    let two = Server::start(&["--bus", &url]).await;
    let (mut chromium, mut firefox) = tokio::join!(Chromium::start(), Firefox::start());
    let ada = join(&mut chromium, &one, "Ada").await;
    let bo = join(&mut firefox, &two, "Bo").await;
    sees(&mut chromium, &ada, "Bo has joined").await;
    for name in ["Ada", "Bo"] {
        sees(&mut chromium, &ada, name).await;
        sees(&mut firefox, &bo, name).await;
    }

    say(&mut chromium, &ada, "Grüße <b>aus</b> Chromium").await;
    sees(&mut firefox, &bo, "Grüße <b>aus</b> Chromium").await;
    say(&mut firefox, &bo, "and from Firefox").await;
    sees(&mut chromium, &ada, "and from Firefox").await;
    let expected = ["Grüße <b>aus</b> Chromium", "and from Firefox"];
    assert_eq!(chromium.evaluate(&ada, LOG).await, Value::from(&expected[..]));
    assert_eq!(firefox.evaluate(&bo, LOG).await, Value::from(&expected[..]));

    draw(&mut chromium, &ada).await;
    board(&mut firefox, &bo, true).await;
    firefox.evaluate(&bo, "document.getElementById('clear').click()").await;
    board(&mut chromium, &ada, false).await;
    draw(&mut firefox, &bo).await;
    board(&mut chromium, &ada, true).await;

    let latency = "return / ms$/.test(document.getElementById('latency').textContent)";
    chromium.until(&ada, latency).await;
    firefox.until(&bo, latency).await;

    firefox.evaluate(&bo, "document.getElementById('leave').click()").await;
    sees(&mut chromium, &ada, "Bo has left").await;
    tokio::join!(chromium.end(), firefox.end());
}

pub(crate) async fn the_chat_works_over_tls<B: Browser>() {
    let server = Server::start(&["--tls"]).await;
    let mut browser = B::start().await;
    let page = join(&mut browser, &server, "Ada").await;
    assert_eq!(browser.evaluate(&page, "return location.protocol").await, "https:");
    say(&mut browser, &page, "hidden from others").await;
    sees(&mut browser, &page, "hidden from others").await;
    // The page has removed the invite from the address.
    assert_eq!(browser.evaluate(&page, "return location.hash").await, "");
    browser.end().await;
}

pub(crate) async fn a_wrong_invite_is_explained<B: Browser>() {
    let server = Server::start(&[]).await;
    let mut browser = B::start().await;
    let page = browser.open(&format!("{}/#invite=wrong", server.url)).await;
    browser.until(&page, "return document.activeElement?.id === 'name'").await;
    browser.write(&page, "Eve").await;
    browser.press(&page, Key::Enter).await;
    let refusal = "return document.getElementById('refusal').textContent";
    let text = browser.until(&page, refusal).await;
    assert_eq!(text, "The server has refused: the invite is not valid.");
    browser.screenshot(&page, "refused").await;
    assert_eq!(browser.evaluate(&page, STATE).await, "Refused: the invite is not valid");
    assert_eq!(browser.evaluate(&page, "return document.activeElement.id").await, "token");
    browser.end().await;
}

/// The state line shows why the server has closed the connection, and the page connects again.
pub(crate) async fn a_text_over_the_limit_is_explained<B: Browser>() {
    let server = Server::start(&["--max-message-size", "200"]).await;
    let mut browser = B::start().await;
    let page = join(&mut browser, &server, "Ada").await;
    let states = "
        window.states = [];
        const state = document.getElementById('state');
        const record = () => window.states.push(state.textContent);
        new MutationObserver(record).observe(state, { childList: true });";
    browser.evaluate(&page, states).await;
    say(&mut browser, &page, &"long ".repeat(50)).await;
    let why = "return window.states.find((text) => text.startsWith('Disconnected')) ?? ''";
    let why = browser.until(&page, why).await;
    let why = why.as_str().unwrap();
    assert!(why.contains("exceeds the limit of 200 bytes (1009). Next attempt in 1 s"), "{why}");
    is_connected(&mut browser, &page).await;
    browser.end().await;
}

pub(crate) async fn the_page_connects_again_when_the_server_is_back<B: Browser>() {
    // Redis keeps the invite while the server is away.
    let redis = Redis::start().await;
    let server = Server::start(&["--bus", &redis.url()]).await;
    let mut browser = B::start().await;
    let page = join(&mut browser, &server, "Ada").await;
    say(&mut browser, &page, "before").await;
    sees(&mut browser, &page, "before").await;
    let server = server.stop().await;
    let state = browser.until(&page, "return /^Disconnected/.test(document.getElementById('state').textContent) && document.getElementById('state').textContent").await;
    assert!(state.as_str().unwrap().contains("the server shuts down (1001)"), "{state}");
    browser.screenshot(&page, "disconnected").await;
    let _server = server.start_again(&["--bus", &redis.url()]).await;
    is_connected(&mut browser, &page).await;
    assert_eq!(browser.evaluate(&page, LOG).await, Value::from(&["before"][..]));
    say(&mut browser, &page, "after").await;
    sees(&mut browser, &page, "after").await;
    browser.end().await;
}

/// Every control can be reached with the Tab key, and has a name for a screen reader.
pub(crate) async fn the_page_is_usable_without_a_pointer<B: Browser>() {
    let server = Server::start(&[]).await;
    let mut browser = B::start().await;
    let page = join(&mut browser, &server, "Ada").await;
    let unnamed = "
        const named = (control) => control.getAttribute('aria-label') || control.labels?.length
            || control.textContent.trim();
        return [...document.querySelectorAll('button, input, canvas, ol')]
            .filter((control) => !named(control)).map((control) => control.outerHTML);";
    assert_eq!(browser.evaluate(&page, unnamed).await, Value::Array(Vec::new()));
    browser.evaluate(&page, "document.getElementById('notify').focus()").await;
    let mut reached = Vec::new();
    for _ in 0..14 {
        browser.press(&page, Key::Tab).await;
        let focus = browser.evaluate(&page, "return document.activeElement.id").await;
        reached.push(focus.as_str().unwrap().to_owned());
    }
    for control in ["invite", "leave", "text", "width", "clear", "canvas"] {
        assert!(reached.iter().any(|id| id == control), "{control}: {reached:?}");
    }
    browser.end().await;
}

/// Writes pictures of a conversation for people.
pub(crate) async fn screenshots<B: Browser>(mut browser: B, server: &Server) -> (B, Page) {
    let page = browser.open(&server.link()).await;
    browser.resize(&page, 1280, 800).await;
    browser.screenshot(&page, "login").await;
    let page = join(&mut browser, server, "Ada").await;
    let others =
        [join(&mut browser, server, "Bo").await, join(&mut browser, server, "Grace").await];
    for (other, text) in [
        (&others[0], "Has anybody seen the new drawing board?"),
        (&page, "I am drawing on it right now. It is the same on all servers."),
        (
            &others[1],
            "A long text is broken into lines, so that it fits on a phone too, and an address such as https://example.com/a/very/long/path/that/does/not/end does not widen the page.",
        ),
        (&others[0], "Grüße, κόσμε"),
        (&page, "See you!"),
    ] {
        say(&mut browser, other, text).await;
        sees(&mut browser, &page, text).await;
    }
    browser.evaluate(&page, DRAWING).await;
    board(&mut browser, &page, true).await;
    browser.evaluate(&page, "document.getElementById('text').focus()").await;
    browser.screenshot(&page, "desktop").await;
    browser.resize(&page, 390, 780).await;
    browser.screenshot(&page, "phone").await;
    let board = "document.querySelector('nav [data-view=board]').click()";
    browser.evaluate(&page, board).await;
    browser.screenshot(&page, "phone-board").await;
    let people = "document.querySelector('nav [data-view=people]').click()";
    browser.evaluate(&page, people).await;
    browser.screenshot(&page, "phone-people").await;
    browser.evaluate(&page, board).await;
    (browser, page)
}

pub(crate) async fn screenshots_in_chromium() {
    let server = Server::start(&[]).await;
    let (mut chromium, page) = screenshots(Chromium::start().await, &server).await;
    chromium.prefer(&page, "dark").await;
    chromium.screenshot(&page, "phone-board-dark").await;
    chromium.resize(&page, 1280, 800).await;
    chromium.screenshot(&page, "desktop-dark").await;
    let login = chromium.open(&server.url).await;
    chromium.prefer(&login, "dark").await;
    chromium.resize(&login, 390, 780).await;
    chromium.screenshot(&login, "phone-login-dark").await;
    chromium.end().await;
}

pub(crate) async fn screenshots_in_firefox() {
    let server = Server::start(&[]).await;
    let (firefox, _) = screenshots(Firefox::start().await, &server).await;
    firefox.end().await;
}

/// Draws with the pointer, in several colours.
const DRAWING: &str = r"
    const canvas = document.getElementById('canvas');
    canvas.setPointerCapture = () => {};
    canvas.hasPointerCapture = () => true;
    const box = canvas.getBoundingClientRect();
    const event = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type, {
        pointerId: 1, button: 0, bubbles: true,
        clientX: box.left + x * box.width, clientY: box.top + y * box.height,
    }));
    for (let colour = 0; colour < 6; colour += 1) {
        document.querySelectorAll('#colours input')[colour].click();
        const at = (step) => [0.08 + step / 60,
            0.16 + colour * 0.13 + 0.05 * Math.sin(step / 4 + colour)];
        event('pointerdown', ...at(0));
        for (let step = 1; step < 50; step += 1) event('pointermove', ...at(step));
        event('pointerup', ...at(50));
    }
    await new Promise((resolve) => { setTimeout(resolve, 300); });
";
