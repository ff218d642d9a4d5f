//! Terms as Elixir's `inspect` prints them, on one line and without its limits.

mod calendar;
mod text;

use alloc::vec::Vec;
use core::fmt::{self, Write};

use super::{Atom, Bitstring, Map, Pid, Reference, Term};

impl fmt::Display for Term {
    /// As `inspect` of a current Elixir, with `limit: :infinity` and `width: :infinity`. It knows no
    /// modules, so every struct is printed as `%Module{field: value}`, but for `Date`, `Time`,
    /// `NaiveDateTime` and a `DateTime` in UTC, which are printed as sigils. Integers beyond 8 192
    /// bits are hexadecimal.
    ///
    /// # Example
    /// ```
    /// use phoenix_token::term::Term;
    ///
    /// let user = Term::map([(Term::atom("id")?, 42.into()), (Term::atom("name")?, "Ada".into())]);
    /// assert_eq!(user.to_string(), r#"%{id: 42, name: "Ada"}"#);
    /// assert_eq!(Term::charlist("abc").to_string(), r#"~c"abc""#);
    /// # Ok::<(), phoenix_token::term::EncodeError>(())
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut stack = Vec::new();
        stack.extend(open(self, f)?);
        while let Some(frame) = stack.last_mut() {
            match frame.next(f)? {
                Some(term) => stack.extend(open(term, f)?),
                None => {
                    stack.pop();
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Term {
    /// The same as `Display`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A container that is being printed: the terms still to come, and what stands before the next.
struct Frame<'a> {
    rest: Rest<'a>,
    separator: &'static str,
    close: char,
}

enum Rest<'a> {
    Terms(&'a [Term]),
    /// The last is the tail.
    Improper(&'a [Term]),
    /// `[key: value]`
    Keywords(&'a [Term]),
    /// `%{key: value}`; the key of a struct's name is left out.
    Fields {
        pairs: &'a [(Term, Term)],
        is_struct: bool,
    },
    /// `%{key => value}`
    Pairs {
        pairs: &'a [(Term, Term)],
        value: Option<&'a Term>,
    },
}

/// Prints all of a scalar, and the beginning of a container.
fn open<'a>(term: &'a Term, f: &mut fmt::Formatter<'_>) -> Result<Option<Frame<'a>>, fmt::Error> {
    let (opening, rest, close) = match term {
        Term::Atom(atom) => return text::atom(atom.as_str(), f).map(|()| None),
        Term::Integer(integer) => return write!(f, "{integer}").map(|()| None),
        Term::Float(float) => return write!(f, "{float}").map(|()| None),
        Term::Binary(bytes) => return text::binary(bytes, f).map(|()| None),
        Term::Bitstring(bits) => return write!(f, "{bits}").map(|()| None),
        Term::Pid(pid) => return write!(f, "{pid}").map(|()| None),
        Term::Reference(reference) => return write!(f, "{reference}").map(|()| None),
        Term::List(elements) => {
            if text::charlist(elements, f)? {
                return Ok(None);
            }
            let rest =
                if !elements.is_empty() && elements.iter().all(|term| keyword(term).is_some()) {
                    Rest::Keywords(elements)
                } else {
                    Rest::Terms(elements)
                };
            ("[", rest, ']')
        }
        Term::ImproperList(list) => ("[", Rest::Improper(list.as_slice()), ']'),
        Term::Tuple(elements) => ("{", Rest::Terms(elements), '}'),
        Term::Map(map) => {
            if calendar::sigil(map, f)? {
                return Ok(None);
            }
            let pairs = map.as_slice();
            let rest = if pairs.iter().all(|(key, _)| name(key).is_some()) {
                let module = module(map);
                if let Some(module) = module {
                    f.write_char('%')?;
                    text::atom(module.as_str(), f)?;
                    f.write_char('{')?;
                } else {
                    f.write_str("%{")?;
                }
                Rest::Fields { pairs, is_struct: module.is_some() }
            } else {
                f.write_str("%{")?;
                Rest::Pairs { pairs, value: None }
            };
            ("", rest, '}')
        }
    };
    f.write_str(opening)?;
    Ok(Some(Frame { rest, separator: "", close }))
}

impl<'a> Frame<'a> {
    /// Prints what stands before the next term and gives that, or prints the end.
    fn next(&mut self, f: &mut fmt::Formatter<'_>) -> Result<Option<&'a Term>, fmt::Error> {
        let separator = core::mem::replace(&mut self.separator, ", ");
        match &mut self.rest {
            Rest::Terms([first, rest @ ..]) => {
                self.rest = Rest::Terms(rest);
                f.write_str(separator)?;
                return Ok(Some(first));
            }
            Rest::Improper([first, rest @ ..]) => {
                f.write_str(if rest.is_empty() { " | " } else { separator })?;
                self.rest = Rest::Improper(rest);
                return Ok(Some(first));
            }
            Rest::Keywords([first, rest @ ..]) => {
                self.rest = Rest::Keywords(rest);
                if let Some((key, value)) = keyword(first) {
                    f.write_str(separator)?;
                    text::key(key, f)?;
                    return Ok(Some(value));
                }
            }
            Rest::Fields { pairs: [(key, value), rest @ ..], is_struct } => {
                let is_struct = *is_struct;
                self.rest = Rest::Fields { pairs: rest, is_struct };
                let key = name(key).unwrap_or_default();
                if is_struct && key == STRUCT {
                    self.separator = separator;
                    return self.next(f);
                }
                f.write_str(separator)?;
                text::key(key, f)?;
                return Ok(Some(value));
            }
            Rest::Pairs { value: value @ Some(_), .. } => {
                f.write_str(" => ")?;
                return Ok(value.take());
            }
            Rest::Pairs { pairs: [(key, value), rest @ ..], .. } => {
                self.rest = Rest::Pairs { pairs: rest, value: Some(value) };
                f.write_str(separator)?;
                return Ok(Some(key));
            }
            _ => {}
        }
        f.write_char(self.close)?;
        Ok(None)
    }
}

const STRUCT: &str = "__struct__";

/// The module of a struct.
fn module(map: &Map) -> Option<&Atom> {
    map.get_atom(STRUCT)?
        .as_atom()
        .filter(|module| !["nil", "true", "false"].contains(&module.as_str()))
}

/// The key and the value of an element of a keyword list.
fn keyword(term: &Term) -> Option<(&str, &Term)> {
    match term {
        Term::Tuple(elements) => match elements.as_slice() {
            [key, value] => Some((name(key)?, value)),
            _ => None,
        },
        _ => None,
    }
}

/// The name of an atom that may stand before a colon; the name of a module may not.
fn name(key: &Term) -> Option<&str> {
    key.as_atom().map(Atom::as_str).filter(|name| !name.starts_with("Elixir."))
}

impl fmt::Display for Atom {
    /// As `inspect` prints it: `:name`, `:"quoted name"`, `Module.Name`, `nil`.
    /// [`as_str`](Atom::as_str) is the bare name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::atom(self.as_str(), f)
    }
}

impl fmt::Display for Bitstring {
    /// `<<1, 2, 3::size(4)>>`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<<")?;
        let Some((last, bytes)) = self.bytes().split_last() else { return Ok(()) };
        for byte in bytes {
            write!(f, "{byte}, ")?;
        }
        let last = last >> 8_u8.saturating_sub(self.last_bits());
        write!(f, "{last}::size({})>>", self.last_bits())
    }
}

impl fmt::Display for Pid {
    /// `#PID<0.id.serial>`; the first number, which Erlang gives to the node, is always 0 here.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#PID<0.{}.{}>", self.id(), self.serial())
    }
}

impl fmt::Display for Reference {
    /// `#Reference<0.c.b.a>`; the first number, which Erlang gives to the node, is always 0 here.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("#Reference<0")?;
        for id in self.ids().iter().rev() {
            write!(f, ".{id}")?;
        }
        f.write_char('>')
    }
}
