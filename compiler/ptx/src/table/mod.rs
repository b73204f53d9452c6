//! The instruction table.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::modifier::Modifier;
use crate::opcode::Opcode;
use crate::types::Type;

struct Names {
    opcodes: FxHashMap<&'static str, Opcode>,
    modifiers: FxHashMap<&'static str, Modifier>,
    types: FxHashMap<&'static str, Type>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| Names {
    opcodes: Opcode::ALL.iter().map(|&opcode| (opcode.text(), opcode)).collect(),
    modifiers: Modifier::ALL.iter().map(|&modifier| (modifier.text(), modifier)).collect(),
    types: Type::ALL.iter().map(|&found| (found.text(), found)).collect(),
});

/// The modifier spelt `text`, without its dot.
pub(crate) fn modifier_of(text: &str) -> Option<Modifier> {
    NAMES.modifiers.get(text).copied()
}

/// The type spelt `text`, without its dot.
pub(crate) fn type_of(text: &str) -> Option<Type> {
    NAMES.types.get(text).copied()
}

/// The opcode at the start of `text`, the one with the most words, and what stands behind it.
pub(crate) fn split_opcode(text: &str) -> (Opcode, &str) {
    let first = text.find('.').unwrap_or(text.len());
    let mut found = (Opcode::Unknown, &text[first..]);
    let mut end = first;
    for _ in 0..5 {
        if let Some(&opcode) = NAMES.opcodes.get(&text[..end]) {
            found = (opcode, &text[end..]);
        }
        if end == text.len() {
            break;
        }
        end = text[end + 1..].find('.').map_or(text.len(), |dot| end + 1 + dot);
    }
    found
}
