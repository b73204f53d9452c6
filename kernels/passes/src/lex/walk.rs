//! The block walk: 64 bytes at a time, from class masks to token starts and kinds.
//!
//! White space, names and punctuation need no state: their starts are edges in the class masks. What can hide or join them
//! (strings, comments, lifetimes, floats, prefixes, characters beyond ASCII) shows itself by a sparse *event* bit; events
//! are walked in order. Frequent ones have a path of their own, the others are handed to the sequential lexer from the
//! start of the token they stand in, so that exactness never rests on rarity, only speed does.

use super::one::{lex_one, line_comment_kind};
use super::{Kernel, Masks, Tokens};
use crate::token::TokenKind;

/// Bytes in a block.
pub(super) const BLOCK: usize = 64;

/// Corrections of kinds that a block's first bytes do not tell.
struct Corrections {
    count: usize,
    bits: [u8; BLOCK],
    kinds: [u8; BLOCK],
}

/// What reaches from one block into the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// Ordinary code.
    Code,
    /// A line comment; ends before a newline.
    LineComment,
    /// A string literal without prefix that started at `start`; `escaped` when its last byte was a live backslash.
    Str { start: usize, escaped: bool },
}

struct Walk<'a> {
    text: &'a str,
    mode: Mode,
    /// Offset before which everything belongs to tokens that are known already.
    resume: usize,
    /// The last byte of the previous block was white space, a word byte, or a word byte of a run that began with a digit.
    after_space: u64,
    after_word: u64,
    after_number: u64,
    corrections: Corrections,
}

const ODD_BITS: u64 = 0xAAAA_AAAA_AAAA_AAAA;

#[inline(always)]
fn below(bit: usize) -> u64 {
    if bit >= BLOCK { !0 } else { (1 << bit) - 1 }
}

/// Makes one token of the bits `first..end` and lets another start behind it.
#[inline(always)]
fn cover(starts: &mut u64, first: usize, end: usize) {
    *starts &= !(below(end) & !below(first + 1));
    if end < BLOCK {
        *starts |= 1 << end;
    }
}

#[inline(always)]
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[inline(always)]
fn starts_suffix(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

/// Lexes `text` from `begin` on, appending to `tokens`.
///
/// # Safety
/// The CPU must have the features of kernel `K`.
#[inline(always)]
pub(super) unsafe fn walk<K: Kernel>(text: &str, begin: usize, tokens: &mut Tokens) {
    let bytes = text.as_bytes();
    let mut walk = Walk {
        text,
        mode: Mode::Code,
        resume: begin,
        after_space: 0,
        after_word: 0,
        after_number: 0,
        corrections: Corrections { count: 0, bits: [0; BLOCK], kinds: [0; BLOCK] },
    };
    let mut base = begin & !(BLOCK - 1);
    while base + BLOCK <= bytes.len() {
        if walk.resume >= base + BLOCK {
            base = walk.resume & !(BLOCK - 1);
            (walk.after_space, walk.after_word, walk.after_number) = (0, 0, 0);
            continue;
        }
        let block: &[u8; BLOCK] = bytes[base..base + BLOCK].try_into().expect("the slice has the length of a block");
        // SAFETY: the caller promised the kernel's CPU features.
        unsafe { walk.block::<K>(block, base, BLOCK, tokens) };
        base += BLOCK;
    }
    if base < bytes.len() && walk.resume < bytes.len() {
        let len = bytes.len() - base;
        let mut block = [0u8; BLOCK];
        block[..len].copy_from_slice(&bytes[base..]);
        // SAFETY: as above.
        unsafe { walk.block::<K>(&block, base, len, tokens) };
    }
}

impl Walk<'_> {
    #[inline(always)]
    fn byte(&self, pos: usize) -> u8 {
        self.text.as_bytes().get(pos).copied().unwrap_or(0)
    }

    /// # Safety
    /// The CPU must have the features of kernel `K`.
    #[inline(always)]
    unsafe fn block<K: Kernel>(&mut self, block: &[u8; BLOCK], base: usize, len: usize, tokens: &mut Tokens) {
        // SAFETY: the caller promised the kernel's CPU features.
        let lanes = unsafe { K::load(block) };
        let mut pos = self.resume.saturating_sub(base);
        let must_start = self.mode != Mode::Code || self.resume >= base;
        if self.mode != Mode::Code {
            // SAFETY: as above.
            let Some(end) = (unsafe { self.end_of_open::<K>(lanes, base) }) else { return };
            pos = end;
            if pos >= BLOCK {
                return;
            }
        }
        // SAFETY: as above.
        let masks = unsafe { K::masks(lanes) };
        let forced = u64::from(must_start) << pos;
        // SAFETY: as above.
        let (mut starts, events) = unsafe { self.edges_and_events::<K>(&masks, forced, lanes, base) };
        self.corrections.count = 0;
        starts = starts & !below(pos) | forced;
        let mut pending = events & !below(pos) & below(len);
        while pending != 0 {
            let at = pending.trailing_zeros() as usize;
            // SAFETY: as above.
            let end = unsafe { self.event::<K>(at, base, &masks, lanes, &mut starts, tokens) };
            pending &= !below(end);
        }
        starts &= below(len);
        tokens.reserve_block();
        let before = tokens.len();
        // SAFETY: as above, and `reserve_block` made room for a whole block.
        unsafe { K::emit(lanes, block, base as u32, starts, tokens) };
        for index in 0..self.corrections.count {
            let rank = (starts & below(self.corrections.bits[index].into())).count_ones() as usize;
            tokens.kinds[before + rank] = self.corrections.kinds[index];
        }
    }

    /// Ends the literal or comment that came in from the previous block; gives the bit behind it, or `None` when it
    /// covers the whole block.
    ///
    /// # Safety
    /// The CPU must have the features of kernel `K`.
    #[inline(always)]
    unsafe fn end_of_open<K: Kernel>(&mut self, lanes: K::Lanes, base: usize) -> Option<usize> {
        match self.mode {
            Mode::LineComment => {
                // SAFETY: the caller promised the kernel's CPU features.
                let newline = unsafe { K::equal(lanes, b'\n') };
                if newline == 0 {
                    return None;
                }
                self.mode = Mode::Code;
                Some(newline.trailing_zeros() as usize)
            }
            Mode::Str { start, escaped } => {
                // SAFETY: as above.
                let (quote, escaped) = unsafe { closing_quote::<K>(lanes, 0, escaped) };
                let Some(quote) = quote else {
                    self.mode = Mode::Str { start, escaped };
                    return None;
                };
                self.mode = Mode::Code;
                Some(self.behind_suffix(start, base + quote + 1) - base)
            }
            Mode::Code => Some(0),
        }
    }

    /// The offset behind the suffix of the literal that began at `start` and whose quote stands before `end`.
    #[inline(always)]
    fn behind_suffix(&mut self, start: usize, mut end: usize) -> usize {
        if starts_suffix(self.byte(end)) {
            end = lex_one(self.text, start).end;
        }
        self.resume = self.resume.max(end);
        end
    }

    /// Where tokens start if nothing hides or joins them, and where something may. A token starts at bit `forced`, whatever
    /// the bytes before it are.
    ///
    /// # Safety
    /// The CPU must have the features of kernel `K`.
    #[inline(always)]
    unsafe fn edges_and_events<K: Kernel>(
        &mut self,
        masks: &Masks,
        forced: u64,
        lanes: K::Lanes,
        base: usize,
    ) -> (u64, u64) {
        let Masks { space, word, digit, double, single, slash, hash, beyond } = *masks;
        let behind_word = word << 1 | self.after_word;
        let starts = !(space & (space << 1 | self.after_space)) & !(word & behind_word);
        let mut events = double | single | beyond;
        if (slash | hash) != 0 {
            let next = self.byte(base + BLOCK);
            let next_is = |wanted: bool| u64::from(wanted) << 63;
            // SAFETY: the caller promised the kernel's CPU features.
            let star = unsafe { K::equal(lanes, b'*') };
            events |= slash & ((slash | star) >> 1 | next_is(next == b'/' || next == b'*'));
            events |= hash & (behind_word | (hash | double) >> 1 | next_is(next == b'#' || next == b'"'));
        }
        let number_starts = word & !behind_word & digit | word & self.after_number | forced & digit;
        if number_starts | self.after_number != 0 {
            let (sum, carry) = word.overflowing_add(number_starts);
            let run = word & !sum;
            let ends = sum & !word | self.after_number & !word;
            // SAFETY: as above.
            let (dot, e) = unsafe { (K::equal(lanes, b'.'), K::equal(lanes, b'e') | K::equal(lanes, b'E')) };
            // `1..2` and `1.max()` are no floats, and they are frequent.
            let no_float = (dot | word & !digit) >> 1;
            events |= ends & dot & !no_float | run & e;
            self.after_number = u64::from(carry);
        }
        self.after_space = space >> 63;
        self.after_word = word >> 63;
        (starts, events)
    }

    /// Handles the event at bit `at`: gives the bit behind the token it belongs to.
    ///
    /// # Safety
    /// The CPU must have the features of kernel `K`.
    #[inline(always)]
    unsafe fn event<K: Kernel>(
        &mut self,
        at: usize,
        base: usize,
        masks: &Masks,
        lanes: K::Lanes,
        starts: &mut u64,
        tokens: &mut Tokens,
    ) -> usize {
        let pos = base + at;
        let byte = self.byte(pos);
        let previous = if pos == 0 { 0 } else { self.byte(pos - 1) };
        match byte {
            b'/' if self.byte(pos + 1) == b'/' => {
                self.correct(at, line_comment_kind(self.byte(pos + 2), self.byte(pos + 3)));
                // SAFETY: the caller promised the kernel's CPU features.
                let newline = unsafe { K::equal(lanes, b'\n') } & !below(at);
                let end = newline.trailing_zeros() as usize;
                if newline == 0 {
                    self.mode = Mode::LineComment;
                }
                cover(starts, at, end);
                end
            }
            b'"' if !is_word(previous) && previous != b'#' => {
                // SAFETY: as above.
                let (quote, escaped) = unsafe { closing_quote::<K>(lanes, at + 1, false) };
                let end = match quote {
                    Some(quote) => self.behind_suffix(pos, base + quote + 1) - base,
                    None => {
                        self.mode = Mode::Str { start: pos, escaped };
                        BLOCK
                    }
                };
                cover(starts, at, end);
                end
            }
            b'\'' if !is_word(previous) => match self.short_quote(at, pos, masks) {
                Some(end) => {
                    cover(starts, at, end);
                    end
                }
                None => self.sequential(at, base, starts, tokens),
            },
            _ => self.sequential(at, base, starts, tokens),
        }
    }

    #[inline(always)]
    fn correct(&mut self, bit: usize, kind: TokenKind) {
        let index = self.corrections.count;
        self.corrections.bits[index] = bit as u8;
        self.corrections.kinds[index] = kind as u8;
        self.corrections.count = index + 1;
    }

    /// `'x'` and `'name` when they lie within the block and nothing about them is unusual: gives the bit behind.
    #[inline(always)]
    fn short_quote(&mut self, at: usize, pos: usize, masks: &Masks) -> Option<usize> {
        let (first, second) = (self.byte(pos + 1), self.byte(pos + 2));
        if second == b'\'' && first != b'\\' && first < 0x80 {
            return (at + 3 < BLOCK && !starts_suffix(self.byte(pos + 3))).then_some(at + 3);
        }
        let is_plain = (first.is_ascii_alphabetic() || first == b'_') && !(first == b'r' && second == b'#');
        if !is_plain || at + 1 >= BLOCK {
            return None;
        }
        let end = at + 1 + (!(masks.word >> (at + 1))).trailing_zeros() as usize;
        let next = self.byte(pos + (end - at));
        if end >= BLOCK || next == b'\'' || next == b'#' || next >= 0x80 {
            return None;
        }
        self.correct(at, TokenKind::Lifetime);
        Some(end)
    }

    /// Hands the event at bit `at` to the sequential lexer, from the start of the token that holds or precedes it; gives
    /// the bit behind the last token lexed so.
    #[inline(never)]
    fn sequential(&mut self, at: usize, base: usize, starts: &mut u64, tokens: &mut Tokens) -> usize {
        let pos = base + at;
        let mut start = pos;
        if pos > 0 && self.may_join(pos) {
            // The token before the event may take it in: a prefix, a number, a word that goes on beyond ASCII.
            let known = *starts & below(at);
            if known != 0 {
                start = base + (63 - known.leading_zeros() as usize);
            } else if let Some(last) = tokens.last_start() {
                start = last as usize;
            }
        }
        loop {
            let token = lex_one(self.text, start);
            let end = token.end.saturating_sub(base);
            if start >= base {
                self.correct_again(start - base, token.kind);
                cover(starts, start - base, end);
            } else {
                tokens.correct_last(token.kind);
                *starts &= !below(end);
                if end < BLOCK {
                    *starts |= 1 << end;
                }
            }
            start = token.end;
            // A token that ends amid a word leaves a rest that the edges say nothing about.
            let is_amid_word = is_word(self.byte(start)) && is_word(self.byte(start - 1));
            if start > pos && !(is_amid_word && start < base + BLOCK) {
                break;
            }
        }
        self.resume = self.resume.max(start);
        start - base
    }

    /// Whether the event at `pos` may belong to a token that starts before it.
    fn may_join(&self, pos: usize) -> bool {
        let previous = self.byte(pos - 1);
        is_word(previous) || previous == b'#' || self.byte(pos) >= 0x80
    }

    /// Like [`Walk::correct`], but takes the place of an earlier correction of the same token.
    fn correct_again(&mut self, bit: usize, kind: TokenKind) {
        let known = &self.corrections.bits[..self.corrections.count];
        match known.iter().position(|&known| usize::from(known) == bit) {
            Some(index) => self.corrections.kinds[index] = kind as u8,
            None if bit < BLOCK => self.correct(bit, kind),
            None => {}
        }
    }
}

/// The first quote at or behind bit `from` that no backslash escapes, and whether the block ends in a live backslash.
///
/// # Safety
/// The CPU must have the features of kernel `K`.
#[inline(always)]
unsafe fn closing_quote<K: Kernel>(lanes: K::Lanes, from: usize, escaped: bool) -> (Option<usize>, bool) {
    // SAFETY: the caller promised the kernel's CPU features.
    let (quotes, backslashes) = unsafe { (K::equal(lanes, b'"'), K::equal(lanes, b'\\')) };
    let (mut quotes, backslashes) = (quotes & !below(from), backslashes & !below(from));
    let mut ends_live = false;
    if backslashes != 0 || escaped {
        // All runs of backslashes at once: the subtraction tells odd from even ones (Langdale and Lemire, simdjson).
        let carried = u64::from(escaped);
        let live = backslashes & !carried;
        let pairs = (live << 1 | ODD_BITS).wrapping_sub(live) ^ ODD_BITS;
        quotes &= !(pairs ^ (backslashes | carried));
        ends_live = (pairs & backslashes) >> 63 != 0;
    }
    ((quotes != 0).then(|| quotes.trailing_zeros() as usize), ends_live)
}
