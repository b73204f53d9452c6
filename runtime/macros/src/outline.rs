//! A function's outline, read from its tokens: no more than a launch needs.

use proc_macro::{Delimiter, Ident, Spacing, TokenStream, TokenTree};

/// How a kernel's parameter is given at a launch. The types are Rust source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Value(String),
    /// `&[T]`.
    Slice(String),
    /// `DisjointSlice<T, S>`: the type of its elements, the space of its indices where that is written, and whether it may be indexed by one: it
    /// is not where the body only calls methods of [`UNINDEXED`].
    Disjoint(String, Option<String>, bool),
    /// `&mut [T]`.
    SliceMut(String),
    /// `*const T`, `&T`.
    Pointer(String),
    /// `*mut T`, `&mut T`.
    PointerMut(String),
}

pub(crate) struct Parameter {
    pub name: String,
    pub kind: Kind,
}

pub(crate) struct Outline {
    pub visibility: String,
    pub is_unsafe: bool,
    pub name: Ident,
    pub parameters: Vec<Parameter>,
}

pub(crate) fn punct(token: Option<&TokenTree>) -> Option<char> {
    match token {
        Some(TokenTree::Punct(punct)) => Some(punct.as_char()),
        _ => None,
    }
}

pub(crate) fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident.to_string() == word)
}

pub(crate) fn text(tokens: &[TokenTree]) -> String {
    tokens.iter().cloned().collect::<TokenStream>().to_string()
}

/// Reads the outline of a kernel, or says why the item is none.
pub(crate) fn read(item: &TokenStream) -> Result<Outline, String> {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let mut at = 0;
    while punct(tokens.get(at)) == Some('#') {
        at += 2;
    }
    let visible = at;
    if is_word(tokens.get(at), "pub") {
        at += 1;
        if matches!(tokens.get(at), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis) {
            at += 1;
        }
    }
    let visibility = text(&tokens[visible..at]);
    for (word, what) in [("const", "const"), ("async", "async"), ("extern", "extern")] {
        if is_word(tokens.get(at), word) {
            return Err(format!("a kernel is no `{what} fn`"));
        }
    }
    let is_unsafe = is_word(tokens.get(at), "unsafe");
    at += usize::from(is_unsafe);
    if !is_word(tokens.get(at), "fn") {
        return Err("`#[kernel]` stands before a function".to_owned());
    }
    let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else { return Err("the function has no name".to_owned()) };
    let Some(TokenTree::Group(parameters)) = tokens.get(at + 2) else {
        return Err(
            "a kernel has no generic parameters: write one kernel for each type, that calls a generic function"
                .to_owned(),
        );
    };
    if punct(tokens.get(at + 3)) == Some('-') {
        return Err("a kernel returns nothing: it writes through its parameters".to_owned());
    }
    let parameters: Vec<TokenTree> = parameters.stream().into_iter().collect();
    let parameters = split_commas(&parameters).into_iter().enumerate();
    let mut parameters: Vec<Parameter> =
        parameters.map(|(at, tokens)| parameter(at, &tokens)).collect::<Result<_, _>>()?;
    if let Some(TokenTree::Group(body)) = tokens.last() {
        for Parameter { name, kind } in &mut parameters {
            if let Kind::Disjoint(_, _, indexed) = kind {
                *indexed = is_indexed(body.stream(), name);
            }
        }
    }
    Ok(Outline { visibility, is_unsafe, name: name.clone(), parameters })
}

/// What stands between commas that are not within angle brackets.
pub(crate) fn split_commas(tokens: &[TokenTree]) -> Vec<Vec<TokenTree>> {
    let mut parts = vec![Vec::new()];
    let (mut depth, mut after_dash) = (0_i32, false);
    for token in tokens {
        if let TokenTree::Punct(punct) = token {
            match punct.as_char() {
                '<' => depth += 1,
                '>' if !after_dash => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(Vec::new());
                    continue;
                }
                _ => {}
            }
            after_dash = punct.as_char() == '-' && punct.spacing() == Spacing::Joint;
        }
        parts.last_mut().expect("there is always a part").push(token.clone());
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn parameter(at: usize, tokens: &[TokenTree]) -> Result<Parameter, String> {
    let mut start = 0;
    while punct(tokens.get(start)) == Some('#') {
        start += 2;
    }
    if is_word(tokens.get(start), "mut") {
        start += 1;
    }
    let Some(TokenTree::Ident(name)) = tokens.get(start) else {
        return Err(format!("parameter {} of a kernel is a plain name with a type", at + 1));
    };
    if punct(tokens.get(start + 1)) != Some(':') {
        return Err(format!("parameter {} of a kernel is a plain name with a type", at + 1));
    }
    let name = if name.to_string() == "_" { format!("argument{at}") } else { name.to_string() };
    if name == "self" {
        return Err("a kernel is no method".to_owned());
    }
    Ok(Parameter { name, kind: kind(&tokens[start + 2..])? })
}

fn kind(tokens: &[TokenTree]) -> Result<Kind, String> {
    match punct(tokens.first()) {
        Some('&') => {
            // A lifetime is an apostrophe and a word.
            let mut at = if punct(tokens.get(1)) == Some('\'') { 3 } else { 1 };
            let is_mutable = is_word(tokens.get(at), "mut");
            at += usize::from(is_mutable);
            let slice = match (tokens.get(at), tokens.len() - at) {
                (Some(TokenTree::Group(group)), 1) if group.delimiter() == Delimiter::Bracket => {
                    let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                    let is_array = inside.iter().any(|token| punct(Some(token)) == Some(';'));
                    (!is_array).then(|| text(&inside))
                }
                _ => None,
            };
            Ok(match (slice, is_mutable) {
                (Some(element), false) => Kind::Slice(element),
                (Some(element), true) => Kind::SliceMut(element),
                (None, false) => Kind::Pointer(text(&tokens[at..])),
                (None, true) => Kind::PointerMut(text(&tokens[at..])),
            })
        }
        Some('*') => Ok(match is_word(tokens.get(1), "mut") {
            true => Kind::PointerMut(text(&tokens[2..])),
            false => Kind::Pointer(text(&tokens[2..])),
        }),
        _ => Ok(disjoint(tokens).unwrap_or_else(|| Kind::Value(text(tokens)))),
    }
}

/// A `DisjointSlice<T, S>`, by whatever path it is named.
fn disjoint(tokens: &[TokenTree]) -> Option<Kind> {
    let open = tokens.iter().position(|token| punct(Some(token)) == Some('<'))?;
    if open == 0 || !is_word(tokens.get(open - 1), "DisjointSlice") || punct(tokens.last()) != Some('>') {
        return None;
    }
    let arguments = split_commas(&tokens[open + 1..tokens.len() - 1]);
    let mut types = arguments.iter().filter(|argument| punct(argument.first()) != Some('\'')).map(|ty| text(ty));
    Some(Kind::Disjoint(types.next()?, types.next(), true))
}

/// The methods of a `DisjointSlice` that no `ThreadIndex` is given to.
const UNINDEXED: &[&str] = &["get_unchecked_mut", "as_mut_ptr", "len", "is_empty"];

/// Whether a slice of that name goes anywhere but into calls of [`UNINDEXED`].
fn is_indexed(body: TokenStream, name: &str) -> bool {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(group) => is_indexed(group.stream(), name),
        TokenTree::Ident(ident) if ident.to_string() == name => {
            let is_call = punct(tokens.get(at + 1)) == Some('.');
            !is_call || !UNINDEXED.iter().any(|method| is_word(tokens.get(at + 2), method))
        }
        _ => false,
    })
}
