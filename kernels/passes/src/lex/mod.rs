//! The lexer: text to raw tokens, exact to rustc's lexer, by block passes over class masks.
//!
//! [`lex`] is the whole of it; [`lex_with`] names the kernel, for tests and benchmarks. Editions play no role here: what
//! depends on them is decided above, as rustc does.

mod head;
#[cfg(target_arch = "aarch64")]
mod neon;
mod one;
mod pieces;
mod portable;
mod walk;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use head::frontmatter_flags;
pub use one::{Lexed, LiteralDetails, is_name_continue, is_name_start, is_whitespace, lex_one, literal_details};

pub use pieces::{lex_in_pieces, lex_on};

use crate::token::TokenKind;
use walk::BLOCK;

/// The classes of a block's 64 bytes, one bit a byte, the first byte lowest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Masks {
    /// ASCII white space.
    pub space: u64,
    /// ASCII letters, digits and `_`.
    pub word: u64,
    /// ASCII digits.
    pub digit: u64,
    /// `"`
    pub double: u64,
    /// `'`
    pub single: u64,
    /// `/`
    pub slash: u64,
    /// `#`
    pub hash: u64,
    /// Bytes of characters beyond ASCII.
    pub beyond: u64,
}

/// What differs from one instruction set to another: classification and compaction.
///
/// # Safety
/// Every function demands that the CPU has the instruction set; `emit` also demands room for 64 tokens and a vector more.
trait Kernel {
    type Lanes: Copy;
    unsafe fn load(block: &[u8; BLOCK]) -> Self::Lanes;
    unsafe fn masks(lanes: Self::Lanes) -> Masks;
    unsafe fn equal(lanes: Self::Lanes, byte: u8) -> u64;
    /// Appends a token for each bit of `starts`, its kind told by its first byte.
    unsafe fn emit(lanes: Self::Lanes, block: &[u8; BLOCK], base: u32, starts: u64, tokens: &mut Tokens);
}

/// Raw tokens as a structure of arrays: 5 bytes a token.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Tokens {
    /// The number of each token's [`TokenKind`].
    pub kinds: Vec<u8>,
    /// The byte offset of each token's start, and the length of the text at the end.
    pub starts: Vec<u32>,
}

impl Tokens {
    /// No tokens yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether the text was empty.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The kind of token `index`.
    pub fn kind(&self, index: usize) -> TokenKind {
        TokenKind::from_u8(self.kinds[index])
    }

    /// The byte range of token `index`.
    pub fn range(&self, index: usize) -> std::ops::Range<usize> {
        self.starts[index] as usize..self.starts[index + 1] as usize
    }

    /// The text of token `index`, out of the text that was lexed.
    pub fn text<'a>(&self, index: usize, text: &'a str) -> &'a str {
        &text[self.range(index)]
    }

    /// Bytes of memory the tokens take.
    pub fn size_bytes(&self) -> usize {
        self.kinds.len() + self.starts.len() * 4
    }

    fn clear(&mut self) {
        self.kinds.clear();
        self.starts.clear();
    }

    #[inline(always)]
    fn reserve_block(&mut self) {
        // A block holds at most 64 tokens; vector stores may write one vector beyond.
        if self.kinds.capacity() - self.kinds.len() < 2 * BLOCK
            || self.starts.capacity() - self.starts.len() < 2 * BLOCK
        {
            self.grow();
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.kinds.reserve(2 * BLOCK);
        self.starts.reserve(2 * BLOCK);
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        self.kinds.push(kind as u8);
        self.starts.push(start as u32);
    }

    fn last_start(&self) -> Option<u32> {
        self.starts.last().copied()
    }

    fn pop(&mut self) {
        self.kinds.pop();
        self.starts.pop();
    }

    /// Room for about what ordinary sources of `size_bytes` need; more comes as it is needed.
    fn reserve_for(&mut self, size_bytes: usize) {
        if self.kinds.capacity() == 0 {
            self.kinds.reserve(size_bytes / 4 + 2 * BLOCK);
            self.starts.reserve(size_bytes / 4 + 2 * BLOCK);
        }
    }

    /// None, with room for what a text of `size_bytes` needs.
    fn with_room(size_bytes: usize) -> Tokens {
        let mut tokens = Tokens { kinds: Vec::new(), starts: Vec::new() };
        tokens.reserve_for(size_bytes);
        tokens
    }

    fn correct_last(&mut self, kind: TokenKind) {
        *self.kinds.last_mut().expect("a token before the block was emitted") = kind as u8;
    }
}

/// The instruction sets there are kernels for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Isa {
    /// AVX-512 with VBMI and VBMI2 (Ice Lake, Zen 4 and later).
    Avx512,
    /// AVX2 with BMI.
    Avx2,
    /// NEON on 64-bit ARM.
    Neon,
    /// Plain 64-bit integers.
    Portable,
}

impl Isa {
    /// All of them, best first.
    pub const ALL: [Isa; 4] = [Isa::Avx512, Isa::Avx2, Isa::Neon, Isa::Portable];

    /// Whether this CPU has it.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => x86::has_avx512(),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => x86::has_avx2(),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => true,
            Isa::Portable => true,
            #[allow(unreachable_patterns, reason = "which arms are there depends on the architecture")]
            _ => false,
        }
    }

    /// The best one this CPU has.
    pub fn best() -> Isa {
        Isa::ALL.into_iter().find(|isa| isa.is_available()).unwrap_or(Isa::Portable)
    }
}

/// The largest text that can be lexed: offsets are 32 bits wide.
pub const TEXT_SIZE_MAX: usize = u32::MAX as usize - 2 * BLOCK;

/// Lexes `text` as a whole file into `tokens`, whose memory is used again, with the best kernel of this CPU.
///
/// # Panics
/// When `text` is longer than [`TEXT_SIZE_MAX`].
pub fn lex(text: &str, tokens: &mut Tokens) {
    lex_with(Isa::best(), text, tokens);
}

/// Like [`lex`], with the kernel for `isa`.
///
/// # Panics
/// When this CPU does not have `isa`, or `text` is longer than [`TEXT_SIZE_MAX`].
pub fn lex_with(isa: Isa, text: &str, tokens: &mut Tokens) {
    check_fits(isa, text);
    tokens.clear();
    tokens.reserve_for(text.len());
    let begin = head::push_head(text, tokens);
    if begin < text.len() {
        kernel(isa, text, begin, tokens);
    }
    tokens.starts.push(text.len() as u32);
}

fn check_fits(isa: Isa, text: &str) {
    assert!(text.len() <= TEXT_SIZE_MAX, "texts of 4 GiB and more are refused before they are lexed");
    assert!(isa.is_available(), "this CPU has no {isa:?}");
}

/// Appends the tokens of `text` from `begin` on, where one starts, by the kernel for `isa`, which this CPU must have.
fn kernel(isa: Isa, text: &str, begin: usize, tokens: &mut Tokens) {
    match isa {
        // SAFETY: the CPU has the features, as `check_fits` asserts before any text is lexed.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { x86::lex_avx512(text, begin, tokens) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { x86::lex_avx2(text, begin, tokens) },
        // SAFETY: NEON is part of the architecture.
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => unsafe { neon::lex_neon(text, begin, tokens) },
        // SAFETY: plain integers need no features.
        _ => unsafe { walk::walk::<portable::Portable>(text, begin, tokens) },
    }
}

/// Lexes `text` as a whole file by the sequential lexer alone: the reference for the passes.
pub fn lex_sequentially(text: &str, tokens: &mut Tokens) {
    assert!(text.len() <= TEXT_SIZE_MAX, "texts of 4 GiB and more are refused before they are lexed");
    tokens.clear();
    let mut pos = 0;
    for (kind, end) in head::lex_head(text) {
        tokens.push(kind, pos);
        pos = end;
    }
    while pos < text.len() {
        let token = lex_one(text, pos);
        tokens.push(token.kind, pos);
        pos = token.end;
    }
    tokens.starts.push(text.len() as u32);
}
