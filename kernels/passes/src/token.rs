//! The kinds of raw tokens: one byte each, as many distinctions as rustc's lexer makes that need a token's first bytes.

macro_rules! token_kinds {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// The kind of a raw token, before keywords are told from names and punctuation is glued.
        ///
        /// What a kind leaves out (is the string terminated, where does the suffix start) is a pure function of the
        /// token's text: see [`crate::lex::literal_details`].
        #[repr(u8)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum TokenKind { $($(#[$doc])* $name),* }

        impl TokenKind {
            /// All kinds in the order of their numbers.
            pub const ALL: &[TokenKind] = &[$(TokenKind::$name),*];

            /// The name of the kind as it stands in dumps.
            pub fn name(self) -> &'static str {
                match self { $(TokenKind::$name => stringify!($name)),* }
            }
        }
    };
}

token_kinds! {
    /// A run of characters with the Unicode property `Pattern_White_Space`.
    Whitespace,
    /// `// …` that documents nothing.
    LineComment,
    /// `/* … */` that documents nothing; nests.
    BlockComment,
    /// The `#!` line at the very start of a file.
    Shebang,
    /// `--- … ---` at the start of a file (unstable in rustc).
    Frontmatter,
    /// `/// …`
    OuterLineDoc,
    /// `//! …`
    InnerLineDoc,
    /// `/** … */`
    OuterBlockDoc,
    /// `/*! … */`
    InnerBlockDoc,
    /// A name or keyword.
    Ident,
    /// `r#name`
    RawIdent,
    /// `k#fn` (reserved).
    ForcedKeywordIdent,
    /// A name directly before `#`, `"` or `'` that is no known literal prefix.
    UnknownPrefix,
    /// A name with emoji in it.
    InvalidIdent,
    /// `'name`
    Lifetime,
    /// `'1a`, or a lifetime with emoji.
    InvalidLifetime,
    /// `'r#name`
    RawLifetime,
    /// `'name` directly before `#`.
    UnknownPrefixLifetime,
    /// `12u8`, `0xff`, also `1f32`.
    Int,
    /// `1.0`, `1e3`, `1.`
    Float,
    /// `'a'`
    Char,
    /// `b'a'`
    Byte,
    /// `"a"`
    Str,
    /// `b"a"`
    ByteStr,
    /// `c"a"`
    CStr,
    /// `r#"a"#`
    RawStr,
    /// `br#"a"#`
    RawByteStr,
    /// `cr#"a"#`
    RawCStr,
    /// `#"` or `##` (reserved in edition 2024).
    GuardedStrPrefix,
    /// `;`
    Semi,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `@`
    At,
    /// `#`
    Pound,
    /// `~`
    Tilde,
    /// `?`
    Question,
    /// `:`
    Colon,
    /// `$`
    Dollar,
    /// `=`
    Eq,
    /// `!`
    Bang,
    /// `<`
    Lt,
    /// `>`
    Gt,
    /// `-`
    Minus,
    /// `&`
    And,
    /// `|`
    Or,
    /// `+`
    Plus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `^`
    Caret,
    /// `%`
    Percent,
    /// A character that starts no token.
    Unknown,
}

impl TokenKind {
    /// The kind with number `number`.
    ///
    /// # Panics
    /// When there is no such kind.
    pub fn from_u8(number: u8) -> TokenKind {
        TokenKind::ALL[usize::from(number)]
    }

    /// Whether the parser never sees the token: white space, comments that document nothing, shebang, frontmatter.
    pub fn is_trivia(self) -> bool {
        self as u8 <= TokenKind::Frontmatter as u8
    }

    /// Whether the token is a doc comment.
    pub fn is_doc_comment(self) -> bool {
        (TokenKind::OuterLineDoc..=TokenKind::InnerBlockDoc).contains(&self)
    }

    /// Whether the token is a literal.
    pub fn is_literal(self) -> bool {
        (TokenKind::Int..=TokenKind::RawCStr).contains(&self)
    }

    /// The delimiter the token opens.
    pub fn opens(self) -> Option<Delimiter> {
        match self {
            TokenKind::OpenParen => Some(Delimiter::Paren),
            TokenKind::OpenBrace => Some(Delimiter::Brace),
            TokenKind::OpenBracket => Some(Delimiter::Bracket),
            _ => None,
        }
    }

    /// The delimiter the token closes.
    pub fn closes(self) -> Option<Delimiter> {
        match self {
            TokenKind::CloseParen => Some(Delimiter::Paren),
            TokenKind::CloseBrace => Some(Delimiter::Brace),
            TokenKind::CloseBracket => Some(Delimiter::Bracket),
            _ => None,
        }
    }
}

/// The three pairs of brackets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Delimiter {
    /// `( )`
    Paren,
    /// `{ }`
    Brace,
    /// `[ ]`
    Bracket,
}

/// The kind a token has when nothing but its first byte is known: literals with a prefix, comments, lifetimes, floats and
/// everything beyond ASCII are corrected by the passes.
pub(crate) const KIND_OF_FIRST_BYTE: [u8; 256] = {
    let mut table = [TokenKind::Unknown as u8; 256];
    let mut byte = 0;
    while byte < 128 {
        let kind = match byte as u8 {
            b'\t' | b'\n' | 0x0b | 0x0c | b'\r' | b' ' => TokenKind::Whitespace,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => TokenKind::Ident,
            b'0'..=b'9' => TokenKind::Int,
            b'"' => TokenKind::Str,
            b'\'' => TokenKind::Char,
            b';' => TokenKind::Semi,
            b',' => TokenKind::Comma,
            b'.' => TokenKind::Dot,
            b'(' => TokenKind::OpenParen,
            b')' => TokenKind::CloseParen,
            b'{' => TokenKind::OpenBrace,
            b'}' => TokenKind::CloseBrace,
            b'[' => TokenKind::OpenBracket,
            b']' => TokenKind::CloseBracket,
            b'@' => TokenKind::At,
            b'#' => TokenKind::Pound,
            b'~' => TokenKind::Tilde,
            b'?' => TokenKind::Question,
            b':' => TokenKind::Colon,
            b'$' => TokenKind::Dollar,
            b'=' => TokenKind::Eq,
            b'!' => TokenKind::Bang,
            b'<' => TokenKind::Lt,
            b'>' => TokenKind::Gt,
            b'-' => TokenKind::Minus,
            b'&' => TokenKind::And,
            b'|' => TokenKind::Or,
            b'+' => TokenKind::Plus,
            b'*' => TokenKind::Star,
            b'/' => TokenKind::Slash,
            b'^' => TokenKind::Caret,
            b'%' => TokenKind::Percent,
            _ => TokenKind::Unknown,
        };
        table[byte] = kind as u8;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_read_back_from_their_numbers() {
        for (number, &kind) in TokenKind::ALL.iter().enumerate() {
            assert_eq!(kind as usize, number);
            assert_eq!(TokenKind::from_u8(number as u8), kind);
        }
    }
}
