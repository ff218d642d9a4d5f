//! What a caller may hand in as a token.

use alloc::string::String;

/// A token as a request brings it, or the lack of one: `&str`, `&String` and `Option<&str>`, and what
/// iterating over a slice of `&str` or `Option<&str>` gives.
///
/// `None` is [`VerifyError::Missing`](crate::VerifyError::Missing), as `nil` is
/// `{:error, :missing}` in Elixir. An `Option<String>` is handed in with
/// [`as_deref`](Option::as_deref), an `Option<&String>` with `map(String::as_str)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no token as a request brings it",
    note = "hand in a `&str` or an `Option<&str>`: of an `Option<String>` `.as_deref()`, of an `Option<&String>` `.map(String::as_str)`"
)]
pub trait Presented<'t>: private::Sealed {
    /// The text, if there is one.
    fn presented(self) -> Option<&'t str>;
}

impl<'t> Presented<'t> for &'t str {
    fn presented(self) -> Option<&'t str> {
        Some(self)
    }
}

impl<'t> Presented<'t> for &'t String {
    fn presented(self) -> Option<&'t str> {
        Some(self)
    }
}

impl<'t> Presented<'t> for Option<&'t str> {
    fn presented(self) -> Option<&'t str> {
        self
    }
}

impl<'t> Presented<'t> for &&'t str {
    fn presented(self) -> Option<&'t str> {
        Some(self)
    }
}

impl<'t> Presented<'t> for &Option<&'t str> {
    fn presented(self) -> Option<&'t str> {
        *self
    }
}

mod private {
    use super::String;

    pub trait Sealed {}

    impl Sealed for &str {}
    impl Sealed for &String {}
    impl Sealed for Option<&str> {}
    impl Sealed for &&str {}
    impl Sealed for &Option<&str> {}
}
