//! Addresses: symbols, offsets, and the spaces in which they are the space's own.

use rustg_mir::function::InstData;
use rustg_mir::ids::{Inst, Value};
use rustg_mir::immediate::Space;
use rustg_mir::opcode::Opcode;

use crate::Version;
use crate::function::{Body, ptx};
use crate::registers::Class;

/// The space as a modifier.
pub(crate) fn space_name(space: Space) -> &'static str {
    match space {
        Space::Generic => "",
        Space::Global => "global",
        Space::Shared => "shared",
        Space::Local => "local",
        Space::Constant => "const",
        Space::Parameter => "param",
    }
}

impl Body<'_, '_> {
    /// Puts the address of a slot, variable or function into its register.
    pub fn emit_address(&mut self, inst: Inst, data: &InstData) {
        let symbol = match data.opcode {
            Opcode::SlotAddress => data.slot().to_string(),
            Opcode::GlobalAddress => {
                crate::name::identifier(self.emitter.module.strings.get(self.emitter.module.global(data.global()).name))
            }
            _ => self.emitter.function_name(data.function()),
        };
        let register = self.define(self.function.result(inst));
        ptx!(self, "mov.b64 {register}, {symbol}");
    }

    /// `offset`: stays in the space that its base is in.
    pub fn emit_offset(&mut self, inst: Inst, data: &InstData) {
        let (base, distance) = (Value(data.a), Value(data.b));
        let result = self.function.result(inst);
        let base = match self.spaces[result.index()] {
            Some(_) => self.raw(base),
            None => self.register(base),
        };
        let distance = self.operand(distance);
        let register = self.define(result);
        ptx!(self, "add.s64 {register}, {base}, {distance}");
    }

    /// The address of an access and the space to access it in.
    pub fn access_address(&mut self, address: Value, space: Space, offset_bytes: i32) -> (&'static str, String) {
        let (register, space) = match self.spaces[address.index()] {
            Some(own) => (self.raw(address), own),
            // Said to be in a space, but not known from where it comes: translated.
            None if !matches!(space, Space::Generic | Space::Global) => {
                let generic = self.register(address);
                let own = self.scratch(Class::Long);
                if space == Space::Parameter {
                    self.emitter.need(Version(7, 7));
                }
                ptx!(self, "cvta.to.{}.u64 {own}, {generic}", space_name(space));
                (own, space)
            }
            None => (self.register(address), space),
        };
        let text = match offset_bytes {
            0 => format!("[{register}]"),
            _ => format!("[{register}+{offset_bytes}]"),
        };
        (space_name(space), text)
    }
}
