//! Strings, charlists and atoms as Elixir spells them.

use core::fmt::{self, Write};

use crate::term::Term;

/// `"text"` where all is printable, else `<<1, 2>>`.
pub(super) fn binary(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Ok(text) = core::str::from_utf8(bytes)
        && text.chars().all(is_printable)
    {
        return quoted(text.chars(), f);
    }
    f.write_str("<<")?;
    for (index, byte) in bytes.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        write!(f, "{byte}")?;
    }
    f.write_str(">>")
}

/// `~c"text"` where there is an element and all of them are printable ASCII; says whether it was.
pub(super) fn charlist(elements: &[Term], f: &mut fmt::Formatter<'_>) -> Result<bool, fmt::Error> {
    let character = |term: &Term| {
        let byte = u8::try_from(term.as_i64()?).ok()?;
        (matches!(byte, b' '..=b'~') || matches!(byte, 7..=13 | 27)).then_some(char::from(byte))
    };
    if elements.is_empty() || !elements.iter().all(|term| character(term).is_some()) {
        return Ok(false);
    }
    f.write_str("~c")?;
    quoted(elements.iter().filter_map(character), f)?;
    Ok(true)
}

/// `:name`
pub(super) fn atom(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match name {
        "nil" | "true" | "false" => f.write_str(name),
        "Elixir" => f.write_str(name),
        _ if is_alias(name) => {
            let short = name.strip_prefix("Elixir.").unwrap_or(name);
            let keeps = short == "Elixir" || short.starts_with("Elixir.");
            f.write_str(if keeps { name } else { short })
        }
        _ => {
            f.write_char(':')?;
            bare_or_quoted(name, f)
        }
    }
}

/// `name: `
pub(super) fn key(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if name == "Elixir" {
        f.write_str("\"Elixir\"")?;
    } else {
        bare_or_quoted(name, f)?;
    }
    f.write_str(": ")
}

fn bare_or_quoted(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if is_identifier(name) || OPERATORS.contains(&name) {
        f.write_str(name)
    } else {
        quoted(name.chars(), f)
    }
}

/// Atoms that stand unquoted though they are no identifiers.
const OPERATORS: [&str; 48] = [
    "!", "!=", "!==", "%", "%{}", "&", "&&", "&&&", "*", "**", "+", "++", "+++", "-", "--", "---",
    "->", ".", "..", "...", "..//", "/", "<", "<-", "<<<", "<<>>", "<<~", "<=", "<>", "<~", "<~>",
    "=", "==", "===", "=~", ">", ">=", ">>>", "@", "\\\\", "^", "{}", "|", "|>", "||", "|||", "~>",
    "~>>",
];

/// Elixir reads identifiers by Unicode Annex 31, normal forms and scripts included; here letters,
/// digits and nothing else of Unicode beyond ASCII stand unquoted.
fn is_identifier(name: &str) -> bool {
    let name = name.strip_suffix(['?', '!']).unwrap_or(name);
    name.starts_with(|first: char| first == '_' || first.is_alphabetic())
        && name
            .chars()
            .all(|character| character.is_alphanumeric() || matches!(character, '_' | '@'))
}

/// `Elixir.` and names that begin with a capital letter, all ASCII.
fn is_alias(name: &str) -> bool {
    name.strip_prefix("Elixir.").is_some_and(|rest| {
        rest.split('.').all(|part| {
            part.starts_with(|first: char| first.is_ascii_uppercase())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
    })
}

fn quoted(characters: impl Iterator<Item = char>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    let mut characters = characters.peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' | '\\' => write!(f, "\\{character}")?,
            '#' if characters.peek() == Some(&'{') => f.write_str("\\#")?,
            '\0' => f.write_str("\\0")?,
            '\x07' => f.write_str("\\a")?,
            '\x08' => f.write_str("\\b")?,
            '\t' => f.write_str("\\t")?,
            '\n' => f.write_str("\\n")?,
            '\x0b' => f.write_str("\\v")?,
            '\x0c' => f.write_str("\\f")?,
            '\r' => f.write_str("\\r")?,
            '\x1b' => f.write_str("\\e")?,
            '\x7f' => f.write_str("\\d")?,
            '\0'..' ' => write!(f, "\\x{:02X}", u32::from(character))?,
            _ if is_confusing(character) || !is_printable(character) => {
                write!(f, "\\u{:04X}", u32::from(character))?;
            }
            _ => f.write_char(character)?,
        }
    }
    f.write_char('"')
}

/// `String.printable?/1`
fn is_printable(character: char) -> bool {
    matches!(character,
        '\x07'..='\r' | '\x1b' | ' '..='\x7f'
        | '\u{a0}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

/// Printable, but not seen: spaces, marks of direction and the like.
fn is_confusing(character: char) -> bool {
    matches!(character,
        '\u{a0}' | '\u{34f}' | '\u{61c}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{205f}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}')
}
