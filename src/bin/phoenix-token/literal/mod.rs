//! Terms as Elixir spells them: what [`Term`]'s `Display` writes, and the literals of Elixir's own
//! reader beside it.
//!
//! A struct has the fields that are written and no defaults: its module is not known here. Pids,
//! references, interpolation and calls are no literals.
// A folder with `mod.rs`, so that the tests and the fuzz target can take it in by its path.

mod atom;
mod bits;
mod calendar;
mod cursor;
mod number;
mod text;

use phoenix_token::term::{Atom, Map, Term};

use self::cursor::Cursor;
pub(crate) use self::cursor::LiteralError;

/// Lists, tuples and maps inside one another: as many as a token may hold.
const MAX_DEPTH: usize = 256;

/// The term of a literal, with white space and comments around it.
pub(crate) fn parse(text: &str) -> Result<Term, LiteralError> {
    let mut parser = Parser { cursor: Cursor::new(text), depth: 0 };
    let term = parser.term()?;
    parser.cursor.skip_space();
    match parser.cursor.peek() {
        None => Ok(term),
        Some(_) => Err(parser.cursor.expected("nothing more after the term")),
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    depth: usize,
}

impl Parser<'_> {
    fn term(&mut self) -> Result<Term, LiteralError> {
        let cursor = &mut self.cursor;
        cursor.skip_space();
        match cursor.peek() {
            Some('[') => self.nested(Self::list),
            Some('{') => self.nested(Self::tuple),
            Some('%') => self.nested(Self::map),
            Some('<') => bits::bitstring(cursor),
            Some('"') => text::quoted(cursor, '"').map(Term::Binary),
            Some('\'') => text::charlist(cursor, '\''),
            Some('~') => sigil(cursor),
            Some(':') => atom::atom(cursor).map(Term::Atom),
            Some('?') => text::character(cursor),
            Some('0'..='9' | '-' | '+') => number::number(cursor),
            Some('A'..='Z') => atom::alias(cursor).map(Term::Atom),
            Some('#') => Err(cursor.problem("a pid, a reference or a function is no literal")),
            _ => atom::word(cursor).map(Term::Atom),
        }
    }

    /// One level deeper. This is the only recursion, and it ends at [`MAX_DEPTH`].
    fn nested(
        &mut self,
        container: impl FnOnce(&mut Self) -> Result<Term, LiteralError>,
    ) -> Result<Term, LiteralError> {
        if self.depth >= MAX_DEPTH {
            return Err(self.cursor.problem("nested deeper than 256 levels"));
        }
        self.depth = self.depth.saturating_add(1);
        let term = container(self)?;
        self.depth = self.depth.saturating_sub(1);
        Ok(term)
    }

    /// `[1, 2]`, `[1 | 2]`, `[1, a: 2]`
    fn list(&mut self) -> Result<Term, LiteralError> {
        self.cursor.expect("[", "`[`")?;
        let mut elements = Vec::new();
        loop {
            self.cursor.skip_space();
            if self.cursor.eat("]") {
                return Ok(Term::list(elements));
            }
            if let Some(key) = atom::key(&mut self.cursor)? {
                let pairs = self.keywords(key, "]")?;
                elements.extend(pairs.into_iter().map(|(key, value)| Term::tuple([key, value])));
                return Ok(Term::list(elements));
            }
            elements.push(self.term()?);
            self.cursor.skip_space();
            if self.cursor.eat("|") {
                let tail = self.term()?;
                self.cursor.skip_space();
                self.cursor.expect("]", "`]`")?;
                return Ok(Term::list_with_tail(elements, tail));
            }
            if !self.cursor.eat(",") {
                self.cursor.expect("]", "`,`, `|` or `]`")?;
                return Ok(Term::list(elements));
            }
        }
    }

    /// `{1, 2}`
    fn tuple(&mut self) -> Result<Term, LiteralError> {
        self.cursor.expect("{", "`{`")?;
        let mut elements = Vec::new();
        loop {
            self.cursor.skip_space();
            if self.cursor.eat("}") {
                return Ok(Term::tuple(elements));
            }
            let here = self.cursor;
            if atom::key(&mut self.cursor)?.is_some() {
                return Err(here.problem("a key in a tuple; a map is written `%{key: value}`"));
            }
            elements.push(self.term()?);
            self.cursor.skip_space();
            if !self.cursor.eat(",") {
                self.cursor.expect("}", "`,` or `}`")?;
                return Ok(Term::tuple(elements));
            }
        }
    }

    /// `%{a: 1}`, `%{"a" => 1}`, `%Module{a: 1}`
    fn map(&mut self) -> Result<Term, LiteralError> {
        let start = self.cursor;
        self.cursor.expect("%", "`%`")?;
        let mut pairs = Vec::new();
        if let Some(module) = self.module()? {
            pairs.push((Term::from(atom::fixed("__struct__")), Term::Atom(module)));
        }
        self.cursor.expect("{", "`{` or the name of a module")?;
        loop {
            self.cursor.skip_space();
            if self.cursor.eat("}") {
                break;
            }
            if let Some(key) = atom::key(&mut self.cursor)? {
                pairs.extend(self.keywords(key, "}")?);
                break;
            }
            let key = self.term()?;
            self.cursor.skip_space();
            self.cursor.expect("=>", "`=>`")?;
            pairs.push((key, self.term()?));
            self.cursor.skip_space();
            if !self.cursor.eat(",") {
                self.cursor.expect("}", "`,` or `}`")?;
                break;
            }
        }
        let written = pairs.len();
        let map: Map = pairs.into_iter().collect();
        if map.len() < written {
            return Err(start.problem("a key that stands in this map twice"));
        }
        Ok(Term::Map(map))
    }

    fn module(&mut self) -> Result<Option<Atom>, LiteralError> {
        match self.cursor.peek() {
            Some('A'..='Z') => atom::alias(&mut self.cursor).map(Some),
            Some(':') => atom::atom(&mut self.cursor).map(Some),
            _ => Ok(None),
        }
    }

    /// What follows the first key, up to the end of the list or map: keywords come last.
    fn keywords(
        &mut self,
        first: Atom,
        close: &'static str,
    ) -> Result<Vec<(Term, Term)>, LiteralError> {
        let mut pairs = Vec::new();
        let mut key = first;
        loop {
            pairs.push((Term::Atom(key), self.term()?));
            self.cursor.skip_space();
            if !self.cursor.eat(",") {
                let expected = if close == "]" { "`,` or `]`" } else { "`,` or `}`" };
                self.cursor.expect(close, expected)?;
                return Ok(pairs);
            }
            self.cursor.skip_space();
            if self.cursor.eat(close) {
                return Ok(pairs);
            }
            key = match atom::key(&mut self.cursor)? {
                Some(key) => key,
                None => return Err(self.cursor.expected("a key such as `name:`")),
            };
        }
    }
}

/// `~c"text"`, `~D[2020-01-02]` and its like.
fn sigil(cursor: &mut Cursor<'_>) -> Result<Term, LiteralError> {
    for quote in ['"', '\''] {
        let mut start = *cursor;
        if start.eat("~c") && start.peek() == Some(quote) {
            *cursor = start;
            return text::charlist(cursor, quote);
        }
    }
    calendar::sigil(cursor)
}
