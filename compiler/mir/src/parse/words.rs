//! A cursor over the words of one line.

use super::Read;

/// The rest of a line.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    rest: &'a str,
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '@' | '%' | '<' | '>')
}

impl<'a> Words<'a> {
    pub fn new(line: &'a str) -> Words<'a> {
        Words { rest: line.trim() }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next word or punctuation mark, without moving; empty at the end.
    pub fn peek(&self) -> &'a str {
        let end = match self.rest.find(|c| !is_word(c)) {
            Some(0) => self.rest.chars().next().map_or(0, char::len_utf8),
            Some(end) => end,
            None => self.rest.len(),
        };
        &self.rest[..end]
    }

    /// The next word or punctuation mark; empty at the end.
    pub fn word(&mut self) -> &'a str {
        let word = self.peek();
        self.rest = self.rest[word.len()..].trim_start();
        word
    }

    pub fn eat(&mut self, word: &str) -> bool {
        let found = self.peek() == word;
        if found {
            self.word();
        }
        found
    }

    pub fn expect(&mut self, word: &str) -> Read<()> {
        if self.eat(word) { Ok(()) } else { Err(format!("expected `{word}`, found `{}`", self.rest)) }
    }

    pub fn end(&self) -> Read<()> {
        if self.is_empty() { Ok(()) } else { Err(format!("`{}` is too much", self.rest)) }
    }

    /// A whole number, decimal or `0x…`.
    pub fn number(&mut self) -> Read<u128> {
        let word = self.word();
        let parsed = match word.strip_prefix("0x") {
            Some(digits) => u128::from_str_radix(digits, 16),
            None => word.parse(),
        };
        parsed.map_err(|_| format!("`{word}` is no number"))
    }

    /// A whole number of 32 bits.
    pub fn small(&mut self) -> Read<u32> {
        let number = self.number()?;
        u32::try_from(number).map_err(|_| format!("{number} is too great"))
    }

    /// The number behind `prefix`, as in `block7`.
    pub fn id(&mut self, prefix: &str) -> Read<u32> {
        let word = self.word();
        let number = word.strip_prefix(prefix).and_then(|digits| digits.parse().ok());
        number.ok_or_else(|| format!("expected `{prefix}` and a number, found `{word}`"))
    }

    /// A text in quotes, with Rust's escapes.
    pub fn quoted(&mut self) -> Read<String> {
        let inner =
            self.rest.strip_prefix('"').ok_or_else(|| format!("expected a text in quotes, found `{}`", self.rest))?;
        let (mut text, mut chars) = (String::new(), inner.char_indices());
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = inner[at + 1..].trim_start();
                    return Ok(text);
                }
                '\\' => text.push(escaped(&mut chars)?),
                other => text.push(other),
            }
        }
        Err("the text has no closing quote".to_owned())
    }

    /// The items up to `close`, separated by commas; `open` has been read.
    pub fn list<T>(&mut self, close: &str, mut item: impl FnMut(&mut Words<'a>) -> Read<T>) -> Read<Vec<T>> {
        let mut items = Vec::new();
        while !self.eat(close) {
            if !items.is_empty() {
                self.expect(",")?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// The one of `T` that a word names.
    pub fn named<T>(&mut self, what: &str, from_name: impl Fn(&str) -> Option<T>) -> Read<T> {
        let word = self.word();
        from_name(word).ok_or_else(|| format!("`{word}` is no {what}"))
    }
}

fn escaped(chars: &mut std::str::CharIndices<'_>) -> Read<char> {
    let next = chars.next().map(|(_, c)| c);
    match next {
        Some('n') => Ok('\n'),
        Some('t') => Ok('\t'),
        Some('r') => Ok('\r'),
        Some('0') => Ok('\0'),
        Some(c @ ('\\' | '"' | '\'')) => Ok(c),
        Some('u') => {
            let digits: String = chars.map(|(_, c)| c).skip_while(|c| *c == '{').take_while(|c| *c != '}').collect();
            let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
            code.ok_or_else(|| format!("`\\u{{{digits}}}` is no character"))
        }
        _ => Err("an unknown escape".to_owned()),
    }
}
