//! Rows of the instruction table: read from `instructions.table`, matched against forms.

use rustc_hash::FxHashMap;

use super::{Effects, modifier_of, type_of};
use crate::form::{Form, Shape, Word};
use crate::modifier::Modifier;
use crate::module::Version;
use crate::opcode::Opcode;
use crate::types::Type;

/// One word that a group allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// This type.
    Type(Type),
    /// This modifier.
    Modifier(Modifier),
    /// This matrix shape.
    Shape(Shape),
    /// Any matrix shape.
    AnyShape,
}

/// Words of which a form has one.
#[derive(Clone, Debug)]
pub struct Group {
    /// Whether one of them must be there.
    pub required: bool,
    /// The words.
    pub choices: Vec<Choice>,
}

impl Group {
    fn is_types(&self) -> bool {
        self.choices.iter().all(|choice| matches!(choice, Choice::Type(_)))
    }

    fn allows(&self, word: Word, form: &Form) -> bool {
        self.choices.iter().any(|choice| match (*choice, word) {
            (Choice::Type(a), Word::Type(b)) => a == b,
            (Choice::Modifier(a), Word::Modifier(b)) => a == b,
            (Choice::Shape(shape), Word::Modifier(Modifier::Shape)) => shape == form.shape,
            (Choice::AnyShape, Word::Modifier(Modifier::Shape)) => true,
            _ => false,
        })
    }
}

/// Whether an operand is read or written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "named plainly")]
pub enum Role {
    Read,
    Write,
    ReadWrite,
}

/// What an operand is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A value of the form's type number n.
    Value(u8),
    /// The same; the register may be wider than the type.
    Relaxed(u8),
    /// A value of this type.
    Fixed(Type),
    /// A value twice as wide as the first type.
    Wide,
    /// A value of the first type, or a vector of as many as the form says; registers may be wider.
    Elements,
    /// A vector of so many values of this type.
    Vector(u8, Type),
    /// A predicate.
    Predicate,
    /// A predicate that may be negated.
    MaybeNegated,
    /// A result of the form's first type (`None`) or of a given type, perhaps with a predicate beside it.
    ValueAndPredicate(Option<Type>),
    /// A predicate, perhaps with a second one beside it.
    TwoPredicates,
    /// An address in brackets.
    Address,
    /// An integer constant.
    Constant,
    /// What `mov` and address conversions take: values, vectors of the same width, addresses of names.
    Movable,
    /// A callee.
    Callee,
    /// A label.
    Label,
    /// A list of labels.
    Targets,
    /// Anything.
    Any,
}

/// One operand of a row.
#[derive(Clone, Copy, Debug)]
pub struct OperandRule {
    /// Read or written.
    pub role: Role,
    /// What it is.
    pub kind: Kind,
    /// Whether it may be left out.
    pub optional: bool,
    /// Whether `_` may stand for it, besides what every destination allows.
    pub sink: bool,
}

/// A syntactic variant of an instruction.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its opcode.
    pub opcode: Opcode,
    /// The words it has.
    pub groups: Vec<Group>,
    /// Its operands.
    pub operands: Vec<OperandRule>,
    /// Whether any number of further operands may follow.
    pub open: bool,
    /// First PTX version.
    pub version: Version,
    /// First target, `sm_` number; 0 for all.
    pub sm: u32,
    /// Whether only that architecture or its family has it (`sm_90a`).
    pub architecture_specific: bool,
    /// What it does besides computing a value.
    pub effects: Effects,
}

/// Why a form is not one of a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mismatch {
    /// The word at this place (of [`Form::words`]) is not allowed, or not at this place among the types.
    Word(u8),
    /// A word of this group is missing.
    Missing(u8),
}

impl Row {
    /// Whether `form` is spelt as this row says; else the first thing that is wrong.
    pub fn accepts(&self, form: &Form) -> Result<(), Mismatch> {
        let mut used = 0u32;
        let mut next_types = 0;
        for (index, &word) in form.words().iter().enumerate() {
            let wrong = Mismatch::Word(index as u8);
            let found = match word {
                Word::Type(_) => {
                    let groups = self.groups.iter().enumerate().skip(next_types).filter(|(_, group)| group.is_types());
                    let mut found = None;
                    for (at, group) in groups {
                        if group.allows(word, form) {
                            found = Some(at);
                            break;
                        }
                        if group.required {
                            break;
                        }
                    }
                    next_types = found.map_or(next_types, |at| at + 1);
                    found
                }
                Word::Modifier(_) => {
                    let fits = |(at, group): &(usize, &Group)| used & 1 << at == 0 && group.allows(word, form);
                    // A required group first, so that `.and` of `lop3.and` is not taken for an optional one.
                    let groups = || self.groups.iter().enumerate();
                    let required = groups().filter(|(_, group)| group.required).find(fits);
                    required.or_else(|| groups().find(fits)).map(|(at, _)| at)
                }
            };
            match found {
                Some(at) => used |= 1 << at,
                None => return Err(wrong),
            }
        }
        match self.groups.iter().enumerate().find(|(at, group)| group.required && used & 1 << at == 0) {
            Some((at, _)) => Err(Mismatch::Missing(at as u8)),
            None => Ok(()),
        }
    }

    /// Whether so many operands are enough and not too many.
    pub fn accepts_count(&self, count: usize) -> bool {
        let least = self.operands.iter().filter(|rule| !rule.optional).count();
        count >= least && (self.open || count <= self.operands.len())
    }

    /// The rules of an instruction with `count` operands, one each: optional rules are taken from the left while operands are
    /// to spare; operands behind the last rule of an open row have none.
    pub fn rules(&self, count: usize) -> impl Iterator<Item = &OperandRule> {
        let least = self.operands.iter().filter(|rule| !rule.optional).count();
        let mut spare = count.saturating_sub(least);
        self.operands.iter().filter(move |rule| {
            if !rule.optional {
                return true;
            }
            let taken = spare > 0;
            spare -= taken as usize;
            taken
        })
    }
}

/// Reads the whole table. A mistake in it is ours, hence the panics.
pub(super) fn parse(text: &'static str, opcodes: &FxHashMap<&'static str, Opcode>) -> Vec<Row> {
    let mut lists: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    let mut effects = Effects::default();
    let mut rows = Vec::with_capacity(512);
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or("").trim();
        if let Some(list) = line.strip_prefix("let ") {
            let (name, words) = list.split_once('=').expect("a list has a name and words");
            lists.insert(name.trim(), words.split_whitespace().collect());
        } else if let Some(names) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            effects = Effects::parse(names);
        } else if let Some((head, operands)) = line.split_once('=') {
            rows.push(parse_row(head, operands, effects, &lists, opcodes));
        } else {
            assert!(line.is_empty(), "the instruction table has no lines like {line:?}");
        }
    }
    rows
}

fn parse_row(
    head: &'static str,
    operands: &str,
    effects: Effects,
    lists: &FxHashMap<&str, Vec<&str>>,
    opcodes: &FxHashMap<&'static str, Opcode>,
) -> Row {
    let (head, since) = head.split_once('@').unwrap_or((head, ""));
    let mut row = Row {
        opcode: Opcode::Unknown,
        groups: Vec::new(),
        operands: Vec::new(),
        open: false,
        version: Version::default(),
        sm: 0,
        architecture_specific: false,
        effects,
    };
    let mut words = head.split_whitespace();
    let name = words.next().expect("a row begins with an opcode");
    row.opcode = *opcodes.get(name).unwrap_or_else(|| panic!("{name} is no opcode"));
    let mut open: Option<Group> = None;
    for word in words {
        let begins = word.starts_with(['{', '[']);
        let ends = word.ends_with(['}', ']']);
        let inner = word.trim_matches(['{', '[', '}', ']']);
        let is_inside = begins || open.is_some();
        let mut group = open.take().unwrap_or(Group { required: !word.starts_with('['), choices: Vec::new() });
        match inner.strip_prefix('$') {
            Some(list) => group.choices.extend(lists[list].iter().map(|word| choice(word))),
            None => group.choices.push(choice(inner)),
        }
        if is_inside && !ends {
            open = Some(group);
        } else {
            row.groups.push(group);
        }
    }
    assert!(open.is_none() && row.groups.len() <= 32, "the groups of {head:?} are closed");
    if let Some((version, sm)) = since.trim().split_once('/').or(Some((since.trim(), ""))) {
        if let Some((major, minor)) = version.split_once('.') {
            let number = |text: &str| text.parse().expect("a version is two numbers");
            row.version = Version { major: number(major), minor: number(minor) };
        }
        let digits = sm.trim_end_matches('a');
        row.architecture_specific = digits.len() < sm.len();
        row.sm = if digits.is_empty() { 0 } else { digits.parse().expect("a target is a number") };
    }
    for operand in operands.split_whitespace() {
        if operand == "…" {
            row.open = true;
        } else {
            row.operands.push(parse_operand(operand));
        }
    }
    row
}

fn choice(word: &str) -> Choice {
    if word == "shape" {
        return Choice::AnyShape;
    }
    if let Some(modifier) = modifier_of(word) {
        return Choice::Modifier(modifier);
    }
    if let Some(found) = type_of(word) {
        return Choice::Type(found);
    }
    Choice::Shape(
        crate::form::parse_shape(word).unwrap_or_else(|| panic!("{word} is no word of the instruction table")),
    )
}

fn parse_operand(text: &str) -> OperandRule {
    let mut rest = text;
    let optional = rest.starts_with('?');
    rest = rest.trim_start_matches('?');
    let role = match rest.as_bytes()[0] {
        b'>' => Role::Write,
        b'+' => Role::ReadWrite,
        _ => Role::Read,
    };
    rest = rest.trim_start_matches(['>', '+']);
    let sink = rest.ends_with('_');
    rest = rest.trim_end_matches('_');
    let kind = match rest {
        "p" => Kind::Predicate,
        "!p" => Kind::MaybeNegated,
        "p|p" => Kind::TwoPredicates,
        "0|p" => Kind::ValueAndPredicate(None),
        "m" => Kind::Address,
        "i" => Kind::Constant,
        "x" => Kind::Movable,
        "c" => Kind::Callee,
        "l" => Kind::Label,
        "t" => Kind::Targets,
        "*" => Kind::Any,
        "w0" => Kind::Wide,
        "v0" => Kind::Elements,
        "r0" => Kind::Relaxed(0),
        "r1" => Kind::Relaxed(1),
        _ => {
            if let Ok(number) = rest.parse() {
                Kind::Value(number)
            } else if let Some((count, element)) = rest.split_once('*') {
                let element = type_of(element).expect("a vector has a type");
                Kind::Vector(count.parse().expect("a vector has a length"), element)
            } else if let Some(value) = rest.strip_suffix("|p") {
                Kind::ValueAndPredicate(type_of(value))
            } else {
                Kind::Fixed(type_of(rest).unwrap_or_else(|| panic!("{text} is no operand of the instruction table")))
            }
        }
    };
    OperandRule { role, kind, optional, sink }
}
