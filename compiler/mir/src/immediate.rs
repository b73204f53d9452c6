//! What instructions say beside their operands: conditions, memory flags, atomic operations, special registers.

/// Gives an enum of immediates its names in the text form.
macro_rules! immediates {
    ($($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident $name:literal,)* })*) => { $(
        $(#[$doc])*
        #[repr(u8)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum $type { $($(#[$variant_doc])* $variant,)* }

        impl $type {
            /// All of them, in the order of declaration.
            pub const ALL: &'static [$type] = &[$($type::$variant),*];

            /// The name in the text form.
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name,)* }
            }

            /// The one named `name`.
            pub fn from_name(name: &str) -> Option<$type> {
                match name { $($name => Some($type::$variant),)* _ => None }
            }

            /// The one with this number.
            ///
            /// # Panics
            /// When there is none: instructions hold what their builder put there.
            pub fn from_bits(bits: u16) -> $type {
                $type::ALL[usize::from(bits)]
            }
        }
    )* };
}

immediates! {
    /// A relation between two operands.
    Condition {
        /// Equal.
        Equal "eq",
        /// Not equal; true where a float is a NaN.
        NotEqual "ne",
        /// Unsigned less.
        LessU "lt_u",
        /// Unsigned less or equal.
        LessEqualU "le_u",
        /// Signed less; the one for floats, false where one is a NaN.
        Less "lt",
        /// Signed less or equal; the one for floats.
        LessEqual "le",
        /// Neither float is a NaN.
        Ordered "ordered",
        /// One of the floats is a NaN.
        Unordered "unordered",
    }

    /// Where an address points.
    Space {
        /// Anywhere: the hardware finds out.
        Generic "generic",
        /// Device memory.
        Global "global",
        /// The block's memory.
        Shared "shared",
        /// The thread's own memory.
        Local "local",
        /// The module's constants.
        Constant "constant",
        /// The kernel's parameters.
        Parameter "parameter",
    }

    /// How an access is ordered with others, as in Rust's memory model.
    Ordering {
        /// A plain access.
        Plain "plain",
        /// Atomic without order.
        Relaxed "relaxed",
        /// Later accesses stay behind it.
        Acquire "acquire",
        /// Earlier accesses stay before it.
        Release "release",
        /// Both.
        AcquireRelease "acq_rel",
        /// Both, and one order for all.
        SeqCst "seq_cst",
        /// Not atomic, but performed as written: `read_volatile`.
        Volatile "volatile",
    }

    /// Among whom an atomic access or fence is ordered.
    Scope {
        /// The whole system, host included.
        System "system",
        /// The device.
        Device "device",
        /// The cluster.
        Cluster "cluster",
        /// The block.
        Block "block",
    }

    /// What an atomic operation or a reduction of lanes computes.
    Rmw {
        /// Integer sum, wrapping.
        Add "add",
        /// Bits in both.
        And "and",
        /// Bits in either.
        Or "or",
        /// Bits in one.
        Xor "xor",
        /// The lesser, signed.
        Min "min",
        /// The lesser, unsigned.
        MinU "min_u",
        /// The greater, signed.
        Max "max",
        /// The greater, unsigned.
        MaxU "max_u",
        /// The new value.
        Exchange "exchange",
        /// Float sum.
        FloatAdd "float_add",
    }

    /// Which lane a shuffle reads from.
    Shuffle {
        /// The lane of that number.
        Index "index",
        /// That many lanes below.
        Up "up",
        /// That many lanes above.
        Down "down",
        /// The own number, exclusive or.
        Xor "xor",
    }

    /// What a vote asks.
    Vote {
        /// True for all lanes.
        All "all",
        /// True for one lane or more.
        Any "any",
        /// The same for all lanes.
        Uniform "uniform",
    }

    /// What the launch fixed for a thread.
    Special {
        /// The thread's place in its block.
        ThreadX "tid.x",
        /// Its second coordinate.
        ThreadY "tid.y",
        /// Its third coordinate.
        ThreadZ "tid.z",
        /// The block's size in threads.
        BlockX "ntid.x",
        /// Its second extent.
        BlockY "ntid.y",
        /// Its third extent.
        BlockZ "ntid.z",
        /// The block's place in the grid.
        BlockIdX "ctaid.x",
        /// Its second coordinate.
        BlockIdY "ctaid.y",
        /// Its third coordinate.
        BlockIdZ "ctaid.z",
        /// The grid's size in blocks.
        GridX "nctaid.x",
        /// Its second extent.
        GridY "nctaid.y",
        /// Its third extent.
        GridZ "nctaid.z",
        /// The lane's number in its warp, below 32.
        Lane "laneid",
        /// The lanes equal to this one.
        LaneMaskEqual "lanemask_eq",
        /// The lanes below this one.
        LaneMaskLess "lanemask_lt",
        /// The lanes up to this one.
        LaneMaskLessEqual "lanemask_le",
        /// The lanes above this one.
        LaneMaskGreater "lanemask_gt",
        /// This lane and those above.
        LaneMaskGreaterEqual "lanemask_ge",
        /// Bytes of shared memory sized at the launch.
        DynamicSharedSize "dynamic_smem_size",
    }
}

impl Special {
    /// The greatest value that it can have on any device (CUDA C++ programming guide, technical specifications).
    pub fn max(self) -> u32 {
        match self {
            Special::ThreadX | Special::ThreadY => 1023,
            Special::ThreadZ => 63,
            Special::BlockX | Special::BlockY => 1024,
            Special::BlockZ => 64,
            Special::BlockIdX => i32::MAX as u32 - 1,
            Special::GridX => i32::MAX as u32,
            Special::BlockIdY | Special::BlockIdZ => 65_534,
            Special::GridY | Special::GridZ => 65_535,
            Special::Lane => 31,
            Special::DynamicSharedSize => 227 * 1024,
            _ => u32::MAX,
        }
    }
}

impl Shuffle {
    /// The `aux` of a shuffle within segments of `width` lanes, a power of two up to 32.
    pub fn with_width(self, width: u32) -> u16 {
        self as u16 | (width.trailing_zeros() as u16) << 2
    }
}

impl Condition {
    /// The condition that holds exactly where this one does not, among integers; `None` where operands must change places.
    pub fn negated(self) -> Option<Condition> {
        match self {
            Condition::Equal => Some(Condition::NotEqual),
            Condition::NotEqual => Some(Condition::Equal),
            Condition::Ordered => Some(Condition::Unordered),
            Condition::Unordered => Some(Condition::Ordered),
            _ => None,
        }
    }

    /// Whether `a condition b` says the same as `b condition a`.
    pub fn is_symmetric(self) -> bool {
        matches!(self, Condition::Equal | Condition::NotEqual | Condition::Ordered | Condition::Unordered)
    }
}

/// How memory is accessed: space, alignment, ordering, scope, and whether nobody writes there while the kernel runs.
///
/// Bits: space 0–2, binary logarithm of the alignment 3–6, ordering 7–9, scope 10–11, read-only 12.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Memory(pub u16);

impl Memory {
    /// A plain access in `space`, aligned to `align_bytes`, a power of two of at most 32,768.
    ///
    /// # Panics
    /// When the alignment is none.
    pub fn plain(space: Space, align_bytes: u32) -> Memory {
        assert!(align_bytes.is_power_of_two() && align_bytes <= 1 << 15, "an alignment is a power of two");
        Memory(space as u16 | (align_bytes.trailing_zeros() as u16) << 3)
    }

    /// The same with another space.
    pub fn with_space(self, space: Space) -> Memory {
        Memory(self.0 & !7 | space as u16)
    }

    /// The same with another alignment, see [`Memory::plain`].
    pub fn with_align(self, align_bytes: u32) -> Memory {
        Memory(self.0 & !(15 << 3) | Memory::plain(Space::Generic, align_bytes).0)
    }

    /// The same as an atomic or volatile access.
    pub fn with_ordering(self, ordering: Ordering, scope: Scope) -> Memory {
        Memory(self.0 & !(31 << 7) | (ordering as u16) << 7 | (scope as u16) << 10)
    }

    /// The same of memory that nobody writes while the kernel runs.
    pub fn with_read_only(self) -> Memory {
        Memory(self.0 | 1 << 12)
    }

    /// Where the address points.
    pub fn space(self) -> Space {
        Space::from_bits(self.0 & 7)
    }

    /// What the address is a multiple of.
    pub fn align_bytes(self) -> u32 {
        1 << (self.0 >> 3 & 15)
    }

    /// How the access is ordered.
    pub fn ordering(self) -> Ordering {
        Ordering::from_bits(self.0 >> 7 & 7)
    }

    /// Among whom it is ordered.
    pub fn scope(self) -> Scope {
        Scope::from_bits(self.0 >> 10 & 3)
    }

    /// Whether nobody writes there while the kernel runs.
    pub fn is_read_only(self) -> bool {
        self.0 >> 12 & 1 != 0
    }

    /// Whether the access may be removed, merged and moved like any other of plain memory.
    pub fn is_plain(self) -> bool {
        self.ordering() == Ordering::Plain
    }
}
