//! The operations of a browser that these tests use.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::time::{Instant, sleep};

use crate::support::within;

/// The id that the browser has given to a page.
#[derive(Clone, Debug)]
pub(crate) struct Page(pub(crate) String);

/// A key of the keyboard.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    Tab,
    Enter,
    Space,
    Right,
    Down,
}

/// A browser in a process of its own, which our client drives over a WebSocket.
pub(crate) trait Browser: Sized {
    /// The name of the browser, for the names of files.
    const NAME: &str;

    /// Starts the browser. It accepts self-signed certificates.
    async fn start() -> Self;

    /// Opens a page, and waits until it has loaded.
    async fn open(&mut self, url: &str) -> Page;

    /// Runs the body of an async function in the page, and returns its result as JSON. An exception
    /// fails the test.
    async fn evaluate(&mut self, page: &Page, body: &str) -> Value;

    /// Brings the page to the front and presses a key.
    async fn press(&mut self, page: &Page, key: Key);

    /// Brings the page to the front and types a text.
    async fn write(&mut self, page: &Page, text: &str);

    /// Sets the size of the page, in CSS pixels.
    async fn resize(&mut self, page: &Page, width: u32, height: u32);

    /// Returns a picture of the page as a PNG file in base64.
    async fn picture(&mut self, page: &Page) -> String;

    /// Ends the browser.
    async fn end(self);

    /// Runs the body until it returns a value that is not `null`, `false` or an empty text. Returns
    /// this value.
    async fn until(&mut self, page: &Page, body: &str) -> Value {
        let begin = Instant::now();
        loop {
            let value = self.evaluate(page, body).await;
            if !matches!(value, Value::Null | Value::Bool(false)) && value != "" {
                return value;
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "{}: not seen: {body}", Self::NAME);
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Writes a picture of the page to a file in `target/browsers`.
    async fn screenshot(&mut self, page: &Page, name: &str) {
        let picture = STANDARD.decode(self.picture(page).await).unwrap();
        let folder = pictures();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{}-{name}.png", Self::NAME)), picture).unwrap();
    }
}

/// Wraps the body of an async function in an expression that is a promise of JSON.
pub(crate) fn expression(body: &str) -> String {
    format!("(async () => {{ {body} }})().then((value) => JSON.stringify(value ?? null))")
}

/// An empty folder for the profile of a browser.
pub(crate) struct Profile(PathBuf);

impl Profile {
    pub(crate) fn new(browser: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{browser}-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        // Other processes of the browser may run for a moment longer, and write into the folder.
        for _ in 0..20 {
            if std::fs::remove_dir_all(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Returns the text after `prefix` in the first line of the output that contains this prefix.
pub(crate) async fn printed_after(output: impl AsyncRead + Unpin, prefix: &str) -> String {
    let mut lines = BufReader::new(output).lines();
    within(async {
        loop {
            let line = lines.next_line().await.unwrap().expect("the browser runs");
            if let Some((_, found)) = line.split_once(prefix) {
                return found.trim().to_owned();
            }
        }
    })
    .await
}

fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("browsers")
}
