//! Finding the ends of strings and of containers, many bytes at a time.
//!
//! Both scans look at 64 (strings: 16) bytes as bit masks, one bit a byte. On x86-64 the masks come from SSE2, which every
//! such machine has; elsewhere from a loop that compilers vectorise. The tests hold both against a byte-by-byte scan.
//! Containers are skipped by counting brackets outside of strings; that the kinds of brackets match inside of what is
//! skipped is not checked. Bytes that no JSON has are found in both: control bytes but white space, anywhere (JSON forbids
//! line ends and tabs in strings too, but there are tools that write them), and bytes above 127 and backslashes outside of
//! strings.

use super::event::Stop;

const BAD_IN_STRING: &str = "a control byte cannot stand in a string";
const BAD_IN_CONTAINER: &str = "a byte that cannot stand in JSON";

/// Bytes looked at together when a container is skipped.
const BLOCK: usize = 64;

/// Where a string that starts at `start` (after its quote) ends: the index of its closing quote and whether it has escapes.
#[inline]
pub(super) fn string_end(data: &[u8], start: usize) -> Result<(usize, bool), Stop> {
    let mut at = start;
    let mut escaped = false;
    loop {
        let Some(block) = data.get(at..).and_then(|rest| rest.first_chunk::<16>()) else {
            return string_end_bytewise(data, at, escaped);
        };
        let hits = string_mask(block);
        if hits == 0 {
            at += 16;
            continue;
        }
        at += hits.trailing_zeros() as usize;
        match data[at] {
            b'"' => return Ok((at, escaped)),
            b'\\' => {
                escaped = true;
                at += 2;
            }
            _ => return Err(Stop::Bad(at, BAD_IN_STRING)),
        }
    }
}

fn string_end_bytewise(data: &[u8], mut at: usize, mut escaped: bool) -> Result<(usize, bool), Stop> {
    loop {
        match *data.get(at).ok_or(Stop::More)? {
            b'"' => return Ok((at, escaped)),
            b'\\' => {
                escaped = true;
                at += 2;
            }
            byte if is_control(byte) => return Err(Stop::Bad(at, BAD_IN_STRING)),
            _ => at += 1,
        }
    }
}

/// A control byte that is no white space.
fn is_control(byte: u8) -> bool {
    byte < b' ' && !(9..=13).contains(&byte)
}

/// Skips one object or array, in as many pieces as its bytes come in.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Skipper {
    /// Brackets that are open.
    depth: u64,
    /// All ones inside of a string.
    in_string: u64,
    /// 1 where the next byte is escaped.
    escape: u64,
}

impl Skipper {
    /// Reads on in `data`, the first time at the opening bracket. The index after the bracket that closes it;
    /// [`Stop::More`] where that is not in `data` (which is then read whole).
    #[inline]
    pub(super) fn skip(&mut self, data: &[u8]) -> Result<usize, Stop> {
        let mut blocks = data.chunks_exact(BLOCK);
        let mut base = 0;
        for block in &mut blocks {
            let block = block.first_chunk().expect("chunks_exact gives whole blocks");
            match self.skip_block(&Masks::of(block)) {
                Err(Stop::More) => base += BLOCK,
                found => return shifted(found, base),
            }
        }
        let rest = blocks.remainder();
        let mut block = [b' '; BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        let before = *self;
        let found = self.skip_block(&Masks::of(&block));
        // A backslash at the very end escapes the next piece's first byte, not the filling.
        if found.is_err() && !rest.is_empty() {
            self.escape = u64::from(before.escaped_at_end(rest));
        } else if rest.is_empty() {
            *self = before;
        }
        shifted(found, base)
    }

    fn escaped_at_end(&self, rest: &[u8]) -> bool {
        let run = rest.iter().rev().take_while(|&&byte| byte == b'\\').count();
        (run + usize::from(run == rest.len() && self.escape == 1)) % 2 == 1
    }

    #[inline(always)]
    fn skip_block(&mut self, masks: &Masks) -> Result<usize, Stop> {
        let escaped = self.escaped(masks.backslash);
        let quotes = masks.quote & !escaped;
        let in_string = prefix_xor(quotes) ^ self.in_string;
        self.in_string = ((in_string as i64) >> 63) as u64;
        let bad = masks.control | (masks.high | masks.backslash) & !in_string;
        let open = masks.open & !in_string;
        let mut close = masks.close & !in_string;
        let closes = u64::from(close.count_ones());
        if closes >= self.depth {
            let mut seen = 0;
            while close != 0 {
                let bit = close.trailing_zeros();
                let opened = u64::from((open & ((1u64 << bit) - 1)).count_ones());
                seen += 1;
                if self.depth + opened == seen {
                    return if bad & ((1u64 << bit) - 1) == 0 { Ok(bit as usize + 1) } else { Err(first_bad(bad)) };
                }
                close &= close - 1;
            }
        }
        if bad != 0 {
            return Err(first_bad(bad));
        }
        self.depth = self.depth + u64::from(open.count_ones()) - closes;
        Err(Stop::More)
    }

    /// The bytes that a backslash before them escapes.
    #[inline(always)]
    fn escaped(&mut self, backslash: u64) -> u64 {
        if backslash == 0 {
            return std::mem::take(&mut self.escape);
        }
        // Every backslash that is not itself escaped escapes the byte after it. Runs start at odd or even positions;
        // adding the start of an odd run carries through it and tells the parity of its length.
        const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
        let potential = backslash & !self.escape;
        let maybe_escaped = potential << 1;
        let even_series_codes_and_odd = maybe_escaped | ODD;
        let even_series = even_series_codes_and_odd.wrapping_sub(potential);
        let escape_and_terminal = even_series ^ ODD;
        let escaped = escape_and_terminal ^ (backslash | self.escape);
        let escape = escape_and_terminal & backslash;
        self.escape = escape >> 63;
        escaped
    }
}

#[cold]
fn first_bad(bad: u64) -> Stop {
    Stop::Bad(bad.trailing_zeros() as usize, BAD_IN_CONTAINER)
}

/// What was found in a part of the data that starts at `base`.
#[inline(always)]
fn shifted(found: Result<usize, Stop>, base: usize) -> Result<usize, Stop> {
    match found {
        Ok(end) => Ok(base + end),
        Err(Stop::Bad(at, what)) => Err(Stop::Bad(base + at, what)),
        Err(Stop::More) => Err(Stop::More),
    }
}

/// Where in 64 bytes the bytes stand that matter.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Masks {
    quote: u64,
    backslash: u64,
    open: u64,
    close: u64,
    /// Control bytes that are no white space.
    control: u64,
    /// Bytes above 127.
    high: u64,
}

/// Bit `i` is the parity of the bits up to and including `i`.
#[inline(always)]
fn prefix_xor(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^= bits << 32;
    bits
}

#[cfg(target_arch = "x86_64")]
mod masks {
    use std::arch::x86_64::{
        __m128i, _mm_andnot_si128, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
        _mm_sub_epi8,
    };

    use super::{BLOCK, Masks};

    #[inline(always)]
    fn vector(bytes: &[u8; 16]) -> __m128i {
        bytemuck::cast(*bytes)
    }

    #[inline(always)]
    fn equal(bytes: __m128i, byte: u8) -> __m128i {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8)) }
    }

    #[inline(always)]
    fn either(left: __m128i, right: __m128i) -> __m128i {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { _mm_or_si128(left, right) }
    }

    #[inline(always)]
    fn bits(mask: __m128i) -> u32 {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { _mm_movemask_epi8(mask) as u32 }
    }

    /// Bytes below 32 but for 9 to 13.
    #[inline(always)]
    fn control(bytes: __m128i) -> __m128i {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(31)), bytes);
            let from_tab = _mm_sub_epi8(bytes, _mm_set1_epi8(9));
            let space = _mm_cmpeq_epi8(_mm_min_epu8(from_tab, _mm_set1_epi8(4)), from_tab);
            _mm_andnot_si128(space, low)
        }
    }

    /// Quotes, backslashes and control bytes.
    #[inline(always)]
    pub(super) fn string_mask(bytes: &[u8; 16]) -> u32 {
        let bytes = vector(bytes);
        bits(either(either(equal(bytes, b'"'), equal(bytes, b'\\')), control(bytes)))
    }

    impl Masks {
        #[inline(always)]
        pub(super) fn of(block: &[u8; BLOCK]) -> Masks {
            let mut masks = Masks::default();
            let (parts, _) = block.as_chunks::<16>();
            for (part, bytes) in parts.iter().enumerate() {
                let bytes = vector(bytes);
                let at = |mask: __m128i| u64::from(bits(mask)) << (part * 16);
                masks.quote |= at(equal(bytes, b'"'));
                masks.backslash |= at(equal(bytes, b'\\'));
                // `[` and `{` differ in one bit, as do `]` and `}`.
                // SAFETY: SSE2 is part of x86-64.
                let folded = either(bytes, unsafe { _mm_set1_epi8(0x20) });
                masks.open |= at(equal(folded, b'{'));
                masks.close |= at(equal(folded, b'}'));
                masks.control |= at(control(bytes));
                masks.high |= at(bytes);
            }
            masks
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod masks {
    use super::{BLOCK, Masks, is_control};

    pub(super) fn string_mask(bytes: &[u8; 16]) -> u32 {
        super::mask_of(bytes, |byte| byte == b'"' || byte == b'\\' || is_control(byte)) as u32
    }

    impl Masks {
        pub(super) fn of(block: &[u8; BLOCK]) -> Masks {
            Masks::of_portable(block)
        }
    }
}

use masks::string_mask;

#[cfg(any(test, not(target_arch = "x86_64")))]
fn mask_of(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> u64 {
    bytes.iter().enumerate().fold(0, |mask, (bit, &byte)| mask | u64::from(wanted(byte)) << bit)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
impl Masks {
    fn of_portable(block: &[u8; BLOCK]) -> Masks {
        Masks {
            quote: mask_of(block, |byte| byte == b'"'),
            backslash: mask_of(block, |byte| byte == b'\\'),
            open: mask_of(block, |byte| byte | 0x20 == b'{'),
            close: mask_of(block, |byte| byte | 0x20 == b'}'),
            control: mask_of(block, is_control),
            high: mask_of(block, |byte| byte > 127),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small deterministic source of bytes that are mostly the ones that matter.
    fn bytes(seed: u64, len: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        (0..len)
            .map(|_| match (next() >> 33) % 200 {
                0 => 1,
                1 => 200,
                2..30 => b'\\',
                kind => b"\"{}[] a:,\n\"[]"[kind as usize % 13],
            })
            .collect()
    }

    fn container_end_bytewise(data: &[u8]) -> Result<usize, Stop> {
        let (mut depth, mut in_string, mut escaped) = (0u64, false, false);
        for (at, &byte) in data.iter().enumerate() {
            if byte == 1 || !in_string && (byte == 200 || byte == b'\\') {
                return Err(Stop::Bad(at, BAD_IN_CONTAINER));
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = !in_string,
                b'{' | b'[' if !in_string => depth += 1,
                b'}' | b']' if !in_string => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(at + 1);
                    }
                }
                _ => {}
            }
        }
        Err(Stop::More)
    }

    #[test]
    fn strings_end_where_a_bytewise_scan_says() {
        for seed in 0..2000 {
            let data = bytes(seed, (seed % 150) as usize);
            for start in 0..data.len() {
                assert_eq!(string_end(&data, start), string_end_bytewise(&data, start, false), "{seed} {start}");
            }
        }
    }

    #[test]
    fn containers_end_where_a_bytewise_scan_says_in_any_pieces() {
        for seed in 0..4000 {
            let mut data = bytes(seed, (seed % 300) as usize);
            data.splice(0..0, b"{{{".iter().copied().take(1 + (seed % 3) as usize));
            let expected = container_end_bytewise(&data);
            assert_eq!(Skipper::default().skip(&data), expected, "{seed}");
            for piece in [1, 7, 63, 64, 65] {
                let mut skipper = Skipper::default();
                let mut before = 0;
                let mut end = Err(Stop::More);
                for part in data.chunks(piece) {
                    end = shifted(skipper.skip(part), before);
                    before += part.len();
                    if end != Err(Stop::More) {
                        break;
                    }
                }
                assert_eq!(end, expected, "{seed} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn vector_and_portable_masks_are_equal() {
        for seed in 0..500 {
            let data = bytes(seed, BLOCK);
            let block = data.first_chunk().expect("64 bytes");
            assert_eq!(Masks::of(block), Masks::of_portable(block));
        }
    }
}
