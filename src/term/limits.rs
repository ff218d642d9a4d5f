//! How large and how deep a term may be.

/// Bounds on a term that is read. The defaults are far above what any token or cookie holds.
///
/// A [`Term`](crate::term::Term) takes at most 32 times the bytes it is read from, inflated ones
/// included, whatever they say: a length on the wire is believed only as far as bytes are left to
/// fill it, and the worst is a list of elements of one byte. While it is read it takes at most 64
/// times the bytes, where a list goes on in its tail and has to move, and beside that less than 200
/// bytes for each level that is open.
///
/// # Example
/// ```
/// use phoenix_token::term::{DecodeError, Limits, Term};
///
/// let limits = Limits::new().depth(1);
/// let nested = Term::tuple([Term::tuple([])]).encode()?;
/// assert_eq!(Term::decode_with(&nested, limits), Err(DecodeError::Limit));
/// # Ok::<(), phoenix_token::term::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(crate) size: usize,
    pub(crate) inflated: usize,
    pub(crate) depth: usize,
}

impl Limits {
    /// The deepest nesting that [`depth`](Limits::depth) can allow: 1 024. A
    /// [`Term`](crate::term::Term) of that depth is dropped by recursion, in 256 KiB of stack without
    /// optimisation, and written through serde by recursion as well, as a type of yours is (see
    /// [`depth`](Limits::depth)); nothing else that is done with it recurses, and
    /// [`sign_term`](crate::TokenKey::sign_term) and `encode` do without.
    pub const MAX_DEPTH: usize = 1024;

    /// The defaults: 4 MiB of encoded bytes, 4 MiB inflated, 256 levels.
    pub const fn new() -> Self {
        Self { size: 4 << 20, inflated: 4 << 20, depth: 256 }
    }

    /// At most so many bytes of encoded term, and of token text 4/3 of it and 1 KiB, for what is around it.
    #[must_use]
    pub const fn size(mut self, bytes: usize) -> Self {
        self.size = bytes;
        self
    }

    /// At most so many bytes after inflating a compressed term.
    #[must_use]
    pub const fn inflated(mut self, bytes: usize) -> Self {
        self.inflated = bytes;
        self
    }

    /// At most so many tuples, lists and maps inside one another; never more than
    /// [`MAX_DEPTH`](Limits::MAX_DEPTH).
    ///
    /// A type of yours that holds itself is filled by serde's recursion: at most 4 KiB of stack for
    /// each level in a debug build, 1 KiB in a release build. Allow no more levels than your threads
    /// have room for: the default needs at most 1 MiB, half of what a thread has unless told otherwise.
    #[must_use]
    pub const fn depth(mut self, levels: usize) -> Self {
        self.depth = if levels < Self::MAX_DEPTH { levels } else { Self::MAX_DEPTH };
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
