//! A module: functions, variables, and the tables that they share.

use rustg_base::{StringId, Strings};

use crate::function::Function;
use crate::ids::{FunctionId, GlobalId, LocationId, SignatureId, SiteId};
use crate::immediate::Space;
use crate::types::Type;

/// A variable of a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Global {
    /// Its name.
    pub name: StringId,
    /// Global, shared or constant.
    pub space: Space,
    /// Its size; 0 for shared memory sized at the launch.
    pub size_bytes: u64,
    /// What its address is a multiple of; a power of two.
    pub align_bytes: u32,
    /// Its first content; what is missing at the end is zeros. Empty for shared memory, which has none.
    pub bytes: Vec<u8>,
    /// Addresses in it: offset, and what stands there.
    pub addresses: Vec<(u64, Address)>,
}

/// An address that is known when the module is loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Address {
    /// Of a variable, that many bytes in.
    Global(GlobalId, i64),
    /// Of a function.
    Function(FunctionId),
}

/// What an indirect call takes and returns.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Signature {
    /// The arguments' types.
    pub parameters: Vec<Type>,
    /// The results' types.
    pub returns: Vec<Type>,
}

/// A place in the source that can panic.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Site {
    /// What is said; `{}` stands for the values that the assertion or panic reports, in order.
    pub message: StringId,
    /// Where.
    pub location: LocationId,
}

/// A position in the source.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Location {
    /// The file's path.
    pub file: StringId,
    /// The function that it stands in.
    pub function: StringId,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The call that it was inlined through, or [`LocationId::NONE`].
    pub inlined_at: LocationId,
}

/// Functions and variables that are compiled together.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// The texts of names, messages and files.
    pub strings: Strings,
    /// The functions, by [`FunctionId`].
    pub functions: Vec<Function>,
    /// The variables, by [`GlobalId`].
    pub globals: Vec<Global>,
    /// The signatures of indirect calls, by [`SignatureId`].
    pub signatures: Vec<Signature>,
    /// The places that can panic, by [`SiteId`].
    pub sites: Vec<Site>,
    /// The positions of instructions, by [`LocationId`].
    pub locations: Vec<Location>,
}

impl Module {
    /// The function of that id.
    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.index()]
    }

    /// The function named `name`.
    pub fn find_function(&self, name: &str) -> Option<FunctionId> {
        let name = self.strings.find(name)?;
        self.functions.iter().position(|function| function.name == name).map(FunctionId::new)
    }

    /// What a call of the function takes and returns.
    pub fn signature_of(&self, id: FunctionId) -> Signature {
        let function = self.function(id);
        let parameters = function.parameters.iter().map(|parameter| match parameter {
            crate::function::Parameter::Value(ty, _) => *ty,
            crate::function::Parameter::Bytes(_) => Type::I64,
        });
        Signature { parameters: parameters.collect(), returns: function.returns.clone() }
    }

    /// The variable of that id.
    pub fn global(&self, id: GlobalId) -> &Global {
        &self.globals[id.index()]
    }

    /// The signature of that id.
    pub fn signature(&self, id: SignatureId) -> &Signature {
        &self.signatures[id.index()]
    }

    /// The site of that id.
    pub fn site(&self, id: SiteId) -> &Site {
        &self.sites[id.index()]
    }
}
