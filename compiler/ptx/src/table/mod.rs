//! The instruction table: every instruction of PTX as data, in `instructions.table`, read once a process.
//!
//! Reader, verifier, writer and simulator ask it what words an instruction has, which operands it reads and writes, and what it does besides.

mod row;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::form::Form;
use crate::modifier::Modifier;
use crate::module::Version;
use crate::opcode::Opcode;
use crate::types::Type;

pub use row::{Choice, Group, Kind, Mismatch, OperandRule, Role, Row};

/// What an instruction does besides computing a value: a set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Effects(u8);

impl Effects {
    /// Reads memory.
    pub const READS: Effects = Effects(1);
    /// Writes memory.
    pub const WRITES: Effects = Effects(2);
    /// What it starts is done later.
    pub const ASYNC: Effects = Effects(4);
    /// The threads of a warp, or of a block, do it together: it may not move across divergent control.
    pub const CONVERGENT: Effects = Effects(8);
    /// Waits for other threads or orders memory.
    pub const BARRIER: Effects = Effects(16);
    /// May change which instruction comes next.
    pub const CONTROL: Effects = Effects(32);
    /// Changes the stack, the register allocation, counters or time.
    pub const STATE: Effects = Effects(64);

    /// Whether all of `other` are in the set.
    pub fn has(self, other: Effects) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether it only computes a value from its operands.
    pub fn is_pure(self) -> bool {
        self.0 == 0
    }

    const NAMES: [(&'static str, Effects); 7] = [
        ("reads", Effects::READS),
        ("writes", Effects::WRITES),
        ("async", Effects::ASYNC),
        ("convergent", Effects::CONVERGENT),
        ("barrier", Effects::BARRIER),
        ("control", Effects::CONTROL),
        ("state", Effects::STATE),
    ];

    /// The names of what is in the set, as the table writes them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Effects::NAMES.into_iter().filter(move |(_, effect)| self.has(*effect)).map(|(name, _)| name)
    }

    fn parse(names: &str) -> Effects {
        names.split_whitespace().filter(|name| *name != "value").fold(Effects::default(), |set, name| {
            let found = Effects::NAMES.iter().find(|(known, _)| *known == name);
            let (_, one) = found.unwrap_or_else(|| panic!("{name} is no effect of the instruction table"));
            Effects(set.0 | one.0)
        })
    }
}

/// What the table says about an opcode.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// Its name.
    pub name: &'static str,
    /// What any of its variants does.
    pub effects: Effects,
    /// The first PTX version that has any of them.
    pub version: Version,
    /// The first target that has any of them; 0 for all.
    pub sm: u32,
}

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

struct Table {
    rows: Vec<Row>,
    /// Where each opcode's rows begin.
    starts: Vec<u32>,
    infos: Vec<Info>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut rows = row::parse(include_str!("../../instructions.table"), &NAMES.opcodes);
    rows.sort_by_key(|row| row.opcode);
    let opcodes = Opcode::ALL.iter().copied().chain([Opcode::Unknown]);
    let starts = opcodes.clone().map(|opcode| rows.partition_point(|row| row.opcode < opcode) as u32).collect();
    let infos = opcodes
        .map(|opcode| {
            let own = || rows.iter().filter(move |row| row.opcode == opcode);
            Info {
                name: opcode.text(),
                effects: Effects(own().fold(0, |set, row| set | row.effects.0)),
                version: own().map(|row| row.version).min_by_key(|v| (v.major, v.minor)).unwrap_or_default(),
                sm: own().map(|row| row.sm).min().unwrap_or(0),
            }
        })
        .collect();
    Table { rows, starts, infos }
});

/// All rows, grouped by opcode.
pub fn rows() -> &'static [Row] {
    &TABLE.rows
}

/// The rows of `opcode`; none for [`Opcode::Unknown`].
pub fn rows_of(opcode: Opcode) -> &'static [Row] {
    if opcode == Opcode::Unknown {
        return &[];
    }
    &TABLE.rows[TABLE.starts[opcode as usize] as usize..TABLE.starts[opcode as usize + 1] as usize]
}

/// The row that `form` is spelt by, with so many operands; one with another number of operands if none has that many.
pub fn row_of(form: &Form, operand_count: usize) -> Option<&'static Row> {
    let fits = || rows_of(form.opcode).iter().filter(|row| row.accepts(form).is_ok());
    fits().find(|row| row.accepts_count(operand_count)).or_else(|| fits().next())
}

impl Opcode {
    /// What the table says about it.
    pub fn info(self) -> &'static Info {
        &TABLE.infos[self as usize]
    }
}

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
