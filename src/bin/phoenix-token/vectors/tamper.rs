//! Every token that differs from a genuine one in a single character.

/// Characters to put in the place of another: of the alphabet, of the other base64 alphabet, the
/// separator, padding, and what belongs to none of them.
const REPLACEMENTS: [char; 10] = ['A', 'B', 'z', '7', '-', '_', '+', '.', '=', ' '];

/// For each position of `token` the tokens with `each` other characters there, one after the other;
/// a different choice of them from one position to the next.
pub(crate) fn each_position(token: &str, each: usize) -> impl Iterator<Item = String> + '_ {
    token.char_indices().flat_map(move |(at, genuine)| {
        // The neighbour in the alphabet changes the fewest bits.
        let neighbour = u8::try_from(genuine).map_or('A', |genuine| char::from(genuine ^ 1));
        let others = REPLACEMENTS.into_iter().cycle().skip(at.wrapping_mul(3) % 10);
        let (before, rest) = token.split_at(at);
        let after = rest.get(genuine.len_utf8()..).unwrap_or_default();
        std::iter::once(neighbour)
            .chain(others.take(REPLACEMENTS.len()))
            .filter(move |other| *other != genuine)
            .take(each)
            .map(move |other| format!("{before}{other}{after}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_character_gives_way_to_its_neighbour_and_to_others_than_the_last() {
        let tampered: Vec<_> = each_position("AB", 3).collect();
        assert_eq!(tampered, ["@B", "BB", "zB", "AC", "A7", "A-"]);
    }
}
