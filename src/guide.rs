//! Guides: how a team comes from Phoenix, and what to look up on the way.
//!
//! They are here for the documentation alone and hold no code; what they show runs as tests.

#[doc = include_str!("guide/from_phoenix_token.md")]
pub mod from_phoenix_token {}

#[doc = include_str!("guide/beside_phoenix.md")]
pub mod beside_phoenix {}

#[doc = include_str!("guide/rotation.md")]
pub mod rotation {}

#[doc = include_str!("guide/sessions.md")]
pub mod sessions {}

#[doc = include_str!("guide/security.md")]
pub mod security {}

#[doc = include_str!("guide/phoenix_to_here.md")]
pub mod phoenix_to_here {}
