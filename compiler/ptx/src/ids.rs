//! Typed indices into a module's tables.

use std::ops::Range;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// The id as an index.
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// The id of the entry that stands at `index`.
            pub fn new(index: usize) -> $name {
                $name(index as u32)
            }
        }
    )*};
}

ids! {
    /// An interned form: index into [`crate::Forms`].
    FormId;
    /// A function: index into [`crate::Module::functions`].
    FunctionId;
    /// A register of one function, counted from 0 in it: index into [`crate::Module::registers_of`].
    RegisterId;
    /// A variable or parameter of any space: index into [`crate::Module::variables`].
    VariableId;
    /// A label: index into [`crate::Module::labels`].
    LabelId;
    /// A `.branchtargets` or `.calltargets` list: index into [`crate::Module::target_lists`].
    TargetListId;
    /// A `.callprototype`: index into [`crate::Module::prototypes`].
    PrototypeId;
    /// A `.loc`: index into [`crate::Module::locations`].
    LocationId;
}

/// A run of [`crate::Module::operands`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct OperandRange {
    /// Index of the first operand.
    pub start: u32,
    /// How many there are.
    pub count: u16,
}

impl OperandRange {
    /// The range for slicing.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + self.count as usize
    }
}
