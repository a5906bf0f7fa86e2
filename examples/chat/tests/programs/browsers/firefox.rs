//! Firefox, driven over WebDriver BiDi.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::browser::{Browser, Key, Page, Profile, expression, printed_after};
use super::remote::Remote;
use crate::support::{start, within};

/// Settings that stop a new profile from asking questions and from downloading files.
const PREFERENCES: &str = r#"
user_pref("app.normandy.enabled", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.proxy.type", 0);
user_pref("services.settings.server", "");
"#;

pub(crate) struct Firefox {
    process: Child,
    remote: Remote,
    _profile: Profile,
}

impl Firefox {
    async fn activate(&mut self, page: &Page) {
        self.remote.call("browsingContext.activate", json!({ "context": page.0 })).await;
    }

    async fn type_keys(&mut self, page: &Page, keys: impl Iterator<Item = char>) {
        self.activate(page).await;
        let action = |kind, key: char| json!({ "type": kind, "value": key.to_string() });
        let actions: Vec<_> =
            keys.flat_map(|key| [action("keyDown", key), action("keyUp", key)]).collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        let params = json!({ "context": page.0, "actions": [keyboard] });
        self.remote.call("input.performActions", params).await;
    }
}

impl Browser for Firefox {
    const NAME: &str = "firefox";

    async fn start() -> Self {
        let profile = Profile::new(Self::NAME);
        std::fs::write(profile.path().join("user.js"), PREFERENCES).unwrap();
        let mut command = Command::new("firefox-esr");
        command.args(["--headless", "--no-remote", "--remote-debugging-port=0", "--profile"]);
        command.arg(profile.path()).env("HOME", profile.path()).stderr(Stdio::piped());
        let mut process = start(&mut command, "firefox-esr");
        let output = process.stderr.take().unwrap();
        let url = printed_after(output, "WebDriver BiDi listening on ").await;
        let mut remote = Remote::connect(&format!("{url}/session")).await;
        let wanted = json!({ "alwaysMatch": { "acceptInsecureCerts": true } });
        remote.call("session.new", json!({ "capabilities": wanted })).await;
        Self { process, remote, _profile: profile }
    }

    async fn open(&mut self, url: &str) -> Page {
        let tab = self.remote.call("browsingContext.create", json!({ "type": "tab" })).await;
        let page = Page(tab["context"].as_str().unwrap().to_owned());
        let params = json!({ "context": page.0, "url": url, "wait": "complete" });
        self.remote.call("browsingContext.navigate", params).await;
        page
    }

    async fn evaluate(&mut self, page: &Page, body: &str) -> Value {
        let params = json!({
            "expression": expression(body),
            "target": { "context": page.0 },
            "awaitPromise": true,
            "userActivation": true,
        });
        let answer = self.remote.call("script.evaluate", params).await;
        match answer["result"]["value"].as_str() {
            Some(text) => serde_json::from_str(text).unwrap(),
            None => panic!("firefox: {body}: {answer}"),
        }
    }

    async fn press(&mut self, page: &Page, key: Key) {
        // WebDriver assigns these code points to keys without a character.
        let key = match key {
            Key::Tab => '\u{e004}',
            Key::Enter => '\u{e007}',
            Key::Space => ' ',
            Key::Right => '\u{e014}',
            Key::Down => '\u{e015}',
        };
        self.type_keys(page, [key].into_iter()).await;
    }

    async fn write(&mut self, page: &Page, text: &str) {
        self.type_keys(page, text.chars()).await;
    }

    async fn resize(&mut self, page: &Page, width: u32, height: u32) {
        let viewport = json!({ "width": width, "height": height });
        let params = json!({ "context": page.0, "viewport": viewport, "devicePixelRatio": 2 });
        self.remote.call("browsingContext.setViewport", params).await;
    }

    async fn picture(&mut self, page: &Page) -> String {
        self.activate(page).await;
        let params = json!({ "context": page.0 });
        let picture = self.remote.call("browsingContext.captureScreenshot", params).await;
        picture["data"].as_str().unwrap().to_owned()
    }

    async fn end(self) {
        let Self { mut process, remote, _profile } = self;
        remote.end("browser.close").await;
        within(process.wait()).await.unwrap();
    }
}
