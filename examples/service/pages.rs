//! What each page does.

use std::net::SocketAddr;

use axum::{
    Form, Router,
    extract::{ConnectInfo, Path, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use phoenix_token::{
    axum::{AuthError, Browser, CurrentSession, LogIn, SudoSession},
    store::{Handle, Session},
};
use serde::Deserialize;

use super::{
    Service,
    device::device,
    html::{Escaped, bare_page, csrf_field, form, page},
    times::ago,
};

type Page = Result<Html<String>, AuthError>;

pub(crate) fn routes() -> Router<Service> {
    Router::new()
        .route("/", get(home))
        .route("/users/log-in", get(log_in).post(send_link))
        .route("/users/log-in/{token}", get(confirm).post(use_link))
        .route("/users/log-out", post(log_out))
        .route("/users/log-out-everywhere", post(log_out_everywhere))
        .route("/users/sessions", get(sessions))
        .route("/users/sessions/end-others", post(end_others))
        .route("/users/sessions/{handle}/end", post(end))
        .route("/users/data", get(data))
}

/// What is the same for everybody, and so may be kept by any cache: it is not under the layer, which
/// sends a cookie with whatever response it has one for.
pub(crate) fn for_all() -> Router {
    Router::new().route("/style.css", get(style))
}

async fn home(
    State(service): State<Service>,
    browser: Browser,
    session: Option<CurrentSession>,
) -> Page {
    let Some(session) = session else {
        let content = "<p>Sign in with a link that is sent to you. There is no password.</p>
            <p><a class=\"button\" href=\"/users/log-in\">Sign in</a></p>";
        return page("Sessions that can be ended", &browser, None, content);
    };
    let email = service.users.email(session.user_id).await?.unwrap_or_default();
    let content = "<ul class=\"cards\">
        <li><a href=\"/users/sessions\">Your sessions</a>
        <p>Where you are signed in, and how to end it.</p></li>
        <li><a href=\"/users/data\">Your data</a>
        <p>Asks you to sign in again, unless you did so in the last ten minutes.</p></li></ul>";
    page("Welcome", &browser, Some(&email), content)
}

/// The form that asks for an address; filled in for who is asked to sign in again.
async fn log_in(
    State(service): State<Service>,
    browser: Browser,
    session: Option<CurrentSession>,
) -> Page {
    let email = match &session {
        Some(session) => service.users.email(session.user_id).await?,
        None => None,
    };
    let content = format!(
        "<form method=\"post\" action=\"/users/log-in\" class=\"stack\">{}
        <label for=\"email\">Your e-mail address</label>
        <input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"email\" required
          aria-describedby=\"hint\" value=\"{}\">
        <p id=\"hint\" class=\"hint\">You get a link that signs you in. This example prints it to its console.</p>
        <button class=\"button\">Send the link</button></form>",
        csrf_field(&browser)?,
        Escaped(email.as_deref().unwrap_or_default()),
    );
    page("Sign in", &browser, email.as_deref(), &content)
}

#[derive(Deserialize)]
struct Address {
    email: String,
}

/// Says the same whether the address is known or not.
async fn send_link(
    State(service): State<Service>,
    browser: Browser,
    Form(Address { email }): Form<Address>,
) -> Result<Redirect, AuthError> {
    let email = email.trim();
    let plausible = email.contains('@') && email.len() <= 160 && !email.contains(char::is_control);
    if plausible
        && let Some(user) = service.users.by_email(email).await?
        && let Some(email) = service.users.email(user).await?
    {
        // As the table spells it, which is where the letter goes.
        let token = service.links.create(user, &email).await?;
        (service.send)(&email, &format!("{}/users/log-in/{token}", service.origin));
    }
    browser.put_flash("info", "If that address is known here, a link is on its way to it.");
    Ok(Redirect::to("/users/log-in"))
}

/// The link leads here, and does not sign in by itself: programs that look at mail follow links.
async fn confirm(
    State(service): State<Service>,
    browser: Browser,
    Path(token): Path<String>,
) -> Result<Response, AuthError> {
    let Some(link) = service.links.look(&token).await? else { return Ok(refused(&browser)) };
    let content = format!(
        "<p>You are about to sign in as <strong>{}</strong>.</p>
        <form method=\"post\" class=\"stack\">{}
        <p class=\"check\"><input type=\"checkbox\" id=\"remember_me\" name=\"remember_me\" value=\"true\">
        <label for=\"remember_me\">Keep me signed in on this device</label></p>
        <button class=\"button\">Sign in</button></form>",
        Escaped(link.sent_to.as_deref().unwrap_or_default()),
        csrf_field(&browser)?,
    );
    Ok(page("Confirm", &browser, None, &content)?.into_response())
}

#[derive(Deserialize)]
struct Remember {
    #[serde(default)]
    remember_me: bool,
}

async fn use_link(
    State(service): State<Service>,
    browser: Browser,
    Path(token): Path<String>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    Form(Remember { remember_me }): Form<Remember>,
) -> Result<Response, AuthError> {
    let Some(user) = service.users.take_link(&token).await? else { return Ok(refused(&browser)) };
    let options = LogIn::new().remember_me(remember_me).ip_address(client.ip());
    let logged_in = browser.log_in(user, &options).await?;
    browser.put_flash("info", "Welcome back!");
    Ok(logged_in.into_response())
}

fn refused(browser: &Browser) -> Response {
    browser.put_flash("error", "The link is invalid or it has expired.");
    Redirect::to("/users/log-in").into_response()
}

async fn log_out(browser: Browser) -> Result<impl IntoResponse, AuthError> {
    let logged_out = browser.log_out().await?;
    browser.put_flash("info", "You are signed out.");
    Ok(logged_out)
}

async fn log_out_everywhere(session: CurrentSession) -> Result<impl IntoResponse, AuthError> {
    let logged_out = session.log_out_everywhere().await?;
    session.browser().put_flash("info", "You are signed out on all devices.");
    Ok(logged_out)
}

async fn sessions(State(service): State<Service>, session: CurrentSession) -> Page {
    let browser = session.browser();
    let email = service.users.email(session.user_id).await?.unwrap_or_default();
    let mut rows = String::new();
    for (number, one) in (1..).zip(session.list(100, 0).await?) {
        rows += &row(number, &one, browser)?;
    }
    let content = format!(
        "<table><caption>Where you are signed in, the newest first</caption>
        <thead><tr><th scope=\"col\">Device</th><th scope=\"col\">Times</th>
        <th scope=\"col\"><span class=\"unseen\">Action</span></th></tr></thead>
        <tbody>{rows}</tbody></table><div class=\"actions\">{}{}</div>",
        form("/users/sessions/end-others", "Sign out all other devices", None, browser)?,
        form("/users/log-out-everywhere", "Sign out everywhere", None, browser)?,
    );
    page("Your sessions", browser, Some(&email), &content)
}

fn row(number: u32, session: &Session, browser: &Browser) -> Result<String, AuthError> {
    let name = device(session.user_agent.as_deref());
    let badge = if session.is_current { " <span class=\"badge\">This device</span>" } else { "" };
    let address = session.ip_address.as_deref().unwrap_or("address unknown");
    let signed_in = session.authenticated_at.unwrap_or(session.inserted_at);
    let last_seen = session.last_seen_at.map_or(String::new(), |seen| {
        format!("<br><span class=\"hint\">Last used {}</span>", ago(seen, session.read_at))
    });
    let action = if session.is_current {
        String::new()
    } else {
        let action = format!("/users/sessions/{}/end", session.handle);
        form(&action, "End", Some(&format!("session {number}, {name}")), browser)?
    };
    Ok(format!(
        "<tr><th scope=\"row\">{}{badge}<br><span class=\"hint\">{}</span></th>
        <td>Signed in {}{last_seen}</td><td>{action}</td></tr>",
        Escaped(&name),
        Escaped(address),
        ago(signed_in, session.read_at),
    ))
}

async fn end(session: CurrentSession, Path(handle): Path<String>) -> Result<Redirect, AuthError> {
    let ended = match handle.parse::<Handle>() {
        Ok(handle) => session.end(handle).await?,
        Err(_) => None,
    };
    let message = if ended.is_some() { "The session is ended." } else { "It had ended already." };
    session.browser().put_flash("info", message);
    Ok(Redirect::to("/users/sessions"))
}

async fn end_others(session: CurrentSession) -> Result<Redirect, AuthError> {
    let message = match session.end_others().await?.len() {
        0 => "There was no other session.".to_owned(),
        1 => "One other session is ended.".to_owned(),
        ended => format!("{ended} other sessions are ended."),
    };
    session.browser().put_flash("info", &message);
    Ok(Redirect::to("/users/sessions"))
}

/// Only for who has signed in a moment ago.
async fn data(State(service): State<Service>, session: SudoSession) -> Page {
    let email = service.users.email(session.user_id).await?.unwrap_or_default();
    let mut entries = format!("<dt>Your e-mail address</dt><dd>{}</dd>", Escaped(&email));
    for one in session.list(1_000, 0).await? {
        let device = device(one.user_agent.as_deref());
        let at = one.inserted_at.to_string();
        entries += &format!("<dt>Signed in at {}</dt><dd>{}</dd>", Escaped(&at), Escaped(&device));
    }
    page("Your data", session.browser(), Some(&email), &format!("<dl>{entries}</dl>"))
}

async fn style() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "text/css"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("style.css"))
}

/// Only what describes the body: the other headers, cookies among them, are meant for the browser.
fn put_page(response: &mut Response, page: Html<String>) {
    let (page, body) = page.into_response().into_parts();
    for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::CONTENT_TYPE] {
        response.headers_mut().remove(&name);
        if let Some(value) = page.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    *response.body_mut() = body;
}

/// Headers that every page has, and a page for an error that came without one.
#[allow(clippy::print_stderr, reason = "an example's log")]
pub(crate) async fn finish(mut response: Response) -> Response {
    if let Some(error) = response.extensions().get::<AuthError>() {
        eprintln!("{error}: {:?}", error.store_error());
    }
    let explained = match response.status() {
        StatusCode::FORBIDDEN => {
            Some(("Refused", "The form is too old. Go back, load the page anew and try again."))
        }
        StatusCode::NOT_FOUND => Some(("Not found", "There is no such page.")),
        StatusCode::SERVICE_UNAVAILABLE => {
            Some(("One moment", "The service cannot reach its database. Try again later."))
        }
        StatusCode::INTERNAL_SERVER_ERROR => {
            Some(("An error", "Something is wrong here, and not with what you did."))
        }
        _ => None,
    };
    if let Some((title, text)) = explained {
        let page = bare_page(title, &format!("<p>{}</p>", Escaped(text)));
        put_page(&mut response, page);
    }
    let headers = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The address of a page may be a link that signs in.
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in headers {
        let name: HeaderName = name;
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
