//! `#[derive(DeviceCopy)]`: says that a structure is plain data, and has rustc check it.

use std::fmt::Write;

use proc_macro::{Delimiter, TokenStream, TokenTree};

use crate::outline::{is_word, punct, split_commas, text};

/// The impl of `DeviceCopy` with its checks, or why there is none.
pub(crate) fn derive(item: TokenStream) -> Result<String, String> {
    let tokens: Vec<TokenTree> = item.into_iter().collect();
    let mut at = 0;
    let mut has_layout = false;
    while punct(tokens.get(at)) == Some('#') {
        if let Some(TokenTree::Group(attribute)) = tokens.get(at + 1) {
            let words = attribute.stream().to_string();
            has_layout |= words.starts_with("repr") && (words.contains('C') || words.contains("transparent"));
        }
        at += 2;
    }
    if !has_layout {
        return Err("a structure that devices see has a fixed layout: `#[repr(C)]`".to_owned());
    }
    while !is_word(tokens.get(at), "struct") {
        if at >= tokens.len() || is_word(tokens.get(at), "enum") || is_word(tokens.get(at), "union") {
            return Err("`DeviceCopy` is derived for structures".to_owned());
        }
        at += 1;
    }
    let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else { return Err("the structure has no name".to_owned()) };
    let Some(TokenTree::Group(body)) = tokens.get(at + 2) else {
        return Err("`DeviceCopy` is derived for structures with fields and without generic parameters".to_owned());
    };
    let is_named = body.delimiter() == Delimiter::Brace;
    let fields: Vec<TokenTree> = body.stream().into_iter().collect();
    let mut types = Vec::new();
    for field in split_commas(&fields) {
        types.push(type_of(&field, is_named).ok_or("a field has no type")?);
    }
    let mut out = String::new();
    let sizes: String = types.iter().map(|ty| format!(" + ::core::mem::size_of::<{ty}>()")).collect();
    let _ = write!(
        out,
        "const _: () = {{
             const fn plain<T: ::rustg::DeviceCopy>() {{}}
             {}
             ::core::assert!(
                 ::core::mem::size_of::<{name}>() == 0{sizes},
                 \"`{name}` has padding between or behind its fields, which a device would be given: name it as a field\",
             );
         }};
         // SAFETY: its layout is fixed, its fields are plain data, and there is nothing between them, as is checked above.
         unsafe impl ::rustg::DeviceCopy for {name} {{}}",
        types.iter().map(|ty| format!("plain::<{ty}>();\n")).collect::<String>(),
    );
    Ok(out)
}

/// The type of a field, behind its attributes, visibility and name.
fn type_of(field: &[TokenTree], is_named: bool) -> Option<String> {
    let mut at = 0;
    while punct(field.get(at)) == Some('#') {
        at += 2;
    }
    if is_word(field.get(at), "pub") {
        at += 1;
        if matches!(field.get(at), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis) {
            at += 1;
        }
    }
    at += if is_named { 2 } else { 0 };
    (at < field.len()).then(|| text(&field[at..]))
}
