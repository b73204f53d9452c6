//! What a kernel takes: its parameters, which of them are pointers and to what, and what it asks of a launch.

use rustg_ptx::{AddressBase, Function, FunctionId, Module, Opcode, Operand, RegisterId, Space, Type, TypeClass};

use super::Element;

/// What a pointer parameter points to, as far as the code tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pointee {
    /// The type that most plainly is loaded or stored through it.
    pub element: Option<Element>,
    /// Whether something is loaded through it.
    pub is_read: bool,
    /// Whether something is stored through it.
    pub is_written: bool,
}

/// One parameter of a kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Its name in PTX.
    pub name: String,
    /// Its type; that of the elements if it is an array, as structs by value are.
    pub kind: Type,
    /// Whether it is an array: a struct passed by value.
    pub is_array: bool,
    /// Bytes of the whole parameter.
    pub size_bytes: u64,
    /// Where it lies among the parameters' bytes.
    pub offset_bytes: u64,
    /// What it points to, if the code uses it as an address.
    pub pointee: Option<Pointee>,
}

/// What a kernel takes and asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// The kernel's name in PTX.
    pub kernel: String,
    /// Its parameters in order.
    pub parameters: Vec<Parameter>,
    /// Bytes of all parameters, with the gaps between them.
    pub size_bytes: u64,
    /// `.reqntid`: the block that it needs.
    pub required_block: Option<[u32; 3]>,
    /// `.maxntid`: the most threads a block may have (their product).
    pub threads_max: Option<u32>,
    /// `.reqnctapercluster`: the cluster that it needs.
    pub required_cluster: Option<[u32; 3]>,
    /// Whether it uses dynamic shared memory, so that a launch says how much.
    pub dynamic_shared: bool,
    /// Whether its last parameter is where its panics are recorded. That one is not among `parameters`: the launcher gives it.
    pub panic_record: bool,
}

/// The kernels that a module defines, in its order.
pub fn kernels(module: &Module) -> Vec<FunctionId> {
    let defined = |function: &&(usize, &Function)| function.1.is_entry && function.1.is_defined;
    module
        .functions
        .iter()
        .enumerate()
        .filter(|function| defined(&function))
        .map(|(index, _)| FunctionId::new(index))
        .collect()
}

impl Signature {
    /// The signature of a kernel.
    ///
    /// # Panics
    /// Where the module has no such function.
    pub fn of(module: &Module, kernel: FunctionId) -> Signature {
        let function = &module.functions[kernel.index()];
        let pointees = find_pointees(module, function);
        let mut end = 0_u64;
        let parameters = module.parameters_of(function).iter().zip(pointees).map(|(variable, pointee)| {
            let offset_bytes = end.next_multiple_of(u64::from(variable.align_bytes.max(1)));
            end = offset_bytes + variable.size_bytes;
            Parameter {
                name: module.name(variable.name).to_owned(),
                kind: variable.kind,
                is_array: !variable.dimensions.is_empty(),
                size_bytes: variable.size_bytes,
                offset_bytes,
                pointee: pointee.or(variable.pointee.map(|_| Pointee::default())),
            }
        });
        let mut parameters: Vec<Parameter> = parameters.collect();
        let panic_record = crate::check::writes_panic_records(module, function) && parameters.pop().is_some();
        Signature {
            kernel: module.name(function.name).to_owned(),
            parameters,
            panic_record,
            size_bytes: end,
            required_block: function.directives.reqntid,
            threads_max: function.directives.maxntid.map(|block| block.iter().product()),
            required_cluster: function.directives.reqnctapercluster,
            dynamic_shared: uses_dynamic_shared(module, function),
        }
    }

    /// The signature in one line, as C would have it: `saxpy(u32 p0, f32 p1, f32* p2 read, f32* p3 read written)`.
    pub fn describe(&self) -> String {
        let parameters: Vec<String> = (self.parameters.iter().enumerate())
            .map(|(index, parameter)| format!("{} p{index}{}", parameter.type_text(), parameter.use_text()))
            .collect();
        format!("{}({})", self.kernel, parameters.join(", "))
    }

    /// Arguments that would do, to copy and fill in: `p2=f32[1024]:iota`.
    pub fn example_arguments(&self) -> Vec<String> {
        let example = |(index, parameter): (usize, &Parameter)| format!("p{index}={}", parameter.example());
        self.parameters.iter().enumerate().map(example).collect()
    }
}

impl Parameter {
    /// Its type for people: `f32*`, `u32`, `24 bytes`.
    pub fn type_text(&self) -> String {
        match self.pointee {
            Some(Pointee { element: Some(element), .. }) => format!("{}*", element.name()),
            Some(_) => "pointer".to_owned(),
            None if self.is_array => format!("{} bytes", self.size_bytes),
            None => self.kind.text().to_owned(),
        }
    }

    fn use_text(&self) -> &'static str {
        match self.pointee {
            Some(Pointee { is_read: true, is_written: true, .. }) => " read and written",
            Some(Pointee { is_read: true, .. }) => " read",
            Some(Pointee { is_written: true, .. }) => " written",
            _ => "",
        }
    }

    /// An argument that fits.
    pub fn example(&self) -> String {
        match self.pointee {
            Some(pointee) => {
                let element = pointee.element.unwrap_or(Element::U8).name();
                let initialiser = if pointee.is_read { ":random" } else { "" };
                format!("{element}[1024]{initialiser}")
            }
            None if self.is_array => format!("bytes[{}]", self.size_bytes),
            None if self.kind.is_float() => "1.5".to_owned(),
            None => "1024".to_owned(),
        }
    }

    /// The element type that a number without a type is of; `None` for structs.
    pub fn element(&self, literal: &str) -> Option<Element> {
        if self.is_array {
            return None;
        }
        let is_whole =
            literal.trim_start_matches(['-', '+']).bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match (self.kind.class(), self.kind.bits()) {
            // Untyped bits hold what the literal looks like.
            (TypeClass::Bits, 32) if !is_whole => Some(Element::F32),
            (TypeClass::Bits, 64) if !is_whole => Some(Element::F64),
            (TypeClass::Bits | TypeClass::Unsigned | TypeClass::Signed, bits) if literal.starts_with('-') => {
                Element::named(&format!("s{bits}"))
            }
            // PTX calls C's int u32 as well.
            _ => element_of(self.kind),
        }
    }
}

/// The element type for a PTX type; untyped bits are unsigned integers.
pub fn element_of(kind: Type) -> Option<Element> {
    Element::named(kind.text())
}

/// What each parameter points to. Follows addresses forward through copies and additions, twice over the code so that loops are seen.
fn find_pointees(module: &Module, function: &Function) -> Vec<Option<Pointee>> {
    let first = function.parameters.start;
    let count = function.parameters.len();
    let mut origins: Vec<Option<u32>> = vec![None; function.registers.len()];
    let mut pointees: Vec<Option<Pointee>> = vec![None; count];
    let origin_of = |origins: &[Option<u32>], operand: &Operand| match operand {
        Operand::Register(register) | Operand::Address(AddressBase::Register(register), _) => {
            origins.get(register.index()).copied().flatten()
        }
        _ => None,
    };
    for _ in 0..2 {
        for instruction in module.instructions_of(function) {
            let operands = module.operands_of(instruction);
            let form = module.form(instruction);
            let mut mark = |register: RegisterId, origin: Option<u32>| {
                if let (Some(slot), Some(origin)) = (origins.get_mut(register.index()), origin) {
                    *slot = Some(origin);
                }
            };
            match (instruction.opcode, operands) {
                (Opcode::Ld, [Operand::Register(to), Operand::Address(AddressBase::Variable(variable), 0)])
                    if form.space() == Space::Parameter =>
                {
                    let index = variable.0.checked_sub(first).filter(|index| (*index as usize) < count);
                    let whole = index.filter(|index| module.variables[(first + index) as usize].size_bytes == 8);
                    mark(*to, whole);
                }
                (
                    Opcode::Mov | Opcode::Cvta | Opcode::Add | Opcode::Sub | Opcode::Mad | Opcode::Selp,
                    [Operand::Register(to), sources @ ..],
                ) => {
                    let origin = sources.iter().find_map(|source| origin_of(&origins, source));
                    if instruction.opcode == Opcode::Cvta
                        && let Some(origin) = origin
                    {
                        pointees[origin as usize].get_or_insert_default();
                    }
                    if let Some(slot) = origins.get_mut(to.index()) {
                        *slot = origin.or(*slot);
                    }
                }
                _ => {
                    let Some(origin) = operands.iter().find_map(|operand| match operand {
                        Operand::Address(AddressBase::Register(_), _) => origin_of(&origins, operand),
                        _ => None,
                    }) else {
                        continue;
                    };
                    let pointee = pointees[origin as usize].get_or_insert_default();
                    let (reads, writes) = match instruction.opcode {
                        Opcode::Ld | Opcode::Ldu => (true, false),
                        Opcode::St => (false, true),
                        Opcode::Atom | Opcode::Red => (true, true),
                        _ => (false, false),
                    };
                    pointee.is_read |= reads;
                    pointee.is_written |= writes;
                    if reads || writes {
                        let seen = form.types().last().and_then(|kind| element_of(*kind));
                        pointee.element = pointee.element.or(seen);
                    }
                }
            }
        }
    }
    pointees
}

/// Whether the kernel, or any function of its module, names shared memory without a size.
fn uses_dynamic_shared(module: &Module, function: &Function) -> bool {
    let unsized_shared = |variable: &rustg_ptx::Variable| variable.space == Space::Shared && variable.size_bytes == 0;
    if !module.variables.iter().any(unsized_shared) {
        return false;
    }
    let named = |operands: &[Operand]| {
        operands.iter().any(|operand| match operand {
            Operand::Variable(variable, _) | Operand::Address(AddressBase::Variable(variable), _) => {
                module.variables.get(variable.index()).is_some_and(unsized_shared)
            }
            _ => false,
        })
    };
    let calls = |instruction: &rustg_ptx::Instruction| instruction.opcode == Opcode::Call;
    let instructions = module.instructions_of(function);
    instructions.iter().any(|instruction| named(module.operands_of(instruction)))
        || instructions.iter().any(calls)
            && module.instructions.iter().any(|instruction| named(module.operands_of(instruction)))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn signature_of(text: &str, kernel: &str) -> Signature {
        let (module, diagnostics) = rustg_ptx::parse(text.as_bytes());
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        Signature::of(&module, module.find_function(kernel).expect("the kernel is there"))
    }

    const STRUCTS: &str = include_str!("../../../tests/fixtures/sim/structs.ptx");
    const SAXPY: &str = include_str!("../../../tests/fixtures/sim/saxpy.ptx");
    const MATMUL: &str = include_str!("../../../tests/fixtures/sim/triton/matmul.ptx");
    const HISTOGRAM: &str = include_str!("../../../tests/fixtures/sim/histogram.ptx");

    #[test]
    fn pointers_are_told_from_numbers_by_their_use() {
        assert_eq!(
            signature_of(SAXPY, "saxpy").describe(),
            "saxpy(u32 p0, f32 p1, f32* p2 read, f32* p3 read and written)"
        );
        assert_eq!(
            signature_of(HISTOGRAM, "histogram").describe(),
            "histogram(u8* p0 read, u32 p1, u32* p2 read and written)"
        );
        assert_eq!(
            signature_of(STRUCTS, "scaled").describe(),
            "scaled(24 bytes p0, f32* p1 read, f32* p2 written, u32* p3 read)"
        );
        let matmul = signature_of(MATMUL, "matmul");
        assert!(matmul.dynamic_shared && matmul.required_block == Some([128, 1, 1]), "{matmul:?}");
        assert_eq!(matmul.parameters.iter().filter(|parameter| parameter.pointee.is_some()).count(), 5);
    }

    #[test]
    fn parameters_lie_where_their_alignment_puts_them() {
        let saxpy = signature_of(SAXPY, "saxpy");
        let offsets: Vec<u64> = saxpy.parameters.iter().map(|parameter| parameter.offset_bytes).collect();
        assert_eq!((offsets, saxpy.size_bytes), (vec![0, 4, 8, 16], 24));
        assert_eq!(saxpy.example_arguments(), ["p0=1024", "p1=1.5", "p2=f32[1024]:random", "p3=f32[1024]:random"]);
    }
}
