//! A PTX module as tables.

use std::ops::Range;

use rustg_base::{Span, StringId, Strings};

use crate::form::{Form, Forms};
use crate::ids::{FormId, FunctionId, LabelId, LocationId, OperandRange, PrototypeId, RegisterId, VariableId};
use crate::opcode::Opcode;
use crate::operand::Operand;
use crate::types::Type;

/// Where a variable lives or an access goes (PTX ISA 5.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Space {
    /// No space named: a generic address.
    Generic,
    /// `.reg`
    Register,
    /// `.sreg`
    Special,
    /// `.const`
    Constant,
    /// `.global`
    Global,
    /// `.local`
    Local,
    /// `.param`
    Parameter,
    /// `.shared`, `.shared::cta`
    Shared,
    /// `.shared::cluster`
    SharedCluster,
    /// `.tex` (deprecated)
    Texture,
}

/// Who sees a name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
#[allow(missing_docs, reason = "each is named as PTX spells it")]
pub enum Linkage {
    #[default]
    Internal,
    Extern,
    Visible,
    Weak,
    Common,
}

/// `.version`
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
#[allow(missing_docs, reason = "the two numbers")]
pub struct Version {
    pub major: u16,
    pub minor: u16,
}

/// `.target`
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Target {
    /// 90 of `sm_90a`; 0 if the directive is missing.
    pub sm: u32,
    /// `a` (this architecture only), `f` (its family) or none.
    pub suffix: Option<char>,
    /// Whether `debug` is among the options.
    pub debug: bool,
    /// Other options as written: `texmode_unified`, `map_f64_to_f32`.
    pub options: Vec<StringId>,
}

/// `.file`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// The number that `.loc` names.
    pub number: u32,
    /// The path as written.
    pub path: StringId,
    /// Modification time (seconds since 1970) and size (bytes), if given.
    pub stamp: Option<(u64, u64)>,
}

/// A `.loc`: the source line of the instructions from `instruction` up to the next location.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location {
    /// Index of the first instruction (in the module) that it is about.
    pub instruction: u32,
    /// The number of its `.file`.
    pub file: u32,
    /// Line, from 1; 0 means none.
    pub line: u32,
    /// Column, from 1; 0 means none.
    pub column: u32,
    /// The name of the function this code was inlined from: a label of a debug section, and an offset in bytes from it.
    pub function: Option<(StringId, i64)>,
    /// Where that function was called: the location of the call site.
    pub inlined_at: Option<LocationId>,
    /// The directive.
    pub span: Span,
}

/// A register: its type and how many elements it has (1; 2 or 4 for `.v2`, `.v4`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "said above")]
pub struct Register {
    pub kind: Type,
    pub lanes: u8,
}

/// Registers declared together: `%r<10>` or one name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegisterBlock {
    /// The name, or the part before the number.
    pub name: StringId,
    /// Its first register.
    pub first: RegisterId,
    /// How many; `None` for a single register without a number.
    pub count: Option<u32>,
    /// Their type and width.
    pub register: Register,
    /// The declared name.
    pub span: Span,
}

/// What a relocated word of an initialiser points to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RelocationTarget {
    /// A variable's address.
    Variable(VariableId),
    /// A function's address.
    Function(FunctionId),
}

/// A word of an initialiser that holds an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Relocation {
    /// The variable that is initialised.
    pub variable: VariableId,
    /// Where in it, in bytes.
    pub offset_bytes: u64,
    /// How many bytes are written.
    pub size_bytes: u8,
    /// Whose address.
    pub target: RelocationTarget,
    /// Added to the address.
    pub addend: i64,
    /// Whether the generic address is meant, rather than the one in the target's own space.
    pub generic: bool,
    /// `0xFF00(symbol)`: only these bits of the address, shifted down to bit 0 (PTX ISA 5.4.5).
    pub mask: Option<u64>,
}

/// A variable of any space, or a parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its name.
    pub name: StringId,
    /// Where it lives. [`Space::Register`] only for register parameters of functions.
    pub space: Space,
    /// The element's type.
    pub kind: Type,
    /// Elements of a vector: 1, 2 or 4.
    pub lanes: u8,
    /// Array dimensions, outermost first; an unsized outermost one (`name[]`) is 0 unless an initialiser gave its length.
    pub dimensions: Vec<u64>,
    /// Bytes of the whole variable; 0 if unsized (dynamic shared memory).
    pub size_bytes: u64,
    /// Alignment in bytes.
    pub align_bytes: u32,
    /// Who sees it.
    pub linkage: Linkage,
    /// Its initial bytes in [`Module::initial_bytes`]; what lies behind them is zero. Empty without an initialiser.
    pub initial: Range<u32>,
    /// Whether it has an initialiser.
    pub initialised: bool,
    /// `.ptr .space .align n` of a kernel parameter: the space and alignment of what it points to.
    pub pointee: Option<(Space, u32)>,
    /// `.attribute(.managed)`
    pub managed: bool,
    /// `.attribute(.unified(a, b))`
    pub unified: Option<(u64, u64)>,
    /// The register of a register parameter.
    pub register: Option<RegisterId>,
    /// The function it is declared in; `None` for module scope.
    pub function: Option<FunctionId>,
    /// Its name's place.
    pub span: Span,
}

/// Performance-tuning and cluster directives of a function; absent ones are `None`, `false` or empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Directives {
    /// `.maxnreg`
    pub maxnreg: Option<u32>,
    /// `.maxntid`, missing dimensions 1.
    pub maxntid: Option<[u32; 3]>,
    /// `.reqntid`, missing dimensions 1.
    pub reqntid: Option<[u32; 3]>,
    /// `.minnctapersm`
    pub minnctapersm: Option<u32>,
    /// `.maxnctapersm` (deprecated)
    pub maxnctapersm: Option<u32>,
    /// `.explicitcluster`
    pub explicitcluster: bool,
    /// `.reqnctapercluster`, missing dimensions 1.
    pub reqnctapercluster: Option<[u32; 3]>,
    /// `.maxclusterrank`
    pub maxclusterrank: Option<u32>,
    /// `.blocksareclusters`
    pub blocksareclusters: bool,
    /// `.noreturn`
    pub noreturn: bool,
    /// `.abi_preserve`
    pub abi_preserve: Option<u32>,
    /// `.abi_preserve_control`
    pub abi_preserve_control: Option<u32>,
    /// `.attribute(.unified(a, b))`
    pub unified: Option<(u64, u64)>,
    /// `.pragma` strings of its head.
    pub pragmas: Vec<StringId>,
}

/// A kernel or function, defined or only declared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its name.
    pub name: StringId,
    /// Whether it is an `.entry`.
    pub is_entry: bool,
    /// Whether it has a body.
    pub is_defined: bool,
    /// Who sees it.
    pub linkage: Linkage,
    /// Its results: variables of [`Space::Parameter`] or [`Space::Register`].
    pub returns: Range<u32>,
    /// Its parameters, likewise.
    pub parameters: Range<u32>,
    /// Its other variables: shared, local, call parameters, ….
    pub variables: Range<u32>,
    /// Directives.
    pub directives: Directives,
    /// Its registers in [`Module::registers`].
    pub registers: Range<u32>,
    /// How they were declared, in [`Module::register_blocks`].
    pub register_blocks: Range<u32>,
    /// Its instructions in [`Module::instructions`].
    pub instructions: Range<u32>,
    /// Its labels in [`Module::labels`].
    pub labels: Range<u32>,
    /// Its locations in [`Module::locations`].
    pub locations: Range<u32>,
    /// The name's place.
    pub name_span: Span,
    /// From its first directive to the closing brace or semicolon.
    pub span: Span,
}

/// A label of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label {
    /// Its name.
    pub name: StringId,
    /// Index of the instruction behind it; the end of the function's range if there is none.
    pub instruction: u32,
    /// Its place.
    pub span: Span,
}

/// `.branchtargets` or `.calltargets`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetList {
    /// Its label.
    pub name: StringId,
    /// Labels of a `.branchtargets`; empty for a `.calltargets`.
    pub labels: Vec<LabelId>,
    /// Functions of a `.calltargets`; empty for a `.branchtargets`.
    pub functions: Vec<FunctionId>,
    /// Whether it is a `.branchtargets`.
    pub is_branch: bool,
    /// The function it stands in.
    pub function: FunctionId,
    /// Its place.
    pub span: Span,
}

/// `.callprototype`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prototype {
    /// Its label.
    pub name: StringId,
    /// Results, in [`Module::variables`].
    pub returns: Range<u32>,
    /// Parameters, in [`Module::variables`].
    pub parameters: Range<u32>,
    /// `.noreturn`
    pub noreturn: bool,
    /// `.abi_preserve`
    pub abi_preserve: Option<u32>,
    /// `.abi_preserve_control`
    pub abi_preserve_control: Option<u32>,
    /// The function it stands in; `None` at module scope.
    pub function: Option<FunctionId>,
    /// Its place.
    pub span: Span,
}

/// One item of a section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SectionItem {
    /// A label at this place.
    Label(StringId),
    /// A number, `size_bytes` wide.
    Number {
        /// Bytes.
        size_bytes: u8,
        /// Its value, cut to that size.
        value: u64,
    },
    /// The address of a label (in this or another section, or in code), or the name of another section, plus an offset.
    Symbol {
        /// Bytes.
        size_bytes: u8,
        /// The label's or section's name.
        name: StringId,
        /// Added, in bytes.
        addend: i64,
    },
    /// The distance between two labels: `plus - minus`.
    Difference {
        /// Bytes.
        size_bytes: u8,
        /// The label subtracted from.
        plus: StringId,
        /// The label that is subtracted.
        minus: StringId,
    },
}

/// `.section`: debug information as data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// Its name, with the dot: `.debug_info`.
    pub name: StringId,
    /// What stands in it, in order.
    pub items: Vec<SectionItem>,
    /// Its place.
    pub span: Span,
}

/// The predicate before an instruction, `@p` or `@!p`, in four bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Guard(u32);

impl Guard {
    /// No guard: always executed.
    pub const NONE: Guard = Guard(u32::MAX);

    /// Executed where `register` is true, or false if `negated`.
    pub fn new(register: RegisterId, negated: bool) -> Guard {
        Guard(register.0 << 1 | negated as u32)
    }

    /// The register, and whether it is negated.
    pub fn get(self) -> Option<(RegisterId, bool)> {
        (self != Guard::NONE).then_some((RegisterId(self.0 >> 1), self.0 & 1 == 1))
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.get() {
            None => f.write_str("always"),
            Some((register, negated)) => write!(f, "@{}r{}", if negated { "!" } else { "" }, register.0),
        }
    }
}

/// One instruction: 24 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// Opcode, types and modifiers.
    pub form: FormId,
    /// When it is executed.
    pub guard: Guard,
    /// First operand in [`Module::operands`].
    pub operands_start: u32,
    /// How many operands; vectors, lists and pairs count one.
    pub operand_count: u16,
    /// The form's opcode.
    pub opcode: Opcode,
    /// From guard or opcode up to the semicolon.
    pub span: Span,
}

const _: () = assert!(size_of::<Instruction>() == 24);

/// The parts of a `call`.
#[derive(Clone, Copy, Debug)]
pub struct Call<'m> {
    /// Results: registers or `.param` variables.
    pub returns: &'m [Operand],
    /// The callee: [`Operand::Function`], or a register for an indirect call.
    pub target: Operand,
    /// Arguments: registers, immediates or `.param` variables.
    pub arguments: &'m [Operand],
    /// [`Operand::Prototype`] or [`Operand::Targets`] of an indirect call.
    pub prototype: Option<Operand>,
}

/// A PTX text as tables.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// All names and strings.
    pub strings: Strings,
    /// `.version`; zeros if it is missing.
    pub version: Version,
    /// `.target`
    pub target: Target,
    /// `.address_size` in bits: 32 or 64.
    pub address_size: u8,
    /// `.file` directives.
    pub files: Vec<SourceFile>,
    /// Module-scope `.pragma` strings.
    pub pragmas: Vec<StringId>,
    /// `.language`
    pub language: Option<StringId>,
    /// `.alias alias, function`
    pub aliases: Vec<(FunctionId, FunctionId)>,
    /// Functions, each once: a declaration followed by a definition is one entry, the definition.
    pub functions: Vec<Function>,
    /// Variables and parameters of module and functions.
    pub variables: Vec<Variable>,
    /// What variables start with, see [`Variable::initial`].
    pub initial_bytes: Vec<u8>,
    /// Addresses in initialisers, ordered by variable and offset.
    pub relocations: Vec<Relocation>,
    /// Forms of instructions.
    pub forms: Forms,
    /// Instructions of all functions.
    pub instructions: Vec<Instruction>,
    /// Operands of all instructions.
    pub operands: Vec<Operand>,
    /// Registers of all functions.
    pub registers: Vec<Register>,
    /// How registers are named.
    pub register_blocks: Vec<RegisterBlock>,
    /// Labels of all functions.
    pub labels: Vec<Label>,
    /// Source lines, ordered by instruction.
    pub locations: Vec<Location>,
    /// `.branchtargets` and `.calltargets`
    pub target_lists: Vec<TargetList>,
    /// `.callprototype`
    pub prototypes: Vec<Prototype>,
    /// `.pragma` strings inside of bodies, with the index of the instruction behind each, in order.
    pub statement_pragmas: Vec<(u32, StringId)>,
    /// Indices of the instructions whose address is marked `.unified`, in order.
    pub unified_accesses: Vec<u32>,
    /// Debug sections.
    pub sections: Vec<Section>,
    /// Places of comments, in order.
    pub comments: Vec<Span>,
}

impl Module {
    /// The text of `id`.
    pub fn name(&self, id: StringId) -> &str {
        self.strings.get(id)
    }

    /// The function called `name`.
    pub fn find_function(&self, name: &str) -> Option<FunctionId> {
        let id = self.strings.find(name)?;
        self.functions.iter().position(|function| function.name == id).map(FunctionId::new)
    }

    /// The module-scope variable called `name`.
    pub fn find_variable(&self, name: &str) -> Option<VariableId> {
        let id = self.strings.find(name)?;
        let found = self.variables.iter().position(|variable| variable.name == id && variable.function.is_none());
        found.map(VariableId::new)
    }

    /// The instructions of `function`.
    pub fn instructions_of(&self, function: &Function) -> &[Instruction] {
        &self.instructions[range(&function.instructions)]
    }

    /// The registers of `function`, indexed by [`RegisterId`].
    pub fn registers_of(&self, function: &Function) -> &[Register] {
        &self.registers[range(&function.registers)]
    }

    /// The parameters of `function`.
    pub fn parameters_of(&self, function: &Function) -> &[Variable] {
        &self.variables[range(&function.parameters)]
    }

    /// The form of `instruction`.
    pub fn form(&self, instruction: &Instruction) -> &Form {
        &self.forms[instruction.form]
    }

    /// The operands of `instruction`.
    pub fn operands_of(&self, instruction: &Instruction) -> &[Operand] {
        let start = instruction.operands_start as usize;
        &self.operands[start..start + instruction.operand_count as usize]
    }

    /// The elements of a vector, bracket, list or pair.
    pub fn elements(&self, elements: OperandRange) -> &[Operand] {
        &self.operands[elements.range()]
    }

    /// The parts of a `call`; `None` for other instructions and malformed calls.
    pub fn call(&self, instruction: &Instruction) -> Option<Call<'_>> {
        if instruction.opcode != Opcode::Call {
            return None;
        }
        let mut operands = self.operands_of(instruction);
        let mut list = || match operands {
            [Operand::List(elements), rest @ ..] => {
                operands = rest;
                self.elements(*elements)
            }
            _ => &[],
        };
        let returns = list();
        let (&target, rest) = operands.split_first()?;
        operands = rest;
        let mut list = || match operands {
            [Operand::List(elements), rest @ ..] => {
                operands = rest;
                self.elements(*elements)
            }
            _ => &[],
        };
        let arguments = list();
        Some(Call { returns, target, arguments, prototype: operands.first().copied() })
    }

    /// The name of register `register` of `function`, as the text writes it.
    ///
    /// # Panics
    /// When the register is not of this function.
    pub fn register_name(&self, function: &Function, register: RegisterId) -> String {
        let blocks = &self.register_blocks[range(&function.register_blocks)];
        let at = blocks.partition_point(|block| block.first <= register);
        let block = blocks[..at].last().expect("every register belongs to a block");
        match block.count {
            None => self.name(block.name).to_owned(),
            Some(_) => format!("{}{}", self.name(block.name), register.0 - block.first.0),
        }
    }

    /// The location of instruction `index` (in the module): the nearest before it in its function.
    pub fn location_of(&self, index: u32) -> Option<LocationId> {
        let function = self.functions.iter().find(|function| function.instructions.contains(&index))?;
        self.location_in(function, index)
    }

    /// The same of an instruction of `function`, without looking for the function.
    pub fn location_in(&self, function: &Function, index: u32) -> Option<LocationId> {
        let locations = &self.locations[range(&function.locations)];
        let before = locations.partition_point(|location| location.instruction <= index);
        (before > 0).then(|| LocationId(function.locations.start + before as u32 - 1))
    }

    /// The prototype `id`.
    pub fn prototype(&self, id: PrototypeId) -> &Prototype {
        &self.prototypes[id.index()]
    }
}

fn range(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}
