//! Chromium, driven over the DevTools protocol.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::browser::{Browser, Key, Page, Profile, expression, printed_after};
use super::remote::Remote;
use crate::support::{start, within};

pub(crate) struct Chromium {
    process: Child,
    remote: Remote,
    _profile: Profile,
}

impl Chromium {
    /// Lets the page see a dark or a light colour scheme.
    pub(crate) async fn prefer(&mut self, page: &Page, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.in_page(page, "Emulation.setEmulatedMedia", json!({ "features": [feature] })).await;
    }

    async fn in_page(&mut self, page: &Page, method: &str, params: Value) -> Value {
        self.remote.call_in(Some(&page.0), method, params).await
    }
}

impl Browser for Chromium {
    const NAME: &str = "chromium";

    async fn start() -> Self {
        let profile = Profile::new(Self::NAME);
        let mut command = Command::new("chromium");
        command.args([
            "--headless",
            "--no-sandbox",
            "--remote-debugging-port=0",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--ignore-certificate-errors",
            "--no-first-run",
            "--no-proxy-server",
        ]);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.stderr(Stdio::piped());
        let mut process = start(&mut command, "chromium");
        let output = process.stderr.take().unwrap();
        let url = printed_after(output, "DevTools listening on ").await;
        Self { process, remote: Remote::connect(&url).await, _profile: profile }
    }

    async fn open(&mut self, url: &str) -> Page {
        let target = self.remote.call("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = self.remote.call("Target.attachToTarget", attach).await;
        let page = Page(session["sessionId"].as_str().unwrap().to_owned());
        self.in_page(&page, "Page.navigate", json!({ "url": url })).await;
        let loaded = "return location.href !== 'about:blank' && document.readyState === 'complete'";
        self.until(&page, loaded).await;
        page
    }

    async fn evaluate(&mut self, page: &Page, body: &str) -> Value {
        let params = json!({
            "expression": expression(body),
            "awaitPromise": true,
            "returnByValue": true,
            "userGesture": true,
        });
        let answer = self.in_page(page, "Runtime.evaluate", params).await;
        match answer["result"]["value"].as_str() {
            Some(text) => serde_json::from_str(text).unwrap(),
            None => panic!("chromium: {body}: {answer}"),
        }
    }

    async fn press(&mut self, page: &Page, key: Key) {
        let (key, code, text) = match key {
            Key::Tab => ("Tab", 9, ""),
            Key::Enter => ("Enter", 13, "\r"),
            Key::Space => (" ", 32, " "),
            Key::Right => ("ArrowRight", 39, ""),
            Key::Down => ("ArrowDown", 40, ""),
        };
        self.in_page(page, "Page.bringToFront", json!({})).await;
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let params = json!({
                "type": kind, "key": key, "windowsVirtualKeyCode": code, "text": text,
            });
            self.in_page(page, "Input.dispatchKeyEvent", params).await;
        }
    }

    async fn write(&mut self, page: &Page, text: &str) {
        self.in_page(page, "Page.bringToFront", json!({})).await;
        self.in_page(page, "Input.insertText", json!({ "text": text })).await;
    }

    async fn resize(&mut self, page: &Page, width: u32, height: u32) {
        let params = json!({
            "width": width, "height": height, "deviceScaleFactor": 2, "mobile": width < 600,
        });
        self.in_page(page, "Emulation.setDeviceMetricsOverride", params).await;
    }

    async fn picture(&mut self, page: &Page) -> String {
        self.in_page(page, "Page.bringToFront", json!({})).await;
        let picture = self.in_page(page, "Page.captureScreenshot", json!({})).await;
        picture["data"].as_str().unwrap().to_owned()
    }

    async fn end(self) {
        let Self { mut process, remote, _profile } = self;
        remote.end("Browser.close").await;
        within(process.wait()).await.unwrap();
    }
}
