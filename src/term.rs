//! Terms of Erlang and Elixir, and their external format.

mod limits;
mod reader;
mod tag;
mod writer;

pub use crate::error::{DecodeError, EncodeError};
pub use limits::Limits;
