//! Pages as text, and the one helper through which all data goes into them.

use std::fmt;

use axum::response::Html;
use phoenix_token::axum::{AuthError, Browser};

/// Text in a page: in an element, or in an attribute with quotes.
pub(crate) struct Escaped<'t>(pub(crate) &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

/// A whole page, with the messages that wait for one. Of a user who is signed in, with their address.
pub(crate) fn page(
    title: &str,
    browser: &Browser,
    email: Option<&str>,
    content: &str,
) -> Result<Html<String>, AuthError> {
    let mut messages = String::new();
    for (kind, text) in browser.take_flash() {
        let (role, class) = if kind == "error" { ("alert", "error") } else { ("status", "info") };
        let text = Escaped(&text);
        messages += &format!("<p role=\"{role}\" class=\"message {class}\">{text}</p>");
    }
    let who = match email {
        None => "<a href=\"/users/log-in\">Sign in</a>".to_owned(),
        Some(email) => {
            format!("<span class=\"who\">{}</span>{}", Escaped(email), log_out_form(browser)?)
        }
    };
    Ok(Html(document(title, &who, &format!("{messages}<h1>{}</h1>{content}", Escaped(title)))))
}

/// A page of a browser of which nothing is known.
pub(crate) fn bare_page(title: &str, content: &str) -> Html<String> {
    Html(document(title, "", &format!("<h1>{}</h1>{content}", Escaped(title))))
}

/// A form of one button. `about` says to a screen reader which of several it is.
pub(crate) fn form(
    action: &str,
    button: &str,
    about: Option<&str>,
    browser: &Browser,
) -> Result<String, AuthError> {
    let about = about.map_or(String::new(), |about| {
        format!("<span class=\"unseen\"> {}</span>", Escaped(about))
    });
    Ok(format!(
        "<form method=\"post\" action=\"{}\">{}<button>{}{about}</button></form>",
        Escaped(action),
        csrf_field(browser)?,
        Escaped(button),
    ))
}

/// As Phoenix's own links to log out send it, so that either side may have the route: there it is one
/// for `DELETE`, and `Plug.MethodOverride` reads the method from the form.
fn log_out_form(browser: &Browser) -> Result<String, AuthError> {
    Ok(format!(
        "<form method=\"post\" action=\"/users/log-out\">{}
        <input type=\"hidden\" name=\"_method\" value=\"delete\"><button>Sign out</button></form>",
        csrf_field(browser)?
    ))
}

pub(crate) fn csrf_field(browser: &Browser) -> Result<String, AuthError> {
    let token = browser.csrf_token()?;
    Ok(format!("<input type=\"hidden\" name=\"_csrf_token\" value=\"{}\">", Escaped(&token)))
}

fn document(title: &str, who: &str, content: &str) -> String {
    let title = Escaped(title);
    format!(
        r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Sessions</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<nav aria-label="Pages"><a href="/">Home</a> <a href="/users/sessions">Your sessions</a></nav>
<div class="user">{who}</div>
</header>
<main id="content" tabindex="-1">
{content}
</main>
</body>
</html>
"##
    )
}
