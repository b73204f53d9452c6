//! What the parser reads: the tokens without white space and comments, keywords told from names, brackets matched.

use rustg_passes::TokenKind;
use rustg_passes::lex::Tokens;

use crate::Edition;

macro_rules! code_kinds {
    ($($name:ident = $shown:literal),* $(,)?) => {
        /// The kind of a token as the parser sees it.
        #[repr(u8)]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum CodeKind { $($name),* }

        impl CodeKind {
            /// How messages name the token.
            pub(crate) fn shown(self) -> &'static str {
                match self { $(CodeKind::$name => $shown),* }
            }

        }

        /// The kinds by number, filled up to a power of two.
        static CODE_KINDS: [CodeKind; 128] = {
            let mut table = [CodeKind::Unknown; 128];
            let kinds = [$(CodeKind::$name),*];
            let mut index = 0;
            while index < kinds.len() {
                table[index] = kinds[index];
                index += 1;
            }
            table
        };
    };
}

code_kinds! {
    // Everything that closes a group, the end of the file included, comes first.
    End = "end of file", CloseParen = "`)`", CloseBrace = "`}`", CloseBracket = "`]`",
    OpenParen = "`(`", OpenBrace = "`{`", OpenBracket = "`[`",
    OuterDoc = "a doc comment", InnerDoc = "an inner doc comment",
    Semi = "`;`", Comma = "`,`", Dot = "`.`", At = "`@`", Pound = "`#`", Tilde = "`~`", Question = "`?`", Colon = "`:`",
    Dollar = "`$`", Eq = "`=`", Bang = "`!`", Lt = "`<`", Gt = "`>`", Minus = "`-`", And = "`&`", Or = "`|`", Plus = "`+`",
    Star = "`*`", Slash = "`/`", Caret = "`^`", Percent = "`%`",
    Unknown = "an unknown character", Stray = "an unmatched closing bracket",
    Lifetime = "a lifetime",
    Int = "an integer", Float = "a float", Char = "a character", Byte = "a byte", Str = "a string", ByteStr = "a byte string",
    CStr = "a C string", RawStr = "a raw string", RawByteStr = "a raw byte string", RawCStr = "a raw C string",
    True = "`true`", False = "`false`",
    // Names: everything from here to `Raw` is a name where no keyword is wanted.
    Name = "a name", Union = "`union`", Auto = "`auto`", Default = "`default`", Safe = "`safe`", RawKw = "`raw`",
    Builtin = "`builtin`", RawName = "a raw name",
    // Words that start paths.
    SelfValue = "`self`", SelfType = "`Self`", Super = "`super`", Crate = "`crate`",
    // Keywords.
    As = "`as`", Break = "`break`", Const = "`const`", Continue = "`continue`", Else = "`else`", Enum = "`enum`",
    Extern = "`extern`", Fn = "`fn`", For = "`for`", If = "`if`", Impl = "`impl`", In = "`in`", Let = "`let`", Loop = "`loop`",
    Match = "`match`", Mod = "`mod`", Move = "`move`", Mut = "`mut`", Pub = "`pub`", Ref = "`ref`", Return = "`return`",
    Static = "`static`", Struct = "`struct`", Trait = "`trait`", Type = "`type`", Unsafe = "`unsafe`", Use = "`use`",
    Where = "`where`", While = "`while`", Async = "`async`", Await = "`await`", Dyn = "`dyn`", Try = "`try`", Gen = "`gen`",
    Abstract = "the reserved word `abstract`", Become = "`become`", Box = "`box`", Do = "`do`",
    Final = "the reserved word `final`", Macro = "`macro`", Override = "the reserved word `override`",
    Priv = "the reserved word `priv`", Typeof = "`typeof`", Unsized = "the reserved word `unsized`",
    Virtual = "the reserved word `virtual`", Yield = "`yield`", Underscore = "`_`",
}

impl CodeKind {
    /// Whether the token ends the group it stands in.
    #[inline(always)]
    pub(crate) fn closes(self) -> bool {
        self as u8 <= CodeKind::CloseBracket as u8
    }

    #[inline(always)]
    pub(crate) fn opens(self) -> bool {
        (self as u8).wrapping_sub(CodeKind::OpenParen as u8) < 3
    }

    #[inline(always)]
    fn is_between(self, first: CodeKind, last: CodeKind) -> bool {
        (self as u8).wrapping_sub(first as u8) <= last as u8 - first as u8
    }

    /// Whether the token can be an ordinary name.
    #[inline(always)]
    pub(crate) fn is_name(self) -> bool {
        self.is_between(CodeKind::Name, CodeKind::RawName)
    }

    /// Whether the token can be a segment of a path.
    #[inline(always)]
    pub(crate) fn is_path_word(self) -> bool {
        self.is_between(CodeKind::Name, CodeKind::Crate)
    }

    #[inline(always)]
    pub(crate) fn is_literal(self) -> bool {
        self.is_between(CodeKind::Int, CodeKind::False)
    }

    /// Whether the token is a word, reserved or not.
    pub(crate) fn is_word(self) -> bool {
        self as u8 >= CodeKind::True as u8
    }
}

/// Words that are not plain names, with the first edition in which they are keywords.
const KEYWORDS: [(&str, CodeKind, Edition); 59] = {
    use CodeKind::*;
    use Edition::*;
    [
        ("as", As, E2015),
        ("break", Break, E2015),
        ("const", Const, E2015),
        ("continue", Continue, E2015),
        ("crate", Crate, E2015),
        ("else", Else, E2015),
        ("enum", Enum, E2015),
        ("extern", Extern, E2015),
        ("false", False, E2015),
        ("fn", Fn, E2015),
        ("for", For, E2015),
        ("if", If, E2015),
        ("impl", Impl, E2015),
        ("in", In, E2015),
        ("let", Let, E2015),
        ("loop", Loop, E2015),
        ("match", Match, E2015),
        ("mod", Mod, E2015),
        ("move", Move, E2015),
        ("mut", Mut, E2015),
        ("pub", Pub, E2015),
        ("ref", Ref, E2015),
        ("return", Return, E2015),
        ("self", SelfValue, E2015),
        ("Self", SelfType, E2015),
        ("static", Static, E2015),
        ("struct", Struct, E2015),
        ("super", Super, E2015),
        ("trait", Trait, E2015),
        ("true", True, E2015),
        ("type", Type, E2015),
        ("unsafe", Unsafe, E2015),
        ("use", Use, E2015),
        ("where", Where, E2015),
        ("while", While, E2015),
        ("abstract", Abstract, E2015),
        ("become", Become, E2015),
        ("box", Box, E2015),
        ("do", Do, E2015),
        ("final", Final, E2015),
        ("macro", Macro, E2015),
        ("override", Override, E2015),
        ("priv", Priv, E2015),
        ("typeof", Typeof, E2015),
        ("unsized", Unsized, E2015),
        ("virtual", Virtual, E2015),
        ("yield", Yield, E2015),
        ("async", Async, E2018),
        ("await", Await, E2018),
        ("dyn", Dyn, E2018),
        ("try", Try, E2018),
        ("gen", Gen, E2024),
        ("union", Union, E2015),
        ("auto", Auto, E2015),
        ("default", Default, E2015),
        ("raw", RawKw, E2015),
        ("safe", Safe, E2015),
        ("builtin", Builtin, E2015),
        ("_", Underscore, E2015),
    ]
};

/// A table without collisions over [`KEYWORDS`]: the words as little-endian integers.
struct Words {
    keys: [u64; 256],
    kinds: [[u8; 256]; 4],
}

const MULTIPLIER: u64 = 0x2489_daf6_e5d1_edf9;

const fn slot(key: u64) -> usize {
    (key.wrapping_mul(MULTIPLIER) >> 56) as usize
}

static WORDS: Words = {
    let mut words = Words { keys: [0; 256], kinds: [[CodeKind::Name as u8; 256]; 4] };
    let mut index = 0;
    while index < KEYWORDS.len() {
        let (text, kind, since) = KEYWORDS[index];
        let text = text.as_bytes();
        let mut key = 0u64;
        let mut byte = 0;
        while byte < text.len() {
            key |= (text[byte] as u64) << (8 * byte);
            byte += 1;
        }
        assert!(words.keys[slot(key)] == 0, "the multiplier lets two keywords collide");
        words.keys[slot(key)] = key;
        let mut edition = since as usize;
        while edition < 4 {
            words.kinds[edition][slot(key)] = kind as u8;
            edition += 1;
        }
        index += 1;
    }
    words
};

/// The number of the parser's kind of each token kind.
static NUMBERS: [u8; 256] = {
    use CodeKind as To;
    let mut table = [To::Unknown as u8; 256];
    let mut index = 0;
    while index < TokenKind::ALL.len() {
        table[index] = match TokenKind::ALL[index] {
            TokenKind::OuterLineDoc | TokenKind::OuterBlockDoc => To::OuterDoc,
            TokenKind::InnerLineDoc | TokenKind::InnerBlockDoc => To::InnerDoc,
            TokenKind::Ident | TokenKind::UnknownPrefix => To::Name,
            TokenKind::RawIdent | TokenKind::ForcedKeywordIdent | TokenKind::InvalidIdent => To::RawName,
            TokenKind::Lifetime
            | TokenKind::InvalidLifetime
            | TokenKind::RawLifetime
            | TokenKind::UnknownPrefixLifetime => To::Lifetime,
            TokenKind::Int => To::Int,
            TokenKind::Float => To::Float,
            TokenKind::Char => To::Char,
            TokenKind::Byte => To::Byte,
            TokenKind::Str => To::Str,
            TokenKind::ByteStr => To::ByteStr,
            TokenKind::CStr => To::CStr,
            TokenKind::RawStr => To::RawStr,
            TokenKind::RawByteStr => To::RawByteStr,
            TokenKind::RawCStr => To::RawCStr,
            TokenKind::GuardedStrPrefix => To::Pound,
            TokenKind::Semi => To::Semi,
            TokenKind::Comma => To::Comma,
            TokenKind::Dot => To::Dot,
            TokenKind::OpenParen => To::OpenParen,
            TokenKind::CloseParen => To::CloseParen,
            TokenKind::OpenBrace => To::OpenBrace,
            TokenKind::CloseBrace => To::CloseBrace,
            TokenKind::OpenBracket => To::OpenBracket,
            TokenKind::CloseBracket => To::CloseBracket,
            TokenKind::At => To::At,
            TokenKind::Pound => To::Pound,
            TokenKind::Tilde => To::Tilde,
            TokenKind::Question => To::Question,
            TokenKind::Colon => To::Colon,
            TokenKind::Dollar => To::Dollar,
            TokenKind::Eq => To::Eq,
            TokenKind::Bang => To::Bang,
            TokenKind::Lt => To::Lt,
            TokenKind::Gt => To::Gt,
            TokenKind::Minus => To::Minus,
            TokenKind::And => To::And,
            TokenKind::Or => To::Or,
            TokenKind::Plus => To::Plus,
            TokenKind::Star => To::Star,
            TokenKind::Slash => To::Slash,
            TokenKind::Caret => To::Caret,
            TokenKind::Percent => To::Percent,
            TokenKind::Whitespace
            | TokenKind::LineComment
            | TokenKind::BlockComment
            | TokenKind::Shebang
            | TokenKind::Frontmatter
            | TokenKind::Unknown => To::Unknown,
        } as u8;
        index += 1;
    }
    table
};

/// A fault of the brackets, by index of the code token it is told at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BracketFault {
    /// The opening bracket at the index is never closed.
    Unclosed(u32),
    /// The closing bracket at the index matches no opening one.
    Stray(u32),
}

/// The parser's input as a structure of arrays, four [`CodeKind::End`] behind the last token.
///
/// The arrays only ever grow, so that a file finds them ready; what stands behind `len` and the ends is left over.
#[derive(Default)]
pub(crate) struct Code {
    /// Kinds.
    pub(crate) kinds: Vec<CodeKind>,
    /// For each token its index among the raw tokens.
    pub(crate) raw: Vec<u32>,
    /// For each opening bracket the index of the token that closes its group; anything elsewhere. Where the bracket is
    /// never closed that is the first token behind the group.
    pub(crate) close: Vec<u32>,
    /// What is wrong with the brackets, in order; empty for nearly every file.
    pub(crate) faults: Vec<BracketFault>,
    /// How many tokens there are, without the ends.
    len: usize,
    brackets: Vec<u32>,
    stack: Vec<u32>,
}

/// How many end tokens stand behind the last one: the parser looks no further ahead.
const ENDS: usize = 4;

impl Code {
    /// How many tokens there are, without the ends.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Takes the significant tokens out of `tokens`, reusing this value's memory.
    pub(crate) fn read(&mut self, text: &str, tokens: &Tokens, edition: Edition) {
        let room = tokens.len() + ENDS;
        if self.kinds.len() < room {
            self.kinds.resize(room, CodeKind::End);
            self.raw.resize(room, 0);
            self.close.resize(room, 0);
            self.brackets.resize(room, 0);
        }
        let bracket_count = self.compact(text.as_bytes(), tokens, edition);
        let len = self.len;
        self.kinds[len..len + ENDS].fill(CodeKind::End);
        self.raw[len..len + ENDS].fill(tokens.len() as u32);
        self.match_brackets(bracket_count);
    }

    /// Writes kinds, raw indices and the places of brackets, every token to the next free place, which only what counts
    /// then takes. Neither that nor the look-up of words branches: what comes next is what no branch predictor knows.
    #[inline(never)]
    fn compact(&mut self, bytes: &[u8], tokens: &Tokens, edition: Edition) -> usize {
        let words = &WORDS.kinds[edition as usize];
        let count = tokens.len();
        let (kinds, raw) = (&mut self.kinds[..count], &mut self.raw[..count]);
        let brackets = &mut self.brackets[..count];
        let (mut len, mut bracket_count) = (0, 0);
        let mut take = |index: usize, number: u8, kind: CodeKind| {
            kinds[len] = kind;
            raw[len] = index as u32;
            brackets[bracket_count] = len as u32;
            bracket_count += usize::from(is_bracket(number));
            len += usize::from(number > TokenKind::Frontmatter as u8);
        };
        // Words are read eight bytes at a time; the few tokens at the end of the text take the slow way.
        let whole = bytes.len().saturating_sub(7) as u32;
        let starts = &tokens.starts[..count + 1];
        let fast = starts.partition_point(|&start| start < whole).min(count);
        let ends = &starts[1..];
        for (index, ((&number, &start), &end)) in tokens.kinds[..fast].iter().zip(starts).zip(ends).enumerate() {
            let (start, len) = (start as usize, end - start);
            let eight = bytes[start..start + 8].try_into().expect("the slice has eight bytes");
            let unused = 8u32.saturating_sub(len) * 8;
            let key = u64::from_le_bytes(eight) << unused >> unused;
            let slot = slot(key);
            let kind = NUMBERS[usize::from(number)];
            let is_word = (WORDS.keys[slot] == key) & (len <= 8) & (kind == CodeKind::Name as u8);
            let mask = u8::from(is_word).wrapping_neg();
            take(index, number, CODE_KINDS[usize::from((words[slot] & mask | kind & !mask) & 127)]);
        }
        for index in fast..count {
            let mut kind = CODE_KINDS[usize::from(NUMBERS[usize::from(tokens.kinds[index])])];
            if kind == CodeKind::Name {
                let word = &bytes[starts[index] as usize..starts[index + 1] as usize];
                let key = word.iter().rev().fold(0, |key, &byte| key << 8 | u64::from(byte));
                if WORDS.keys[slot(key)] == key {
                    kind = CODE_KINDS[usize::from(words[slot(key)])];
                }
            }
            take(index, tokens.kinds[index], kind);
        }
        self.len = len;
        bracket_count
    }

    #[inline(never)]
    fn match_brackets(&mut self, count: usize) {
        self.faults.clear();
        self.stack.clear();
        for place in 0..count {
            let index = self.brackets[place];
            let kind = self.kinds[index as usize];
            if kind.opens() {
                self.stack.push(index);
                continue;
            }
            let wanted = kind as u8 + (CodeKind::OpenParen as u8 - CodeKind::CloseParen as u8);
            match self.stack.last() {
                Some(&open) if self.kinds[open as usize] as u8 == wanted => {
                    self.close[open as usize] = index;
                    self.stack.pop();
                }
                _ => self.mismatch(index as usize, wanted),
            }
        }
        let end = self.len() as u32;
        for open in std::mem::take(&mut self.stack) {
            self.close[open as usize] = end;
            self.faults.push(BracketFault::Unclosed(open));
        }
        self.faults.sort_unstable_by_key(|&fault| match fault {
            BracketFault::Unclosed(index) | BracketFault::Stray(index) => index,
        });
    }

    #[cold]
    fn mismatch(&mut self, index: usize, wanted: u8) {
        // Not further than a bounded number of groups, so that hostile input costs linear time.
        const GROUPS_MAX: usize = 64;
        let near = self.stack.len().saturating_sub(GROUPS_MAX);
        let found = self.stack[near..].iter().rposition(|&open| self.kinds[open as usize] as u8 == wanted);
        match found {
            Some(position) => {
                for open in self.stack.drain(near + position + 1..) {
                    self.close[open as usize] = index as u32;
                    self.faults.push(BracketFault::Unclosed(open));
                }
                if let Some(open) = self.stack.pop() {
                    self.close[open as usize] = index as u32;
                }
            }
            None => {
                self.kinds[index] = CodeKind::Stray;
                self.faults.push(BracketFault::Stray(index as u32));
            }
        }
    }

    /// Whether the group that `open` opens has its closing bracket: one that has not ends before a bracket of another kind,
    /// or with the file.
    #[inline(always)]
    pub(crate) fn is_closed(&self, open: usize) -> bool {
        let close = self.kinds[self.close[open] as usize];
        close as u8 + (CodeKind::OpenParen as u8 - CodeKind::CloseParen as u8) == self.kinds[open] as u8
    }
}

/// Whether the token kind with this number opens or closes a group.
#[inline(always)]
fn is_bracket(number: u8) -> bool {
    number.wrapping_sub(TokenKind::OpenParen as u8) <= TokenKind::CloseBracket as u8 - TokenKind::OpenParen as u8
}
