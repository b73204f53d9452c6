//! What a launch must know of a kernel: its symbol, its parameters and where they lie, the places that it can panic at.

/// A kernel of a compiled crate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kernel {
    /// The function's path below the crate's root: `saxpy`, `linear::saxpy`.
    pub path: String,
    /// The name of the `.entry` in the PTX.
    pub symbol: String,
    /// The parameters in the order of their declaration.
    pub parameters: Vec<KernelParameter>,
    /// The most threads a block may have (`#[launch_bounds]`); 0 for no bound.
    pub max_threads: u32,
    /// The file that declares it, as it was given.
    pub file: String,
    /// The line of its name, from 1.
    pub line: u32,
}

/// A parameter as the source declares it.
///
/// In PTX a scalar, a pointer and a structure are one `.param` each, a slice two: `.u64` address and `.u64` length in elements. They
/// follow one another in the order of declaration, each naturally aligned, so that the launch passes one argument pointer for each.
/// Behind them stands one more `.u64` that is not listed here: the address of the launch's panic record, of [`rustg_codegen::RECORD_SIZE_BYTES`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KernelParameter {
    /// Its name, empty where the pattern is no plain name.
    pub name: String,
    /// Its type as Rust writes it.
    pub type_name: String,
    /// How it is passed.
    pub kind: ParameterKind,
}

/// How a parameter is passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ParameterKind {
    /// An integer, float, `bool` or `char` by value.
    Scalar(Scalar),
    /// A raw pointer or a reference to one value: 64 bits.
    Pointer {
        /// Whether the kernel may write there.
        is_mutable: bool,
        /// What lies there.
        target: Layout,
    },
    /// Address and length of elements that lie one behind the other.
    Slice {
        /// What the kernel may do with them.
        access: SliceAccess,
        /// One element.
        element: Layout,
    },
    /// A structure, tuple or array by value, as bytes.
    Bytes(Layout),
}

/// What a kernel may do with a slice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SliceAccess {
    /// `&[T]`: read.
    Shared,
    /// `&mut [T]`: each thread at its own index.
    Mutable,
    /// `DisjointSlice<T>`: each thread through its `ThreadIndex`.
    Disjoint,
}

/// A type's place in memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Its name as Rust writes it.
    pub type_name: String,
    /// Its size.
    pub size_bytes: u64,
    /// What its address is a multiple of; a power of two.
    pub align_bytes: u32,
}

/// The types that are passed by value in one register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is the Rust type of its name")]
pub enum Scalar {
    Bool,
    Char,
    I8,
    I16,
    I32,
    I64,
    I128,
    Isize,
    U8,
    U16,
    U32,
    U64,
    U128,
    Usize,
    F32,
    F64,
}

impl Scalar {
    /// All of them, each at the place of its number.
    pub(crate) const ALL: [Scalar; 16] = [
        Scalar::Bool,
        Scalar::Char,
        Scalar::I8,
        Scalar::I16,
        Scalar::I32,
        Scalar::I64,
        Scalar::I128,
        Scalar::Isize,
        Scalar::U8,
        Scalar::U16,
        Scalar::U32,
        Scalar::U64,
        Scalar::U128,
        Scalar::Usize,
        Scalar::F32,
        Scalar::F64,
    ];

    /// How many bytes it takes, which is also its alignment.
    pub fn size_bytes(self) -> u32 {
        match self {
            Scalar::Bool | Scalar::I8 | Scalar::U8 => 1,
            Scalar::I16 | Scalar::U16 => 2,
            Scalar::Char | Scalar::I32 | Scalar::U32 | Scalar::F32 => 4,
            Scalar::I64 | Scalar::U64 | Scalar::Isize | Scalar::Usize | Scalar::F64 => 8,
            Scalar::I128 | Scalar::U128 => 16,
        }
    }
}

/// A static in constant memory, which the host may write before a launch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConstantVariable {
    /// Its path below the crate's root.
    pub path: String,
    /// The name of the `.const` variable in the PTX.
    pub symbol: String,
}

/// A place that a kernel can panic at. The panic's record names it by its index in [`crate::Compilation::sites`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PanicSite {
    /// The message as `core` words it; `{}` or, where the sign or kind matters, `{i32}`, `{f32}`, `{bool}`, `{char}`, … stand for the values reported.
    pub message: String,
    /// The file, as it was given.
    pub file: String,
    /// The function's path.
    pub function: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl PanicSite {
    /// The message with the reported 64-bit words (of the record, see `rustg_codegen`) in their places.
    pub fn render(&self, reported: &[u64]) -> String {
        rustg_base::panic_message::render(&self.message, reported)
    }
}
