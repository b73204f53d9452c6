//! Forms: the dotted text of an instruction, decoded once and shared by all instructions that spell it alike.

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::ids::FormId;
use crate::modifier::Modifier;
use crate::module::Space;
use crate::opcode::Opcode;
use crate::table;
use crate::types::Type;

/// Words behind the opcode's own; the longest instruction of PTX ISA 9.5 has eleven.
const WORDS_MAX: usize = 20;
/// Types in one form; block-scaled `mma` has five.
const TYPES_MAX: usize = 6;

/// A dotted word of an instruction behind its opcode.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Word {
    /// A type.
    Type(Type),
    /// Anything else.
    Modifier(Modifier),
}

/// The numbers of a matrix shape: `.m16n8k16`; `k` is 0 where a shape has none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
#[allow(missing_docs, reason = "the three numbers as PTX names them")]
pub struct Shape {
    pub m: u16,
    pub n: u16,
    pub k: u16,
}

/// How a result is rounded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Rounding {
    /// `.rn`: nearest, ties to even.
    Nearest,
    /// `.rna`: nearest, ties away from zero.
    NearestAway,
    /// `.rz`: towards zero.
    Zero,
    /// `.rm`: towards negative infinity.
    Down,
    /// `.rp`: towards positive infinity.
    Up,
    /// `.rs`: stochastic, from given random bits.
    Stochastic,
    /// `.rni`: to an integral value, nearest, ties to even.
    NearestIntegral,
    /// `.rzi`: to an integral value, towards zero.
    ZeroIntegral,
    /// `.rmi`: to an integral value, towards negative infinity.
    DownIntegral,
    /// `.rpi`: to an integral value, towards positive infinity.
    UpIntegral,
}

/// A comparison of `set` and `setp`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "each is named as PTX spells it")]
pub enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// Unsigned lower.
    Lo,
    /// Unsigned lower or same.
    Ls,
    /// Unsigned higher.
    Hi,
    /// Unsigned higher or same.
    Hs,
    /// Equal or unordered.
    Equ,
    Neu,
    Ltu,
    Leu,
    Gtu,
    Geu,
    /// Neither operand is NaN.
    Num,
    /// An operand is NaN.
    Nan,
}

/// How `set` and `setp` combine their comparison with a third predicate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "each is named as PTX spells it")]
pub enum Boolean {
    And,
    Or,
    Xor,
}

/// How a memory operation orders others (PTX ISA 8.3). Absent: weak.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "each is named as PTX spells it")]
pub enum Semantics {
    Weak,
    Volatile,
    Mmio,
    Relaxed,
    Acquire,
    Release,
    AcquireRelease,
    SequentiallyConsistent,
}

/// The threads among which a strong operation orders (PTX ISA 8.5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "each is named as the notes of the memory model name it")]
pub enum Scope {
    Block,
    Cluster,
    Gpu,
    System,
}

/// What an instruction is besides its operands: opcode, types and modifiers, in the order written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Form {
    /// The instruction.
    pub opcode: Opcode,
    /// The numbers of a `.mMnNkK` word; zeros without one.
    pub shape: Shape,
    word_count: u8,
    type_count: u8,
    words: [Word; WORDS_MAX],
    types: [Type; TYPES_MAX],
}

impl Form {
    /// The form spelt `text` (`ld.global.v4.f32`, no white space). Words nobody knows become [`Modifier::Unknown`]; an
    /// instruction nobody knows [`Opcode::Unknown`], with the words that are known.
    pub fn parse(text: &str) -> Form {
        let mut form = Form {
            opcode: Opcode::Unknown,
            shape: Shape::default(),
            word_count: 0,
            type_count: 0,
            words: [Word::Modifier(Modifier::Unknown); WORDS_MAX],
            types: [Type::B32; TYPES_MAX],
        };
        let (opcode, mut rest) = table::split_opcode(text);
        form.opcode = opcode;
        while let Some(dotted) = rest.strip_prefix('.') {
            let (word, behind) = dotted.split_at(dotted.find('.').unwrap_or(dotted.len()));
            rest = behind;
            let word = form.word(word);
            form.push(word);
        }
        form
    }

    fn word(&mut self, text: &str) -> Word {
        if let Some(modifier) = table::modifier_of(text) {
            return Word::Modifier(modifier);
        }
        if let Some(found) = table::type_of(text) {
            return Word::Type(found);
        }
        match parse_shape(text) {
            Some(shape) => {
                self.shape = shape;
                Word::Modifier(Modifier::Shape)
            }
            None => Word::Modifier(Modifier::Unknown),
        }
    }

    fn push(&mut self, word: Word) {
        if (self.word_count as usize) < WORDS_MAX {
            self.words[self.word_count as usize] = word;
            self.word_count += 1;
        } else {
            self.words[WORDS_MAX - 1] = Word::Modifier(Modifier::Unknown);
        }
        if let Word::Type(t) = word {
            if (self.type_count as usize) < TYPES_MAX {
                self.types[self.type_count as usize] = t;
                self.type_count += 1;
            } else {
                self.words[self.word_count as usize - 1] = Word::Modifier(Modifier::Unknown);
            }
        }
    }

    /// The words behind the opcode's, in order.
    pub fn words(&self) -> &[Word] {
        &self.words[..self.word_count as usize]
    }

    /// The modifiers, in order.
    pub fn modifiers(&self) -> impl Iterator<Item = Modifier> + '_ {
        self.words().iter().filter_map(|word| match word {
            Word::Modifier(modifier) => Some(*modifier),
            Word::Type(_) => None,
        })
    }

    /// The types, in order.
    pub fn types(&self) -> &[Type] {
        &self.types[..self.type_count as usize]
    }

    /// Type number `index`, from 0.
    pub fn type_at(&self, index: usize) -> Option<Type> {
        self.types().get(index).copied()
    }

    /// Whether `modifier` stands in it.
    pub fn has(&self, modifier: Modifier) -> bool {
        self.words().contains(&Word::Modifier(modifier))
    }

    fn first<T: Copy>(&self, choices: &[(Modifier, T)]) -> Option<T> {
        self.modifiers()
            .find_map(|word| choices.iter().find(|(modifier, _)| *modifier == word).map(|&(_, value)| value))
    }

    /// The first state space that it names; [`Space::Generic`] if it names none.
    pub fn space(&self) -> Space {
        self.first(SPACES).unwrap_or(Space::Generic)
    }

    /// The rounding that it names.
    pub fn rounding(&self) -> Option<Rounding> {
        self.first(ROUNDINGS)
    }

    /// The comparison of `set`, `setp`, `vset`.
    pub fn comparison(&self) -> Option<Comparison> {
        self.first(COMPARISONS)
    }

    /// The Boolean operation of `set`, `setp`.
    pub fn boolean(&self) -> Option<Boolean> {
        self.first(&[(Modifier::And, Boolean::And), (Modifier::Or, Boolean::Or), (Modifier::Xor, Boolean::Xor)])
    }

    /// The memory semantics that it names.
    pub fn semantics(&self) -> Option<Semantics> {
        self.first(SEMANTICS)
    }

    /// The scope that it names.
    pub fn scope(&self) -> Option<Scope> {
        self.first(SCOPES)
    }

    /// The operation of `atom`, `red`, `redux`, `bar.red`, `cp.reduce`, …: `.add`, `.min`, `.cas`, `.popc`, ….
    pub fn operation(&self) -> Option<Modifier> {
        use Modifier::*;
        const OPERATIONS: &[Modifier] = &[And, Or, Xor, Add, Inc, Dec, Min, Max, Exch, Cas, Popc];
        self.modifiers().find(|modifier| OPERATIONS.contains(modifier))
    }

    /// Elements of its vector operand: 1 without `.v2`, `.v4`, `.v8`.
    pub fn vector_len(&self) -> u32 {
        self.first(&[(Modifier::V2, 2), (Modifier::V3, 3), (Modifier::V4, 4), (Modifier::V8, 8)]).unwrap_or(1)
    }
}

const SPACES: &[(Modifier, Space)] = &[
    (Modifier::Reg, Space::Register),
    (Modifier::Sreg, Space::Special),
    (Modifier::Const, Space::Constant),
    (Modifier::Global, Space::Global),
    (Modifier::Local, Space::Local),
    (Modifier::Param, Space::Parameter),
    (Modifier::ParamEntry, Space::Parameter),
    (Modifier::ParamFunc, Space::Parameter),
    (Modifier::Shared, Space::Shared),
    (Modifier::SharedCta, Space::Shared),
    (Modifier::SharedCluster, Space::SharedCluster),
];

const ROUNDINGS: &[(Modifier, Rounding)] = &[
    (Modifier::Rn, Rounding::Nearest),
    (Modifier::Rna, Rounding::NearestAway),
    (Modifier::Rz, Rounding::Zero),
    (Modifier::Rm, Rounding::Down),
    (Modifier::Rp, Rounding::Up),
    (Modifier::Rs, Rounding::Stochastic),
    (Modifier::Rni, Rounding::NearestIntegral),
    (Modifier::Rzi, Rounding::ZeroIntegral),
    (Modifier::Rmi, Rounding::DownIntegral),
    (Modifier::Rpi, Rounding::UpIntegral),
];

const COMPARISONS: &[(Modifier, Comparison)] = &[
    (Modifier::Eq, Comparison::Eq),
    (Modifier::Ne, Comparison::Ne),
    (Modifier::Lt, Comparison::Lt),
    (Modifier::Le, Comparison::Le),
    (Modifier::Gt, Comparison::Gt),
    (Modifier::Ge, Comparison::Ge),
    (Modifier::Lo, Comparison::Lo),
    (Modifier::Ls, Comparison::Ls),
    (Modifier::Hi, Comparison::Hi),
    (Modifier::Hs, Comparison::Hs),
    (Modifier::Equ, Comparison::Equ),
    (Modifier::Neu, Comparison::Neu),
    (Modifier::Ltu, Comparison::Ltu),
    (Modifier::Leu, Comparison::Leu),
    (Modifier::Gtu, Comparison::Gtu),
    (Modifier::Geu, Comparison::Geu),
    (Modifier::Num, Comparison::Num),
    (Modifier::Nan, Comparison::Nan),
];

const SEMANTICS: &[(Modifier, Semantics)] = &[
    (Modifier::Weak, Semantics::Weak),
    (Modifier::Volatile, Semantics::Volatile),
    (Modifier::Mmio, Semantics::Mmio),
    (Modifier::Relaxed, Semantics::Relaxed),
    (Modifier::Acquire, Semantics::Acquire),
    (Modifier::Release, Semantics::Release),
    (Modifier::AcqRel, Semantics::AcquireRelease),
    (Modifier::Sc, Semantics::SequentiallyConsistent),
];

const SCOPES: &[(Modifier, Scope)] = &[
    (Modifier::Cta, Scope::Block),
    (Modifier::Cluster, Scope::Cluster),
    (Modifier::Gpu, Scope::Gpu),
    (Modifier::Gl, Scope::Gpu),
    (Modifier::Sys, Scope::System),
];

/// `m16n8k16`, `m8n8`: numbers up to 9999.
pub(crate) fn parse_shape(text: &str) -> Option<Shape> {
    fn number(text: &str) -> (u16, &str) {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > 4 {
            return (0, text);
        }
        (text[..digits].parse().unwrap_or(0), &text[digits..])
    }
    let (m, rest) = number(text.strip_prefix('m')?);
    let (n, rest) = number(rest.strip_prefix('n')?);
    let (k, rest) = if rest.is_empty() { (0, rest) } else { number(rest.strip_prefix('k')?) };
    (rest.is_empty() && m > 0 && n > 0).then_some(Shape { m, n, k })
}

/// The forms of one module.
#[derive(Clone, Default)]
pub struct Forms {
    forms: Vec<Form>,
    text: String,
    ends: Vec<u32>,
    index: HashTable<FormId>,
}

impl Forms {
    /// The id of the form spelt `text`, decoded and added if it is new.
    ///
    /// # Panics
    /// When all spellings together exceed 4 GiB; a text of bounded size cannot do that.
    pub fn intern(&mut self, text: &str) -> FormId {
        let hash = hash_of(text.as_bytes());
        let (all, ends) = (&self.text, &self.ends);
        if let Some(&id) = self.index.find(hash, |&id| text_at(all, ends, id) == text) {
            return id;
        }
        let id = FormId::new(self.forms.len());
        self.forms.push(Form::parse(text));
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).expect("spellings stay below 4 GiB"));
        let (all, ends) = (&self.text, &self.ends);
        self.index.insert_unique(hash, id, |&id| hash_of(text_at(all, ends, id).as_bytes()));
        id
    }

    /// The spelling of `id`.
    pub fn text(&self, id: FormId) -> &str {
        text_at(&self.text, &self.ends, id)
    }

    /// How many different forms there are; ids are `0..len`.
    pub fn len(&self) -> usize {
        self.forms.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// All forms in the order of their ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (FormId, &Form)> {
        self.forms.iter().enumerate().map(|(index, form)| (FormId::new(index), form))
    }
}

impl std::ops::Index<FormId> for Forms {
    type Output = Form;
    fn index(&self, id: FormId) -> &Form {
        &self.forms[id.index()]
    }
}

impl std::fmt::Debug for Forms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries((0..self.forms.len()).map(|index| self.text(FormId::new(index)))).finish()
    }
}

fn text_at<'a>(all: &'a str, ends: &[u32], id: FormId) -> &'a str {
    let start = if id.0 == 0 { 0 } else { ends[id.index() - 1] as usize };
    &all[start..ends[id.index()] as usize]
}

fn hash_of(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    hasher.finish()
}
