//! Where things lie: registers in frames, variables in local and shared memory, parameters, and how calls pass them.

use super::operation::Rows;
use crate::observe::RegisterSlot;
use rustc_hash::FxHashMap;
use rustg_ptx::{self as ptx, Function, Module, Space, Variable, VariableId};

/// Where a register of a function is, relative to its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In rows: the first of them and how many, and bits of one element.
    Rows {
        /// First row.
        row: u32,
        /// Rows of all elements.
        count: u32,
        /// Bits of an element.
        bits: u32,
    },
    /// A predicate: one word, counted from the frame's first row, 32 a row.
    Predicate(u32),
}

/// Results and parameters of a function or prototype: offsets in the callee's local memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Offset and size of each result.
    pub returns: Vec<(u32, u32)>,
    /// Offset and size of each parameter.
    pub parameters: Vec<(u32, u32)>,
    /// Bytes they take together.
    pub size_bytes: u32,
}

impl Signature {
    /// The layout of these results and parameters: one after another, aligned.
    pub fn of(returns: &[Variable], parameters: &[Variable]) -> Self {
        let mut at = 0u32;
        let mut place = |variable: &Variable| {
            let align = variable.align_bytes.clamp(4, 16);
            at = multiple(at, align);
            let place = (at, variable.size_bytes.min(1 << 20) as u32);
            at = at.saturating_add(place.1);
            place
        };
        let returns = returns.iter().map(&mut place).collect();
        let parameters = parameters.iter().map(&mut place).collect();
        Self { returns, parameters, size_bytes: at }
    }
}

/// One value that a call passes: between the caller's local memory or a register and the callee's local memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passing {
    /// In the caller: an offset in local memory, or rows.
    pub caller: Result<u32, Rows>,
    /// Offset in the callee's local memory.
    pub callee: u32,
    /// Bytes.
    pub size_bytes: u32,
}

/// Functions that the machine itself provides when a module only declares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named as CUDA names it")]
pub enum Builtin {
    Vprintf,
    Malloc,
    Free,
    Assertfail,
}

impl Builtin {
    /// The built-in called `name`.
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "vprintf" => Some(Self::Vprintf),
            "malloc" => Some(Self::Malloc),
            "free" => Some(Self::Free),
            "__assertfail" => Some(Self::Assertfail),
            _ => None,
        }
    }
}

/// One call.
#[derive(Clone, Debug)]
pub struct CallSite {
    /// The built-in it calls, if it calls one.
    pub builtin: Option<Builtin>,
    /// The callee's index in the module; nothing for an indirect call.
    pub target: Option<u32>,
    /// Arguments.
    pub arguments: Vec<Passing>,
    /// Results.
    pub returns: Vec<Passing>,
    /// Bytes of the callee's results and parameters.
    pub passed_bytes: u32,
    /// Rows of the caller's frame, behind which the callee's begins.
    pub frame_rows: u32,
}

/// A function as the machine needs it.
#[derive(Clone, Debug, Default)]
pub struct FunctionLayout {
    /// Its first operation.
    pub first_op: u32,
    /// Rows of a frame, header included.
    pub frame_rows: u32,
    /// Bytes of local memory of a frame: results, parameters, variables.
    pub local_bytes: u32,
    /// Where its registers are, by their index.
    pub places: Vec<Place>,
    /// Results and parameters.
    pub signature: Signature,
    /// Of a kernel: its parameters' offsets and sizes in the launch's parameter bytes.
    pub parameters: Vec<(u32, u32)>,
    /// Of a kernel: bytes of all parameters.
    pub parameter_bytes: u32,
    /// Of a kernel: bytes of static shared memory, module-scope variables included.
    pub shared_bytes: u32,
    /// Of a kernel: launch rows it uses beyond the first two (which hold where dynamic shared memory begins): parameter offset and bytes.
    pub launch_values: Vec<(u32, u32)>,
    /// Parameters that are registers, relative to the frame.
    pub parameter_registers: Vec<RegisterSlot>,
    /// Whether it is a kernel.
    pub is_entry: bool,
    /// Whether it has a body.
    pub is_defined: bool,
}

/// Offsets of variables in their spaces.
#[derive(Clone, Debug, Default)]
pub struct VariablePlaces {
    offsets: FxHashMap<VariableId, u32>,
}

impl VariablePlaces {
    /// The offset of a shared, local or parameter variable.
    pub fn get(&self, variable: VariableId) -> Option<u32> {
        self.offsets.get(&variable).copied()
    }
}

fn aligned(at: u32, variable: &Variable) -> u32 {
    multiple(at, variable.align_bytes.clamp(1, 4096).next_power_of_two())
}

/// The next multiple; what would not fit stays the largest number, which no limit allows.
fn multiple(at: u32, of: u32) -> u32 {
    at.checked_next_multiple_of(of).unwrap_or(u32::MAX)
}

/// Whether a variable is dynamic shared memory: its size comes with the launch.
pub fn is_dynamic(variable: &Variable) -> bool {
    variable.space == Space::Shared && variable.size_bytes == 0
}

/// Lays out registers, local and shared variables of every function. Gives, besides, the bytes of module-scope shared memory.
pub fn lay_out(module: &Module) -> (Vec<FunctionLayout>, VariablePlaces, u32) {
    let mut places = VariablePlaces::default();
    let mut shared = 0u32;
    let in_entry =
        |variable: &Variable| variable.function.is_some_and(|function| module.functions[function.index()].is_entry);
    for (index, variable) in module.variables.iter().enumerate() {
        if matches!(variable.space, Space::Shared | Space::SharedCluster)
            && !is_dynamic(variable)
            && !in_entry(variable)
        {
            shared = aligned(shared, variable);
            places.offsets.insert(VariableId::new(index), shared);
            shared = shared.saturating_add(variable.size_bytes.min(u64::from(u32::MAX)) as u32);
        }
    }
    let layouts =
        module.functions.iter().map(|function| lay_out_function(module, function, shared, &mut places)).collect();
    (layouts, places, shared)
}

fn slice(range: &std::ops::Range<u32>) -> std::ops::Range<usize> {
    range.start as usize..range.end as usize
}

fn lay_out_function(
    module: &Module,
    function: &Function,
    module_shared: u32,
    places: &mut VariablePlaces,
) -> FunctionLayout {
    let mut layout =
        FunctionLayout { is_entry: function.is_entry, is_defined: function.is_defined, ..Default::default() };
    place_registers(module.registers_of(function), &mut layout);
    let (returns, parameters) =
        (&module.variables[slice(&function.returns)], &module.variables[slice(&function.parameters)]);
    if function.is_entry {
        let mut at = 0u32;
        for (index, variable) in parameters.iter().enumerate() {
            at = aligned(at, variable);
            places.offsets.insert(VariableId::new(function.parameters.start as usize + index), at);
            layout.parameters.push((at, variable.size_bytes.min(1 << 20) as u32));
            at = at.saturating_add(variable.size_bytes.min(1 << 20) as u32);
        }
        layout.parameter_bytes = at;
    } else {
        layout.signature = Signature::of(returns, parameters);
        let all = function.returns.clone().zip(&layout.signature.returns);
        for (variable, place) in all.chain(function.parameters.clone().zip(&layout.signature.parameters)) {
            places.offsets.insert(VariableId(variable), place.0);
        }
        layout.local_bytes = layout.signature.size_bytes;
    }
    let mut shared = module_shared;
    for (index, variable) in module.variables[slice(&function.variables)].iter().enumerate() {
        let id = VariableId::new(function.variables.start as usize + index);
        let at = match variable.space {
            Space::Local | Space::Parameter => &mut layout.local_bytes,
            Space::Shared | Space::SharedCluster if function.is_entry && !is_dynamic(variable) => &mut shared,
            _ => continue,
        };
        *at = aligned(multiple(*at, 4), variable);
        places.offsets.insert(id, *at);
        *at = at.saturating_add(variable.size_bytes.min(1 << 30) as u32);
    }
    layout.local_bytes = multiple(layout.local_bytes, 16);
    layout.shared_bytes = shared;
    layout
}

/// Rows at the end of every frame for what operations need between them.
pub const SCRATCH_ROWS: u32 = 8;

/// Gives every register rows of its own, behind the frame's header; predicates share rows, 32 in one.
fn place_registers(registers: &[ptx::Register], layout: &mut FunctionLayout) {
    let predicates = registers.iter().filter(|register| register.kind == ptx::Type::Pred).count() as u32;
    let mut predicate = super::FRAME_ROWS * 32;
    let mut row = super::FRAME_ROWS + predicates.div_ceil(32);
    layout.places = Vec::with_capacity(registers.len());
    for register in registers {
        if register.kind == ptx::Type::Pred {
            layout.places.push(Place::Predicate(predicate));
            predicate += 1;
        } else {
            let bits = register.kind.bits().max(8);
            let count = bits.div_ceil(32) * u32::from(register.lanes.max(1));
            layout.places.push(Place::Rows { row, count, bits });
            row += count;
        }
    }
    layout.frame_rows = row + SCRATCH_ROWS;
}
