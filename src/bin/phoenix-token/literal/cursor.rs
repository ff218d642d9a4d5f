//! Where the reader stands in the text, and what it says of what it finds there.

use std::fmt;

#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// Why a text is no literal, and where: line and column count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LiteralError {
    line: usize,
    column: usize,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Problem {
    Expected { expected: &'static str, found: Option<char> },
    Other(&'static str),
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.skip(next.len_utf8());
        Some(next)
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    /// Goes over `what`, if it stands here.
    pub(super) fn eat(&mut self, what: &str) -> bool {
        let stands = self.rest().starts_with(what);
        if stands {
            self.skip(what.len());
        }
        stands
    }

    pub(super) fn expect(
        &mut self,
        what: &str,
        expected: &'static str,
    ) -> Result<(), LiteralError> {
        if self.eat(what) { Ok(()) } else { Err(self.expected(expected)) }
    }

    pub(super) fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.skip(length);
        rest.get(..length).unwrap_or_default()
    }

    /// White space, and comments up to the end of their line.
    pub(super) fn skip_space(&mut self) {
        loop {
            self.take_while(is_space);
            let rest = self.rest();
            // What `inspect` prints of a pid begins as a comment does.
            if !rest.starts_with('#') || is_opaque(rest) {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    pub(super) fn expected(&self, expected: &'static str) -> LiteralError {
        self.error(Problem::Expected { expected, found: self.peek() })
    }

    pub(super) fn problem(&self, problem: &'static str) -> LiteralError {
        self.error(Problem::Other(problem))
    }

    fn error(&self, problem: Problem) -> LiteralError {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        LiteralError {
            line: before.matches('\n').count().saturating_add(1),
            column: column.saturating_add(1),
            problem,
        }
    }
}

pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

fn is_opaque(text: &str) -> bool {
    ["#PID<", "#Reference<", "#Port<", "#Function<"].iter().any(|start| text.starts_with(start))
}

impl fmt::Display for LiteralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        match &self.problem {
            Problem::Expected { expected, found: Some(found) } => {
                write!(f, "expected {expected}, found {found:?}")
            }
            Problem::Expected { expected, found: None } => {
                write!(f, "expected {expected}, found the end")
            }
            Problem::Other(problem) => f.write_str(problem),
        }
    }
}
