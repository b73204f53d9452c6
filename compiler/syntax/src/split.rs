//! Tokens that older editions see as several: what rustc's lexer joins for the newest edition is taken apart here, where
//! rustc's parser does the same.

use rustg_passes::TokenKind;
use rustg_passes::lex::{Tokens, lex_one};

use crate::Edition;

/// How many bytes of a token of this kind `edition` sees as a token of their own, and of what kind.
fn prefix(kind: TokenKind, edition: Edition) -> Option<(u32, TokenKind)> {
    match kind {
        // `#"` and `##` are reserved from 2024 on.
        TokenKind::GuardedStrPrefix if edition < Edition::E2024 => Some((1, TokenKind::Pound)),
        // `'r#a` is a lifetime, a `#` and a name before 2021, and `c"a"` a name and a string.
        TokenKind::RawLifetime if edition < Edition::E2021 => Some((2, TokenKind::Lifetime)),
        TokenKind::CStr if edition < Edition::E2021 => Some((1, TokenKind::Ident)),
        TokenKind::RawCStr if edition < Edition::E2021 => Some((2, TokenKind::Ident)),
        _ => None,
    }
}

/// Takes apart the tokens of `text` that `edition` does not know. Nearly every file has none.
pub(crate) fn split_for_edition(text: &str, edition: Edition, tokens: &mut Tokens) {
    if edition >= Edition::E2024 {
        return;
    }
    let rare = |kind: TokenKind| prefix(kind, edition).is_some();
    let Some(first) = tokens
        .kinds
        .iter()
        .position(|&number| number >= TokenKind::RawLifetime as u8 && rare(TokenKind::from_u8(number)))
    else {
        return;
    };
    let old = std::mem::take(tokens);
    tokens.kinds.extend_from_slice(&old.kinds[..first]);
    tokens.starts.extend_from_slice(&old.starts[..first]);
    let mut index = first;
    while index < old.len() {
        let mut pos = old.starts[index] as usize;
        let mut kind = old.kind(index);
        let mut end = old.starts[index + 1] as usize;
        index += 1;
        loop {
            tokens.starts.push(pos as u32);
            match prefix(kind, edition) {
                Some((len, prefix)) => {
                    tokens.kinds.push(prefix as u8);
                    pos += len as usize;
                }
                None => {
                    tokens.kinds.push(kind as u8);
                    pos = end;
                }
            }
            // Back on the old tokens' boundaries, or lexing on until there.
            while index < old.len() && (old.starts[index] as usize) < pos {
                index += 1;
            }
            if old.starts[index] as usize == pos || pos >= text.len() {
                break;
            }
            let token = lex_one(text, pos);
            (kind, end) = (token.kind, token.end);
        }
    }
    tokens.starts.push(text.len() as u32);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustg_passes::lex::lex;

    fn shown(text: &str, edition: Edition) -> Vec<String> {
        let mut tokens = Tokens::new();
        lex(text, &mut tokens);
        split_for_edition(text, edition, &mut tokens);
        (0..tokens.len()).map(|index| format!("{}:{}", tokens.kind(index).name(), tokens.text(index, text))).collect()
    }

    #[test]
    fn guarded_strings_are_pounds_and_strings_before_2024() {
        assert_eq!(shown("#\"a b\"#", Edition::E2021), ["Pound:#", "Str:\"a b\"", "Pound:#"]);
        assert_eq!(
            shown("###\"a\" b", Edition::E2021),
            ["Pound:#", "Pound:#", "Pound:#", "Str:\"a\"", "Whitespace: ", "Ident:b"]
        );
        assert_eq!(shown("##", Edition::E2024), ["GuardedStrPrefix:##"]);
    }

    #[test]
    fn raw_lifetimes_and_c_strings_come_apart_before_2021() {
        assert_eq!(shown("'r#a x", Edition::E2018), ["Lifetime:'r", "Pound:#", "Ident:a", "Whitespace: ", "Ident:x"]);
        assert_eq!(shown("c\"a\"", Edition::E2018), ["Ident:c", "Str:\"a\""]);
        assert_eq!(shown("cr#\"a\"#;", Edition::E2015), ["Ident:cr", "Pound:#", "Str:\"a\"", "Pound:#", "Semi:;"]);
        assert_eq!(shown("c\"a\"", Edition::E2021), ["CStr:c\"a\""]);
    }
}
