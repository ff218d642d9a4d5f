//! Three services behind one domain and one session: Phoenix, which logged the user in, and two in
//! Rust. A form that one renders is posted to the other.
//!
//! ```text
//! cargo run --example shared_session
//! ```

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::{collections::BTreeMap, error::Error};

use phoenix_token::{
    SecretKeyBase, Timestamp,
    cookie::{RememberMe, SameSite, Session, SessionCookie, SetCookie},
    csrf_protection::{CsrfProtection, CsrfToken},
};

/// What the browser sends after Phoenix has logged its user in: the cookie that
/// `plug Plug.Session, store: :cookie, key: "_my_app_key", signing_salt: "-XzKI7OS",
/// encryption_salt: "13VJJH1j"` wrote.
const MADE_BY_PHOENIX: &str = "XCP.kcOkEKBdKF0wpizDLPiVnpjJFI1i91J8HdlWIS_H2x7Zf5ZGvHWcM2bu6fL5cn\
    Ca2fDY-8S6d1qeAouYQU6A8-o3CJQ_1GYKLq3hau--uTabLlxyAztxVa2EEIldrYgAdDW0oLjLCmHMBgZa_6Tow9CQppY8\
    BAdjLUOb-wSW_xN9Ip4ZF0Bp0A0j58btYqIEH9lJU7-GkwkMEklMXg";

/// Its `secret_key_base`. A real one comes from the environment, and is in no source.
const SECRET_KEY_BASE: &str =
    "PSHg-wNjz4lqJjpT9CDObOGtuM3GW7ATHRzZ5Me4rXBvfifymmhvvEWMAg5BWnKRVysb_NWn0q19_nvqk";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut browser = Browser::default();
    browser.cookies.insert("_my_app_key".into(), MADE_BY_PHOENIX.into());
    let (profile, orders) = (Service::new("profile")?, Service::new("orders")?);

    println!("The service `profile` shows a form to the user whom Phoenix logged in:");
    let form_token = profile.show_form(&mut browser)?;
    println!("  <input name=\"_csrf_token\" value=\"{form_token}\">\n");

    println!("The service `orders` takes it, and puts a message into the session:");
    orders.take_form(&mut browser, &form_token)?;

    println!("\nThe service `profile` shows the message, once:");
    profile.show_messages(&mut browser)?;
    profile.show_messages(&mut browser)?;

    println!("\nA form that somebody else made up is refused:");
    match orders.take_form(&mut browser, "forged") {
        Ok(()) => return Err("it should have been refused".into()),
        Err(error) => println!("  refused: {error}"),
    }

    println!("\nThe service `orders` logs the user out, for Phoenix as well:");
    orders.log_out(&mut browser)?;
    match profile.show_form(&mut browser) {
        Ok(_) => Err("it should have been refused".into()),
        Err(error) => {
            println!("  refused: {error}");
            Ok(())
        }
    }
}

/// What each of the services has: keys, derived once when it starts.
struct Service {
    name: &'static str,
    session_cookie: SessionCookie,
    set_cookie: SetCookie,
    remember_me: RememberMe,
    csrf_protection: CsrfProtection,
}

impl Service {
    fn new(name: &'static str) -> Result<Self> {
        let secret = SecretKeyBase::new(SECRET_KEY_BASE)?;
        Ok(Self {
            name,
            session_cookie: SessionCookie::encrypted(&secret, "13VJJH1j", "-XzKI7OS")?,
            set_cookie: SetCookie::new("_my_app_key").same_site(SameSite::Lax),
            remember_me: RememberMe::new(&secret, "my_app")?,
            csrf_protection: CsrfProtection::new(&secret),
        })
    }

    fn show_form(&self, browser: &mut Browser) -> Result<String> {
        let mut session = self.session(browser);
        self.authenticate(&session)?;
        let token = session.csrf_token().map_or_else(CsrfToken::generate, Ok)?;
        session.put_csrf_token(&token);
        self.put_session(browser, &session)?;
        Ok(token.mask()?)
    }

    fn take_form(&self, browser: &mut Browser, form_token: &str) -> Result<()> {
        let mut session = self.session(browser);
        self.authenticate(&session)?;
        let token = session.csrf_token();
        self.csrf_protection.check(token.as_ref(), form_token, "www.example.com")?;
        session.put_flash("info", "Thank you for your order.");
        self.put_session(browser, &session)
    }

    fn show_messages(&self, browser: &mut Browser) -> Result<()> {
        let mut session = self.session(browser);
        let messages = session.take_flash();
        println!("  {} messages", messages.len());
        for (kind, message) in messages {
            println!("  {kind}: {message}");
        }
        self.put_session(browser, &session)
    }

    fn log_out(&self, browser: &mut Browser) -> Result<()> {
        // A real service also deletes the row that the user's token names: whoever kept a copy of
        // the cookie would be logged in otherwise.
        self.put_session(browser, &Session::new())?;
        browser.take(&self.remember_me.set_cookie().removal_header()?);
        Ok(())
    }

    /// Plug goes on with an empty session where there is none, or none that this key made.
    fn session(&self, browser: &Browser) -> Session {
        let cookie = browser.cookies.get(self.set_cookie.name());
        self.session_cookie.read(cookie.map(String::as_str)).unwrap_or_default()
    }

    fn put_session(&self, browser: &mut Browser, session: &Session) -> Result<()> {
        let value = self.session_cookie.write(session)?;
        browser.take(&self.set_cookie.header(&value, Timestamp::now())?);
        Ok(())
    }

    /// A real service looks the token up in the table `users_tokens`.
    fn authenticate(&self, session: &Session) -> Result<()> {
        let token = session.user_token().ok_or("nobody is logged in")?;
        let [first, .., last] = token;
        println!("  {}: the user of token {first:02x}..{last:02x}", self.name);
        Ok(())
    }
}

/// Keeps cookies, and no more.
#[derive(Default)]
struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn take(&mut self, set_cookie: &str) {
        let pair = set_cookie.split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').unwrap_or_default();
        if set_cookie.contains("max-age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
