//! What identifiers mean, scope by scope. Inner scopes shadow outer ones (PTX ISA 4.4, 5.4).

use rustc_hash::FxHashMap;

use crate::ids::{FunctionId, LabelId, PrototypeId, RegisterId, TargetListId, VariableId};

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Binding {
    Register(RegisterId),
    Variable(VariableId),
    Function(FunctionId),
    /// A label, already placed or only used so far.
    Label(LabelId),
    Targets(TargetListId),
    Prototype(PrototypeId),
}

/// `%r<10>`: what the numbers behind a prefix stand for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Numbered {
    pub(super) first: u32,
    pub(super) count: u32,
    /// Whether they are variables rather than registers.
    pub(super) variables: bool,
}

enum Undo<'t> {
    /// The name, what it stood for, whether a numbered name covers it.
    Name(&'t [u8], Option<Binding>, bool),
    Numbered(&'t [u8], Option<Numbered>),
}

#[derive(Clone, Copy, Default)]
struct Cached {
    key: u64,
    numbered: Option<Numbered>,
}

#[derive(Default)]
pub(super) struct Names<'t> {
    exact: FxHashMap<&'t [u8], (Binding, u32)>,
    numbered: FxHashMap<&'t [u8], (Numbered, u32)>,
    undo: Vec<(Undo<'t>, u32)>,
    /// Where each open scope's undo records begin.
    scopes: Vec<usize>,
    cache: [Cached; 8],
    /// Single names in scope that a numbered one covers too.
    overlaps: u32,
}

/// A prefix of up to seven bytes as a number that is not 0.
#[inline(always)]
fn key_of(prefix: &[u8]) -> u64 {
    if prefix.len() > Names::KEY_BYTES_MAX {
        return 0;
    }
    prefix.iter().fold(Names::EMPTY_KEY, |key, &byte| Names::longer_key(key, byte))
}

#[inline(always)]
fn slot_of(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 61) as usize
}

impl Names<'_> {
    /// Bytes of a prefix that a key holds.
    pub(super) const KEY_BYTES_MAX: usize = 7;
    /// The key of no bytes.
    pub(super) const EMPTY_KEY: u64 = 1;

    /// The key of a prefix with one more byte.
    #[inline(always)]
    pub(super) fn longer_key(key: u64, byte: u8) -> u64 {
        key << 8 | byte as u64
    }

    /// The register of that number whose prefix has this key, if the prefix was looked up since the last declaration.
    #[inline(always)]
    pub(super) fn find_cached(&self, key: u64, number: u32) -> Option<RegisterId> {
        let cached = &self.cache[slot_of(key)];
        let numbered = cached.numbered.filter(|_| cached.key == key)?;
        (number < numbered.count && !numbered.variables).then(|| RegisterId(numbered.first + number))
    }
}

impl<'t> Names<'t> {
    pub(super) fn open(&mut self) {
        self.scopes.push(self.undo.len());
    }

    pub(super) fn depth(&self) -> u32 {
        self.scopes.len() as u32
    }

    /// Forgets what was declared in the innermost scope. Labels of it that were used are handed to `label`.
    pub(super) fn close(&mut self, mut label: impl FnMut(&'t [u8], LabelId)) {
        let start = self.scopes.pop().unwrap_or(0);
        while self.undo.len() > start {
            let Some((undo, depth)) = self.undo.pop() else { return };
            match undo {
                Undo::Name(name, before, overlaps) => {
                    self.overlaps -= overlaps as u32;
                    let gone = match before {
                        Some(binding) => self.exact.insert(name, (binding, depth)),
                        None => self.exact.remove(name),
                    };
                    if let Some((Binding::Label(id), _)) = gone {
                        label(name, id);
                    }
                }
                Undo::Numbered(name, before) => {
                    self.cache = Default::default();
                    match before {
                        Some(numbered) => drop(self.numbered.insert(name, (numbered, depth))),
                        None => drop(self.numbered.remove(name)),
                    }
                }
            }
        }
    }

    /// Binds `name` in the innermost scope. What it stood for in this very scope, if anything.
    pub(super) fn bind(&mut self, name: &'t [u8], binding: Binding) -> Option<Binding> {
        if name == b"_" {
            // The name of what has none: the parameters of a call prototype.
            return None;
        }
        let depth = self.depth();
        let digits_start = name.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
        let overlaps = digits_start < name.len() && self.numbered.contains_key(&name[..digits_start]);
        self.overlaps += overlaps as u32;
        let before = self.exact.insert(name, (binding, depth));
        let (was, was_depth) = (before.map(|(binding, _)| binding), before.map_or(0, |(_, depth)| depth));
        self.undo.push((Undo::Name(name, was, overlaps), was_depth));
        before.filter(|&(_, at)| at == depth).map(|(binding, _)| binding)
    }

    /// Binds `prefix` with a number. Whether this scope had already bound it.
    pub(super) fn bind_numbered(&mut self, prefix: &'t [u8], numbered: Numbered) -> bool {
        self.cache = Default::default();
        let depth = self.depth();
        let before = self.numbered.insert(prefix, (numbered, depth));
        self.undo.push((Undo::Numbered(prefix, before.map(|(n, _)| n)), before.map_or(0, |(_, depth)| depth)));
        before.is_some_and(|(_, at)| at == depth)
    }

    /// Whether a single name is in scope that a numbered one covers too.
    #[inline(always)]
    pub(super) fn overlap(&self) -> bool {
        self.overlaps != 0
    }

    /// What `name` stands for.
    pub(super) fn find(&self, name: &[u8]) -> Option<Binding> {
        self.exact.get(name).map(|&(binding, _)| binding)
    }

    /// What `name` stands for in the innermost scope.
    pub(super) fn find_here(&self, name: &[u8]) -> Option<Binding> {
        self.exact.get(name).filter(|&&(_, depth)| depth == self.depth()).map(|&(binding, _)| binding)
    }

    /// The register that `prefix` and `digits` name, where all of `name`'s last digits are its number.
    #[inline(always)]
    pub(super) fn find_numbered(&mut self, name: &'t [u8], digits_start: usize) -> Option<RegisterId> {
        let (numbered, number) = self.numbered_at(name, digits_start)?;
        (!numbered.variables).then(|| RegisterId(numbered.first + number))
    }

    /// The variable of a run (`a<4>`) that `name` names.
    #[cold]
    pub(super) fn find_numbered_variable(&mut self, name: &'t [u8], digits_start: usize) -> Option<VariableId> {
        let (numbered, number) = self.numbered_at(name, digits_start)?;
        numbered.variables.then(|| VariableId(numbered.first + number))
    }

    #[inline(always)]
    fn numbered_at(&mut self, name: &'t [u8], digits_start: usize) -> Option<(Numbered, u32)> {
        let (prefix, digits) = name.split_at(digits_start);
        if digits.is_empty() || digits.len() > 9 || (digits[0] == b'0' && digits.len() > 1) {
            return None;
        }
        let key = key_of(prefix);
        let cached = &self.cache[slot_of(key)];
        let numbered = if cached.key == key && key != 0 { cached.numbered } else { self.find_prefix(prefix, key) };
        let number = digits.iter().fold(0u32, |number, &digit| number * 10 + (digit - b'0') as u32);
        numbered.filter(|numbered| number < numbered.count).map(|numbered| (numbered, number))
    }

    #[cold]
    fn find_prefix(&mut self, prefix: &'t [u8], key: u64) -> Option<Numbered> {
        let numbered = self.numbered.get(prefix).map(|&(numbered, _)| numbered);
        if key != 0 {
            self.cache[slot_of(key)] = Cached { key, numbered };
        }
        numbered
    }

    /// A register whose declared prefix itself ends in digits: `%r1<10>` and `%r15`.
    #[cold]
    pub(super) fn find_odd_numbered(&mut self, name: &'t [u8], digits_start: usize) -> Option<RegisterId> {
        (digits_start + 1..name.len()).take(12).find_map(|at| self.find_numbered(name, at))
    }

    /// The declared name that differs least from `name`, if it is close. Of numbered names the prefix is compared.
    pub(super) fn nearest(&self, name: &[u8]) -> Option<&'t [u8]> {
        let digits_start = name.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
        let prefixes = closest(self.numbered.keys().copied(), &name[..digits_start]);
        closest(self.exact.keys().copied(), name).or(prefixes)
    }
}

/// The name that differs least from `name`, if it is close.
pub(super) fn closest<'n>(names: impl Iterator<Item = &'n [u8]>, name: &[u8]) -> Option<&'n [u8]> {
    let most = (name.len() / 3).clamp(1, 3);
    let candidates = names.filter(|known| known.len().abs_diff(name.len()) <= most).take(2000);
    let near = candidates.map(|known| (distance(known, name), known)).filter(|&(d, _)| d > 0 && d <= most);
    near.min().map(|(_, known)| known)
}

/// How many insertions, deletions and replacements lie between two names, of which the first 64 bytes count.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let (a, b) = (&a[..a.len().min(64)], &b[..b.len().min(64)]);
    let mut row: [usize; 65] = std::array::from_fn(|index| index);
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + (x != y) as usize;
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
