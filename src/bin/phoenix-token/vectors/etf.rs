//! A second, small reading of the external term format, to hold against the crate's own: where a
//! term ends, how deep it is, and what two releases of OTP write differently for the same term.

/// One tag with what belongs to it.
struct Piece {
    /// As OTP 26 and later write it: an atom of Latin-1 has become one of UTF-8.
    bytes: Vec<u8>,
    /// Terms that follow and belong to it.
    children: usize,
    is_map: bool,
}

/// The number of bytes that the first term of `etf` takes, version byte included; `None` where it is
/// cut short, compressed, or has a tag that `term_to_binary` of OTP 25 and later never writes.
pub(crate) fn length(etf: &[u8]) -> Option<usize> {
    walk(etf).map(|(length, _)| length)
}

/// Whether the first term has a tag that means something only inside one node: an atom by its index
/// (73, 75) or by the cache of a connection (82).
pub(crate) fn is_node_internal(etf: &[u8]) -> bool {
    any_piece(etf, |start| {
        // The atom itself, or the one in a pid or reference.
        let atom = match start.first() {
            Some(88 | 101 | 103) => start.get(1),
            Some(90 | 114) => start.get(3),
            other => other,
        };
        matches!(atom, Some(73 | 75 | 82))
    })
}

/// Whether the first term has a reference of no words. OTP takes the 4 bytes after it for a word all
/// the same, and writes it back without them, so that it cannot read what it wrote.
pub(crate) fn has_reference_of_no_words(etf: &[u8]) -> bool {
    any_piece(etf, |start| matches!(start, [90 | 114, 0, 0, ..]))
}

/// Whether the first term has a bitstring of no bytes, whose last one has no bits: OTP 25 takes it
/// for an empty binary, OTP 26 and later refuse it.
pub(crate) fn has_bitstring_of_no_bytes(etf: &[u8]) -> bool {
    any_piece(etf, |start| start.starts_with(&[77, 0, 0, 0, 0, 0]))
}

/// Whether the first term has a float of the old format without a NUL in its 31 bytes: OTP reads on
/// into whatever follows.
pub(crate) fn has_float_without_end(etf: &[u8]) -> bool {
    any_piece(etf, |start| {
        start.first() == Some(&99) && start.get(1..32).is_some_and(|text| !text.contains(&0))
    })
}

/// Whether it holds of what follows the start of any term inside the first term, as far as that can
/// be read.
fn any_piece(etf: &[u8], holds: impl Fn(&[u8]) -> bool) -> bool {
    let mut rest = etf.strip_prefix(&[131]).unwrap_or_default();
    let mut left = 1_usize;
    while left > 0 {
        if holds(rest) {
            return true;
        }
        let Some(piece) = piece(&mut rest) else { return false };
        left = left.saturating_add(piece.children).saturating_sub(1);
    }
    false
}

/// How many tuples, lists and maps stand inside one another at the deepest.
pub(crate) fn depth(etf: &[u8]) -> Option<usize> {
    walk(etf).map(|(_, depth)| depth)
}

/// Two encodings of one term, as far as they are no more different than the table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Likeness {
    /// The same bytes.
    Bytes,
    /// The same but for the tags of atoms: OTP up to 25 writes 100, later ones 119 or 118.
    AtomTags,
    /// The same but for the tags of atoms and the order of pairs in maps: OTP 26 and later order
    /// atom keys by an index of the node, and no OTP orders maps of more than 32 keys.
    PairOrder,
}

/// How alike two encodings are; `None` where they differ in more than the above.
pub(crate) fn likeness(left: &[u8], right: &[u8]) -> Option<Likeness> {
    let same =
        |sorted| rewrite(left, sorted).is_some_and(|left| Some(left) == rewrite(right, sorted));
    if left == right {
        Some(Likeness::Bytes)
    } else if same(false) {
        Some(Likeness::AtomTags)
    } else {
        same(true).then_some(Likeness::PairOrder)
    }
}

/// Length and depth. Goes through the bytes with a list of open containers, so that depth costs heap
/// and no stack.
fn walk(etf: &[u8]) -> Option<(usize, usize)> {
    let mut rest = etf.strip_prefix(&[131])?;
    let mut open: Vec<usize> = Vec::new();
    let mut deepest = 0;
    loop {
        let piece = piece(&mut rest)?;
        if piece.children > 0 {
            open.push(piece.children);
            deepest = deepest.max(open.len());
            continue;
        }
        // An empty container still is one.
        let empty = matches!(piece.bytes.first(), Some(104 | 105 | 116));
        deepest = deepest.max(open.len().saturating_add(usize::from(empty)));
        while let Some(left) = open.last_mut() {
            *left = left.saturating_sub(1);
            if *left > 0 {
                break;
            }
            open.pop();
        }
        if open.is_empty() {
            return Some((etf.len().saturating_sub(rest.len()), deepest));
        }
    }
}

/// The bytes with atoms as OTP 26 writes them, and where asked for the pairs of maps in the order of
/// their bytes.
fn rewrite(etf: &[u8], sorted: bool) -> Option<Vec<u8>> {
    let mut rest = etf.strip_prefix(&[131])?;
    let term = rewrite_term(&mut rest, sorted)?;
    rest.is_empty().then_some(term)
}

fn rewrite_term(rest: &mut &[u8], sorted: bool) -> Option<Vec<u8>> {
    let piece = piece(rest)?;
    let mut out = piece.bytes;
    let mut children = (0..piece.children).map(|_| rewrite_term(rest, sorted));
    if piece.is_map && sorted {
        let children = children.collect::<Option<Vec<_>>>()?;
        let mut pairs: Vec<_> = children.chunks(2).map(<[_]>::concat).collect();
        pairs.sort();
        out.extend(pairs.concat());
    } else {
        children.try_for_each(|child| child.map(|child| out.extend(child)))?;
    }
    Some(out)
}

fn piece(rest: &mut &[u8]) -> Option<Piece> {
    let start = *rest;
    let tag = tag(rest)?;
    let node = |head, children| {
        let bytes = start.get(..head)?.to_vec();
        Some(Piece { bytes, children, is_map: false })
    };
    let mut fixed = |bytes: usize| {
        take(rest, bytes)?;
        node(start.len().saturating_sub(rest.len()), 0)
    };
    let counted = |width: usize| Some(number(start.get(1..=width)?).saturating_add(width));
    match tag {
        97 => fixed(1),
        98 => fixed(4),
        70 => fixed(8),
        99 => fixed(31),
        106 => fixed(0),
        // A sign after the length.
        110 => fixed(counted(1)?.saturating_add(1)),
        111 => fixed(counted(4)?.saturating_add(1)),
        107 => fixed(counted(2)?),
        109 => fixed(counted(4)?),
        77 => fixed(counted(4)?.saturating_add(1)),
        104 => node(2, number(take(rest, 1)?)),
        105 => node(5, number(take(rest, 4)?)),
        108 => node(5, number(take(rest, 4)?).saturating_add(1)),
        116 => {
            let children = number(take(rest, 4)?).saturating_mul(2);
            Some(Piece { is_map: true, ..node(5, children)? })
        }
        100 | 115 | 118 | 119 => {
            *rest = start;
            atom(rest).map(|bytes| Piece { bytes, children: 0, is_map: false })
        }
        // Pids and references: a node's name with fixed bytes before and after it.
        88 => named(rest, start.get(..1)?, 12),
        103 => named(rest, start.get(..1)?, 9),
        101 => named(rest, start.get(..1)?, 5),
        90 | 114 => {
            let words = number(take(rest, 2)?).saturating_mul(4);
            let creation = if tag == 90 { 4 } else { 1 };
            named(rest, start.get(..3)?, words.saturating_add(creation))
        }
        _ => None,
    }
}

fn named(rest: &mut &[u8], before: &[u8], after: usize) -> Option<Piece> {
    let node = atom(rest)?;
    let bytes = [before, &node, take(rest, after)?].concat();
    Some(Piece { bytes, children: 0, is_map: false })
}

fn atom(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let tag = tag(rest)?;
    let length = match tag {
        100 | 118 => number(take(rest, 2)?),
        115 | 119 => number(take(rest, 1)?),
        _ => return None,
    };
    let bytes = take(rest, length)?;
    let name = match tag {
        100 | 115 => bytes.iter().copied().map(char::from).collect::<String>().into_bytes(),
        _ => bytes.to_vec(),
    };
    let head = match u8::try_from(name.len()) {
        Ok(length) => vec![119, length],
        Err(_) => [&[118], &u16::try_from(name.len()).ok()?.to_be_bytes()[..]].concat(),
    };
    Some([head, name].concat())
}

fn tag(rest: &mut &[u8]) -> Option<u8> {
    take(rest, 1)?.first().copied()
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}
