//! Atoms, names of modules, and the keys of keywords.

use phoenix_token::term::Atom;

use super::{
    cursor::{Cursor, LiteralError, is_space},
    text,
};

/// Atoms that stand unquoted though they are no identifiers; what begins another comes after it.
const OPERATORS: [&str; 52] = [
    "!==", "!=", "!", "%{}", "%", "&&&", "&&", "&", "**", "*", "+++", "++", "+", "---", "--", "->",
    "-", "..//", "...", "..", ".", "/", "::", "<<<", "<<>>", "<<~", "<-", "<=", "<>", "<|>", "<~>",
    "<~", "<", "===", "==", "=~", "=", ">>>", ">=", ">", "@", "\\\\", "^^^", "^", "{}", "|||",
    "||", "|>", "|", "~>>", "~>", "~~~",
];

/// `:name`, `:"quoted name"`, `:==`
pub(super) fn atom(cursor: &mut Cursor<'_>) -> Result<Atom, LiteralError> {
    let start = *cursor;
    cursor.expect(":", "`:`")?;
    match cursor.peek() {
        Some(quote @ ('"' | '\'')) => named(start, text::quoted_utf8(cursor, quote)?),
        _ => match identifier(cursor).or_else(|| operator(cursor)) {
            Some(name) => named(start, name.to_owned()),
            None => Err(cursor.expected("the name of an atom")),
        },
    }
}

/// `Module.Name`, which is the atom `:"Elixir.Module.Name"`.
pub(super) fn alias(cursor: &mut Cursor<'_>) -> Result<Atom, LiteralError> {
    let start = *cursor;
    let mut length = 0_usize;
    loop {
        length = length.saturating_add(part(cursor).len());
        let mut next = *cursor;
        if !next.eat(".") || !next.peek().is_some_and(|c| c.is_ascii_uppercase()) {
            break;
        }
        *cursor = next;
        length = length.saturating_add(1);
    }
    let name = start.rest().get(..length).unwrap_or_default();
    if name == "Elixir" || name.starts_with("Elixir.") {
        named(start, name.to_owned())
    } else {
        named(start, format!("Elixir.{name}"))
    }
}

fn part<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    cursor.take_while(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `nil`, `true`, `false`
pub(super) fn word(cursor: &mut Cursor<'_>) -> Result<Atom, LiteralError> {
    let start = *cursor;
    match identifier(cursor) {
        Some("nil") => Ok(Atom::NIL),
        Some("true") => Ok(Atom::TRUE),
        Some("false") => Ok(Atom::FALSE),
        Some(_) => Err(start.expected("a term (an atom is `:name`, a string `\"text\"`)")),
        None => Err(start.expected("a term")),
    }
}

/// `name: `, `"quoted name": `, `==: ` where one stands here, with the space behind it.
pub(super) fn key(cursor: &mut Cursor<'_>) -> Result<Option<Atom>, LiteralError> {
    let mut end = *cursor;
    // `%:name{}` is a struct.
    let mut may_be_other = false;
    let name = if end.peek() == Some('"') {
        text::quoted(&mut end, '"')?
    } else if let Some(name) = identifier(&mut end) {
        name.as_bytes().to_vec()
    } else if let Some(name) = operator(&mut end) {
        may_be_other = true;
        name.as_bytes().to_vec()
    } else {
        return Ok(None);
    };
    if !end.eat(":") || end.peek() == Some(':') {
        return Ok(None);
    }
    if !end.peek().is_some_and(is_space) {
        if may_be_other {
            return Ok(None);
        }
        return Err(end.expected("a space after the `:` of a key"));
    }
    let Ok(name) = String::from_utf8(name) else {
        return Err(cursor.problem("a key that is not UTF-8"));
    };
    let name = named(*cursor, name)?;
    *cursor = end;
    Ok(Some(name))
}

/// A name that is known to be one.
pub(super) fn fixed(name: &'static str) -> Atom {
    Atom::new(name).unwrap_or(Atom::NIL)
}

fn named(start: Cursor<'_>, name: String) -> Result<Atom, LiteralError> {
    Atom::new(name).map_err(|_| start.problem("an atom of more than 255 characters"))
}

fn identifier<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    let rest = cursor.rest();
    if !rest.starts_with(|first: char| first == '_' || first.is_alphabetic()) {
        return None;
    }
    let name = cursor.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '@'));
    let mark = cursor.eat("?") || cursor.eat("!");
    rest.get(..name.len().saturating_add(usize::from(mark)))
}

fn operator(cursor: &mut Cursor<'_>) -> Option<&'static str> {
    OPERATORS.into_iter().find(|operator| cursor.eat(operator))
}
