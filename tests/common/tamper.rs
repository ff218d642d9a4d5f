//! Every token that differs from a genuine one in a single character.

/// Characters to put in the place of another: of the alphabet, of the other base64 alphabet, the
/// separator, padding, and what belongs to none of them.
const REPLACEMENTS: [char; 10] = ['A', 'B', 'z', '7', '-', '_', '+', '.', '=', ' '];

/// For each position of `token` the tokens with `each` other characters there, one after the other;
/// a different choice of them from one position to the next.
pub fn each_position(token: &str, each: usize) -> impl Iterator<Item = String> + '_ {
    assert!(token.is_ascii() && each < REPLACEMENTS.len());
    token.char_indices().flat_map(move |(at, genuine)| {
        // The neighbour in the alphabet changes the fewest bits.
        let neighbour = char::from(genuine as u8 ^ 1);
        let others = (0..).map(move |step| REPLACEMENTS[(at * 3 + step) % REPLACEMENTS.len()]);
        std::iter::once(neighbour)
            .chain(others.take(REPLACEMENTS.len()))
            .filter(move |other| *other != genuine)
            .take(each)
            .map(move |other| format!("{}{other}{}", &token[..at], &token[at + 1..]))
    })
}
