//! Chromium through its driver, by as much of the WebDriver protocol as the tests speak.
//! <https://www.w3.org/TR/webdriver2/>
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic"
)]

use std::{
    future::Future,
    sync::OnceLock,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::server::{Home, Server, find, free_port};

/// What keeps Chromium from calling home, and lets it run as root in a container.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,900",
];

/// In points.
pub const PHONE_WIDTH: f64 = 360.0;
/// How the next two are named by the protocol.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
/// After which a browser that does not answer is given up.
const PATIENCE: Duration = Duration::from_secs(60);
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with a profile of its own, closed when dropped.
pub struct Browser {
    port: u16,
    path: String,
    /// The driver's own click and keys wait for a script, and so for ever where none runs.
    by_hand: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// A phone of [`PHONE_WIDTH`] instead of a window of 1200.
    pub phone: bool,
    pub without_javascript: bool,
}

/// An element of the page that was open when it was found.
pub struct Element<'b> {
    browser: &'b Browser,
    path: String,
}

impl Browser {
    /// Nothing where there is no Chromium, having said so.
    pub async fn open(options: Options) -> Option<Self> {
        static DRIVER: OnceLock<Result<Server, String>> = OnceLock::new();
        let port = match DRIVER.get_or_init(start) {
            Ok(server) => server.port,
            Err(why) => {
                let required =
                    std::env::var("PHOENIX_TOKEN_REQUIRE_BROWSER").is_ok_and(|it| it == "1");
                assert!(!required, "PHOENIX_TOKEN_REQUIRE_BROWSER is set, but {why}");
                println!("skipped: {why}");
                return None;
            }
        };
        let mut chrome = json!({ "args": FLAGS });
        if options.phone {
            let metrics = json!({ "width": 360, "height": 740, "pixelRatio": 2.0 });
            chrome["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let wanted = json!({ "alwaysMatch": { "goog:chromeOptions": chrome } });
        let made = call(port, "POST", "/session", &json!({ "capabilities": wanted })).await;
        let id = made["sessionId"].as_str().unwrap();
        let browser =
            Self { port, path: format!("/session/{id}"), by_hand: options.without_javascript };
        if options.without_javascript {
            let off = json!({ "value": true });
            browser.devtools("Emulation.setScriptExecutionDisabled", &off).await;
        }
        Some(browser)
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        call(self.port, "POST", &format!("{}{path}", self.path), body).await
    }

    async fn get(&self, path: &str) -> Value {
        call(self.port, "GET", &format!("{}{path}", self.path), &Value::Null).await
    }

    pub async fn go(&self, url: &str) {
        self.post("/url", &json!({ "url": url })).await;
    }

    pub async fn url(&self) -> String {
        self.get("/url").await.as_str().unwrap().to_owned()
    }

    pub async fn heading(&self) -> String {
        self.find("h1").await.text().await
    }

    pub async fn find(&self, css: &str) -> Element<'_> {
        let found = self.find_all(css).await;
        let page = self.text().await;
        found.into_iter().next().unwrap_or_else(|| panic!("no {css} in: {page}"))
    }

    pub async fn find_all(&self, css: &str) -> Vec<Element<'_>> {
        let query = json!({ "using": "css selector", "value": css });
        let found = self.post("/elements", &query).await;
        let path = |it: &Value| format!("/element/{}", it[ELEMENT].as_str().unwrap());
        let element = |it| Element { browser: self, path: path(it) };
        found.as_array().unwrap().iter().map(element).collect()
    }

    /// Does what leads to another page, and waits until that has taken the place of this one.
    pub async fn leave(&self, act: impl Future<Output = ()>) {
        let this = self.root().await;
        act.await;
        let path = format!("{}/element/{this}/name", self.path);
        let started = Instant::now();
        while answer(self.port, "GET", &path, &Value::Null).await["error"].is_null() {
            assert!(started.elapsed() < PATIENCE, "the page stays: {}", self.text().await);
        }
    }

    async fn root(&self) -> String {
        let query = json!({ "using": "css selector", "value": "html" });
        self.post("/element", &query).await[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Presses the button with this text, as a screen reader says it, and waits for the next page.
    pub async fn click(&self, button: &str) {
        for element in self.find_all("button").await {
            let text = element.property("textContent").await;
            if text.as_str().unwrap() == button {
                return self.leave(element.click()).await;
            }
        }
        panic!("no button {button:?} in: {}", self.text().await);
    }

    /// Types into what has the focus.
    pub async fn keys(&self, keys: &str) {
        let focused = self.get("/element/active").await;
        let path = format!("/element/{}", focused[ELEMENT].as_str().unwrap());
        Element { browser: self, path }.keys(keys).await;
    }

    pub async fn text(&self) -> String {
        let query = json!({ "using": "css selector", "value": "body" });
        let body = self.post("/element", &query).await;
        let path = format!("/element/{}", body[ELEMENT].as_str().unwrap());
        Element { browser: self, path }.text().await
    }

    /// Runs a script of the test's, which the page's own rules do not concern.
    pub async fn script(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] })).await
    }

    /// How wide the page is, in points. A phone's window grows with a page that is too wide, so that
    /// the two cannot be compared. Asked without a script, so that it can be told where none runs.
    pub async fn page_width(&self) -> f64 {
        let metrics = self.devtools("Page.getLayoutMetrics", &json!({})).await;
        metrics["cssContentSize"]["width"].as_f64().unwrap()
    }

    pub async fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features })).await;
    }

    async fn devtools(&self, command: &str, params: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": params })).await
    }

    pub async fn cookie_names(&self) -> Vec<String> {
        let cookies = self.get("/cookie").await;
        let mut names: Vec<_> = cookies
            .as_array()
            .unwrap()
            .iter()
            .map(|cookie| cookie["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    /// As closing it does with the cookies that have no age.
    pub async fn forget(&self, cookie: &str) {
        let path = format!("{}/cookie/{cookie}", self.path);
        call(self.port, "DELETE", &path, &Value::Null).await;
    }

    /// Keeps a picture of the page in the folder that `PHOENIX_TOKEN_SCREENSHOTS` names.
    pub async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("PHOENIX_TOKEN_SCREENSHOTS") else { return };
        let picture = self.get("/screenshot").await;
        let bytes = base64(picture.as_str().unwrap());
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), bytes).unwrap();
    }
}

impl Element<'_> {
    pub async fn click(&self) {
        if !self.browser.by_hand {
            self.browser.post(&format!("{}/click", self.path), &json!({})).await;
            return;
        }
        let place = self.browser.get(&format!("{}/rect", self.path)).await;
        let middle = |start: &str, length: &str| {
            place[start].as_f64().unwrap() + place[length].as_f64().unwrap() / 2.0
        };
        let (x, y) = (middle("x", "width"), middle("y", "height"));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.browser.devtools("Input.dispatchMouseEvent", &event).await;
        }
    }

    pub async fn keys(&self, keys: &str) {
        if self.browser.by_hand {
            self.click().await;
            self.browser.devtools("Input.insertText", &json!({ "text": keys })).await;
            return;
        }
        self.browser.post(&format!("{}/value", self.path), &json!({ "text": keys })).await;
    }

    pub async fn text(&self) -> String {
        let text = self.browser.get(&format!("{}/text", self.path)).await;
        text.as_str().unwrap().to_owned()
    }

    pub async fn property(&self, name: &str) -> Value {
        self.browser.get(&format!("{}/property/{name}", self.path)).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        use std::io::{Read as _, Write as _};
        let request = request("DELETE", &self.path, "");
        if let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = stream.write_all(request.as_bytes());
            let _ = stream.read(&mut [0; 64]);
        }
    }
}

/// Root may run it: the tests open no pages but their own.
fn start() -> Result<Server, String> {
    let (driver, port) = (find("chromedriver", &[])?, free_port());
    Server::start(Home::new("chromedriver", "root")?, port, move |home| {
        let mut command = home.command(&driver);
        command.arg(format!("--port={port}")).env("TMPDIR", &home.folder);
        command
    })
}

fn request(method: &str, path: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The `value` of the answer; what is an error there is a failed test.
async fn call(port: u16, method: &str, path: &str, body: &Value) -> Value {
    let value = answer(port, method, path, body).await;
    let failed = &value["error"];
    assert!(failed.is_null(), "{method} {path} {body}: {value}");
    value
}

async fn answer(port: u16, method: &str, path: &str, body: &Value) -> Value {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request(method, path, &text).as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let mut part = [0; 16_384];
    loop {
        if let Some(value) = whole(&answer) {
            return value;
        }
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut part)).await;
        let read = read.unwrap_or_else(|_| panic!("{method} {path} {text}: no answer")).unwrap();
        assert!(read > 0, "{method} {path}: the driver hung up");
        answer.extend_from_slice(&part[..read]);
    }
}

/// The `value`, once all of the answer is there: the driver keeps the connection open.
fn whole(answer: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok()).flatten()
    })?;
    let body: Value = serde_json::from_str(body.get(..length)?).expect("JSON");
    Some(body["value"].clone())
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes() {
        let Some(value) = ALPHABET.iter().position(|known| *known == byte) else { continue };
        bits = (bits << 6) | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    out
}
