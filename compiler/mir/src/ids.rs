//! Identities of things inside a module or a function: `u32` newtypes that index tables.

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal)*) => { $(
        $(#[$doc])*
        #[repr(transparent)]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The id of nothing: ends lists, fills unset entries. Never indexes a table.
            pub const NONE: $name = $name(u32::MAX);

            /// The id of the entry at `index`.
            ///
            /// # Panics
            /// When a table grows to 2^32 - 1 entries; bodies are bounded far below.
            pub fn new(index: usize) -> $name {
                assert!(index < u32::MAX as usize, "a table of {} is full", $prefix);
                $name(index as u32)
            }

            /// This id as an index into the table that it names an entry of.
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// Whether this is not [`Self::NONE`].
            pub fn is_some(self) -> bool {
                self != Self::NONE
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if self.is_some() { write!(f, concat!($prefix, "{}"), self.0) } else { write!(f, concat!($prefix, "-")) }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )* };
}

ids! {
    /// A straight run of instructions that ends in its only terminator.
    Block "block"
    /// An instruction.
    Inst "inst"
    /// What an instruction or a block parameter yields: assigned once, of one scalar type.
    Value "v"
    /// A piece of a thread's own memory, with an address.
    Slot "slot"
    /// A function of a module.
    FunctionId "function"
    /// A variable of a module.
    GlobalId "global"
    /// What an indirect call takes and returns.
    SignatureId "signature"
    /// A place in the source that can panic, with the reason.
    SiteId "site"
    /// A position in the source, with the calls it was inlined through.
    LocationId "location"
}
