//! The example `sessions` in Chromium: two browsers at once, a phone, a keyboard, no JavaScript.
#![cfg(all(feature = "axum", feature = "sqlite"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test may panic and print"
)]

#[path = "common/databases.rs"]
mod databases;
#[path = "../examples/service/mod.rs"]
#[allow(dead_code, reason = "the examples use the rest")]
mod service;
#[path = "common/webdriver.rs"]
#[allow(clippy::arithmetic_side_effects, reason = "a test may panic")]
mod webdriver;

use std::sync::Arc;

use databases::{Place as _, folder, server, sqlite::SqliteFile};
use phoenix_token::SecretKeyBase;
use sqlx::SqlitePool;
use tokio::{
    net::TcpListener,
    sync::{
        Mutex,
        mpsc::{UnboundedReceiver, unbounded_channel},
    },
};
use webdriver::{Browser, ENTER, Options, PHONE_WIDTH, TAB};

const SECRET: &str = "nB7vQ2xKp9sLw4Zt6YcR8mJdF3hGa5Ue1TqXoVzWbNyMiCkPjErDgSfHlAuOw0Iv";
const PHONE: Options = Options { phone: true, without_javascript: false };
const DESKTOP: Options = Options { phone: false, without_javascript: false };

/// The example, and what it would print.
struct Site {
    origin: String,
    links: Mutex<UnboundedReceiver<String>>,
    url: String,
}

impl Site {
    async fn open() -> Self {
        let url = format!("sqlite://{}?mode=rwc", folder("browser").join("app.db").display());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let (printed, links) = unbounded_channel();
        let links = Mutex::new(links);
        let send = Arc::new(move |_: &str, link: &str| printed.send(link.into()).unwrap());
        let secret = SecretKeyBase::new(SECRET).unwrap();
        let service = service::sqlite::service(&url, &secret, origin.clone(), send).await.unwrap();
        tokio::spawn(async move { service::serve(listener, service).await.unwrap() });
        Self { origin, links, url }
    }

    async fn go(&self, browser: &Browser, path: &str) {
        browser.go(&format!("{}{path}", self.origin)).await;
    }

    async fn path(&self, browser: &Browser) -> String {
        browser.url().await.strip_prefix(&self.origin).unwrap().to_owned()
    }

    /// Follows the next link that is sent.
    async fn follow_link(&self, browser: &Browser) -> String {
        let link = self.links.lock().await.recv().await.unwrap();
        browser.go(&link).await;
        link
    }

    async fn sign_in(&self, browser: &Browser, email: &str, remember: bool) {
        self.go(browser, "/users/log-in").await;
        self.sign_in_here(browser, email, remember).await;
    }

    async fn sign_in_here(&self, browser: &Browser, email: &str, remember: bool) {
        let field = browser.find("#email").await;
        if field.property("value").await != email {
            field.keys(email).await;
        }
        browser.click("Send the link").await;
        self.follow_link(browser).await;
        if remember {
            browser.find("#remember_me").await.click().await;
        }
        browser.click("Sign in").await;
        assert!(browser.find("[role=status]").await.text().await.contains("Welcome back!"));
    }

    /// Whether the browser is signed in, as the next page has it.
    async fn knows(&self, browser: &Browser) -> bool {
        self.go(browser, "/users/sessions").await;
        self.path(browser).await == "/users/sessions"
    }

    async fn run(&self, sql: &str) {
        let pool = SqlitePool::connect(&self.url).await.unwrap();
        SqliteFile::run(&pool, sql).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_browser_ends_the_other_loses() {
    let (Some(one), Some(two)) = (Browser::open(DESKTOP).await, Browser::open(PHONE).await) else {
        return;
    };
    let site = Site::open().await;
    site.sign_in(&one, "ada@example.com", false).await;
    site.sign_in(&two, "ada@example.com", true).await;

    site.go(&one, "/users/sessions").await;
    one.picture("sessions-desktop").await;
    assert_eq!(one.find_all("tbody tr").await.len(), 2);
    let own = one.find("tbody tr:has(.badge)").await.text().await;
    assert!(own.contains("Chrome on Linux") && own.contains("127.0.0.1"), "{own}");
    assert!(own.contains("This device") && own.contains("Signed in just now"), "{own}");

    one.click("End session 1, Chrome on Linux").await;
    assert!(one.find("[role=status]").await.text().await.contains("The session is ended."));
    assert_eq!(one.find_all("tbody tr").await.len(), 1);
    assert!(!site.knows(&two).await);
    assert!(site.knows(&one).await);

    site.sign_in_here(&two, "ada@example.com", true).await;
    site.go(&one, "/users/sessions").await;
    one.click("Sign out all other devices").await;
    assert!(one.text().await.contains("One other session is ended."));
    assert!(!site.knows(&two).await && site.knows(&one).await);

    site.go(&two, "/users/log-in").await;
    site.sign_in_here(&two, "ada@example.com", true).await;
    two.click("Sign out everywhere").await;
    assert!(two.text().await.contains("You are signed out on all devices."));
    assert!(!site.knows(&one).await && !site.knows(&two).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_without_javascript_every_step_works_and_nothing_is_scrolled_sideways() {
    let options = Options { phone: true, without_javascript: true };
    let Some(browser) = Browser::open(options).await else { return };
    browser.go("data:text/html,<p id=p>off</p><script>p.textContent='on'</script>").await;
    assert_eq!(browser.text().await, "off");

    let site = Site::open().await;
    let name = "a-rather-long-name-that-nobody-would-want-to-type-on-a-phone@an-example.com";
    let fits = async |browser: &Browser, page: &str| {
        browser.picture(&format!("phone-{page}")).await;
        assert_eq!(browser.page_width().await, PHONE_WIDTH, "{page}");
    };
    site.go(&browser, "/").await;
    fits(&browser, "home").await;
    let link = browser.find("main a").await;
    browser.leave(link.click()).await;
    fits(&browser, "log-in").await;
    browser.find("#email").await.keys(name).await;
    browser.click("Send the link").await;
    fits(&browser, "sent").await;
    site.follow_link(&browser).await;
    fits(&browser, "confirm").await;
    browser.click("Sign in").await;
    fits(&browser, "sessions").await;
    site.go(&browser, "/users/data").await;
    assert!(browser.text().await.contains(name));
    fits(&browser, "data").await;
    site.go(&browser, "/").await;
    fits(&browser, "home-signed-in").await;
    browser.click("Sign out").await;
    assert!(browser.find("[role=status]").await.text().await.contains("You are signed out."));
    assert!(!site.knows(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyboard_is_enough_to_sign_in_and_the_focus_is_seen() {
    let Some(browser) = Browser::open(DESKTOP).await else { return };
    let site = Site::open().await;
    site.go(&browser, "/users/log-in").await;
    browser.keys(TAB).await;
    let focused = "return document.activeElement.textContent || document.activeElement.id";
    assert_eq!(browser.script(focused).await, "Skip to the content");
    browser.picture("skip-link").await;
    browser.keys(ENTER).await;
    browser.keys(TAB).await;
    assert_eq!(browser.script(focused).await, "email");
    let outline = "return getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(browser.script(outline).await, "solid");
    browser.picture("focus").await;
    browser.leave(browser.keys(&format!("grace@example.com{ENTER}"))).await;
    assert!(browser.find("[role=status]").await.text().await.contains("a link is on its way"));

    site.follow_link(&browser).await;
    let script = "return document.activeElement.id";
    for _ in 0..10 {
        browser.keys(TAB).await;
        if browser.script(script).await == "remember_me" {
            break;
        }
    }
    browser.keys(" ").await;
    browser.keys(TAB).await;
    assert_eq!(browser.script(focused).await, "Sign in");
    browser.leave(browser.keys(ENTER)).await;
    assert_eq!(browser.heading().await, "Your sessions");
    assert_eq!(browser.cookie_names().await, ["_sessions_key", "_sessions_web_user_remember_me"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_browser_is_remembered_only_where_that_was_wished() {
    let Some(browser) = Browser::open(DESKTOP).await else { return };
    let site = Site::open().await;
    for remember in [true, false] {
        site.sign_in(&browser, "ada@example.com", remember).await;
        browser.forget("_sessions_key").await;
        assert_eq!(site.knows(&browser).await, remember);
        if remember {
            browser.click("Sign out").await;
        }
        assert_eq!(browser.cookie_names().await, ["_sessions_key"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_page_asks_again_and_leads_back() {
    let Some(browser) = Browser::open(DESKTOP).await else { return };
    let site = Site::open().await;
    site.sign_in(&browser, "ada@example.com", false).await;
    site.go(&browser, "/users/data").await;
    assert_eq!(browser.heading().await, "Your data");
    site.run("UPDATE users_tokens SET authenticated_at = '2020-01-01T00:00:00'").await;
    site.go(&browser, "/users/data").await;
    assert_eq!(site.path(&browser).await, "/users/log-in");
    let alert = browser.find("[role=alert]").await.text().await;
    assert_eq!(alert, "You must re-authenticate to access this page.");
    browser.picture("sudo").await;
    assert_eq!(browser.find("#email").await.property("value").await, "ada@example.com");
    site.sign_in_here(&browser, "ada@example.com", false).await;
    assert_eq!(site.path(&browser).await, "/users/data");
    site.go(&browser, "/users/sessions").await;
    assert_eq!(browser.find_all("tbody tr").await.len(), 1, "it is still one session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once_and_what_a_user_enters_is_shown_as_text() {
    let Some(browser) = Browser::open(DESKTOP).await else { return };
    let site = Site::open().await;
    let odd = "o'neil&lt{x}@example.com";
    site.go(&browser, "/users/log-in").await;
    browser.find("#email").await.keys(odd).await;
    browser.click("Send the link").await;
    let link = site.follow_link(&browser).await;
    assert!(browser.text().await.contains(odd));
    browser.go(&link).await;
    browser.click("Sign in").await;
    assert!(browser.text().await.contains(odd));
    browser.go(&link).await;
    let alert = browser.find("[role=alert]").await.text().await;
    assert_eq!(alert, "The link is invalid or it has expired.");
    browser.go(&format!("{}/users/log-in/%3Cscript%3E", site.origin)).await;
    assert_eq!(browser.find_all("[role=alert]").await.len(), 1);
}

/// What can be told of a page by looking at its elements.
const GAPS: &str = r##"
const gaps = [];
const all = (css) => [...document.querySelectorAll(css)];
const one = (css) => { const n = all(css).length; if (n !== 1) gaps.push(`${n} × ${css}`); };
const each = (css, good) => all(css).forEach((it) => { if (!good(it)) gaps.push(it.outerHTML); });
const said = (it) => (it.getAttribute("aria-label") || it.textContent).trim() !== "";
if (!document.documentElement.lang) gaps.push("no language");
if (!document.title.trim()) gaps.push("no title");
["h1", "main", "body > header", "nav[aria-label]", "meta[name=viewport]"].forEach(one);
each("meta[name=viewport]", (it) => !/user-scalable|maximum-scale/.test(it.content));
each("input:not([type=hidden]), select, textarea", (it) => it.labels.length > 0 && said(it.labels[0]));
each("a, button", said);
each("a", (it) => it.getAttribute("href"));
each("img", (it) => it.hasAttribute("alt"));
each("table", (it) => it.caption && it.tHead);
each("th", (it) => it.scope && said(it));
each("[tabindex]", (it) => it.tabIndex <= 0);
each("[id]", (it) => all("#" + CSS.escape(it.id)).length === 1);
each("[aria-describedby]", (it) => document.getElementById(it.getAttribute("aria-describedby")));
each("[style], script, style", () => false);
each(".message", (it) => ["status", "alert"].includes(it.getAttribute("role")));
each("button, .button", (it) => it.getBoundingClientRect().height >= 44);
const levels = all("h1, h2, h3, h4").map((it) => Number(it.tagName[1]));
levels.forEach((level, i) => { if (level > (levels[i - 1] || 0) + 1) gaps.push("a heading is skipped"); });
const light = ([r, g, b]) => {
  const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
};
const numbers = (color) => color.match(/[\d.]+/g).map(Number);
const ground = (it) => {
  for (; it; it = it.parentElement) {
    const color = numbers(getComputedStyle(it).backgroundColor);
    if (color.length === 3) return color;
  }
  return [255, 255, 255];
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const it = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim()) continue;
  const [a, b] = [light(numbers(getComputedStyle(it).color)), light(ground(it))];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (contrast < 4.5) gaps.push(`contrast ${contrast.toFixed(2)}: ${it.outerHTML}`);
}
return gaps;
"##;

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_a_gap_that_its_elements_show() {
    let Some(browser) = Browser::open(DESKTOP).await else { return };
    let site = Site::open().await;
    let complete = async |page: &str| {
        for dark in [false, true] {
            browser.dark(dark).await;
            let name = if dark { "dark" } else { "light" };
            browser.picture(&format!("{page}-{name}")).await;
            assert_eq!(browser.script(GAPS).await, serde_json::json!([]), "{page}, {name}");
        }
    };
    site.go(&browser, "/").await;
    complete("home").await;
    site.go(&browser, "/users/sessions").await;
    complete("log-in").await;
    browser.find("#email").await.keys("ada@example.com").await;
    browser.click("Send the link").await;
    complete("sent").await;
    site.follow_link(&browser).await;
    complete("confirm").await;
    browser.click("Sign in").await;
    complete("sessions").await;
    site.run(
        "INSERT INTO users_tokens (user_id, token, context, inserted_at, user_agent)
         VALUES (1, x'00', 'session', '2999-01-01T00:00:00', 'Mozilla/5.0 (iPhone) Safari/1')",
    )
    .await;
    site.go(&browser, "/users/sessions").await;
    assert_eq!(browser.find_all("tbody tr").await.len(), 2);
    complete("two-sessions").await;
    site.go(&browser, "/users/data").await;
    complete("data").await;
    site.go(&browser, "/nowhere").await;
    assert_eq!(browser.heading().await, "Not found");
}
