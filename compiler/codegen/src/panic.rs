//! Assertions and panics: a hot branch to a cold block behind the body, which writes the panic's record and ends the thread.
//!
//! The record lies in host memory that the device sees. Its address is the last parameter of every kernel, behind those that the source has, and
//! the first panic of a launch wins. A reported value's type is told by its placeholder in the site's message: `{}` is an unsigned integer, `{i32}`
//! (and its like), `{f32}`, `{f64}`, `{bool}` and `{char}` are what they say. The record:
//!
//! | byte | what |
//! |---|---|
//! | 0 | state, 32 bits: 0 free, 1 being written, 2 complete |
//! | 4 | site, 32 bits |
//! | 8, 12, 16 | block: x, y, z, 32 bits each |
//! | 20, 24, 28 | thread: x, y, z, 32 bits each |
//! | 32, 40, 48, 56 | the first four reported values, 64 bits each |
//!
//! The cold path was measured not to cost: registers rise, time does not; `exit` leaves the device usable, `trap` does not.

use rustg_mir::function::InstData;
use rustg_mir::ids::{SiteId, Value};
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::fragment::Open;
use crate::function::{Body, ptx};
use crate::operand::Operand;
use crate::registers::Class;

/// The size of a panic's record.
pub const RECORD_SIZE_BYTES: usize = 64;
/// How the labels of cold blocks begin.
pub(crate) const COLD_LABEL: &str = "$L_cold";
/// How many reported values a record holds.
const REPORTED_MAX: usize = 4;

/// What is executed where an assertion fails.
pub(crate) struct ColdBlock {
    label: String,
    site: SiteId,
    reported: Vec<Value>,
}

pub(crate) fn emit(body: &mut Body<'_, '_>, data: &InstData) {
    let label = format!("{COLD_LABEL}{}", body.cold.len());
    match data.opcode {
        Opcode::Assert => {
            let condition = body.register(Value(data.a));
            ptx!(body, "@!{condition} bra {label}");
        }
        _ => ptx!(body, "bra {label}"),
    }
    let reported = body.function.values_of(data.c).take(REPORTED_MAX).collect();
    body.cold.push(ColdBlock { label, site: data.site(), reported });
}

/// The cold blocks, and what they share.
pub(crate) fn emit_cold_blocks(body: &mut Body<'_, '_>) {
    let cold = std::mem::take(&mut body.cold);
    if cold.is_empty() {
        return;
    }
    let site = body.scratch(Class::Word);
    let count = cold.iter().map(|block| block.reported.len()).max().unwrap_or(0);
    let reported: Vec<_> = (0..count).map(|_| body.scratch(Class::Long)).collect();
    for block in &cold {
        body.text.push_str(&format!("{}:\n", block.label));
        let number = Open::Site(body.emitter.site(block.site));
        ptx!(body, "mov.b32 {site}, {number}");
        for (at, register) in reported.iter().enumerate() {
            match block.reported.get(at) {
                Some(value) => {
                    let bits = reported_bits(body, *value);
                    match Class::of(body.value_type(*value)) {
                        Class::Predicate => ptx!(body, "selp.b64 {register}, 1, 0, {bits}"),
                        Class::Short => ptx!(body, "cvt.u64.u16 {register}, {bits}"),
                        Class::Word => ptx!(body, "cvt.u64.u32 {register}, {bits}"),
                        Class::Long => ptx!(body, "mov.b64 {register}, {bits}"),
                    }
                }
                None => ptx!(body, "mov.b64 {register}, 0"),
            }
        }
        ptx!(body, "bra $L_record");
    }
    body.text.push_str("$L_record:\n");
    let record = body.load_record();
    let [state, word] = [0; 2].map(|_| body.scratch(Class::Word));
    let is_taken = body.scratch(Class::Predicate);
    ptx!(body, "atom.relaxed.sys.cas.b32 {state}, [{record}], 0, 1");
    ptx!(body, "setp.ne.u32 {is_taken}, {state}, 0");
    ptx!(body, "@{is_taken} bra $L_recorded");
    ptx!(body, "st.b32 [{record}+4], {site}");
    for (at, name) in ["ctaid.x", "ctaid.y", "ctaid.z", "tid.x", "tid.y", "tid.z"].into_iter().enumerate() {
        ptx!(body, "mov.u32 {word}, %{name}");
        ptx!(body, "st.b32 [{record}+{}], {word}", 8 + 4 * at);
    }
    for (at, register) in reported.iter().enumerate() {
        ptx!(body, "st.b64 [{record}+{}], {register}", 32 + 8 * at);
    }
    ptx!(body, "fence.sc.sys");
    ptx!(body, "st.relaxed.sys.b32 [{record}], 2");
    body.text.push_str(RECORDED_LABEL);
    ptx!(body, "exit");
}

/// The label behind which a thread ends that has panicked.
const RECORDED_LABEL: &str = "$L_recorded:\n";

/// The text of [`crate::emit_ptx`] in which a panic ends the whole launch instead of its thread: `trap` in place of `exit` behind every record.
///
/// A GPU's process can use the device no more after that; the record is complete before.
pub fn with_traps(ptx: &str) -> String {
    ptx.replace(&format!("{RECORDED_LABEL}\texit;\n"), &format!("{RECORDED_LABEL}\ttrap;\n"))
}

/// A reported value in a register; of 128 bits the lower half.
fn reported_bits(body: &mut Body<'_, '_>, value: Value) -> Operand {
    match body.value_type(value) {
        Type::I128 => crate::wide::halves(body, value)[0],
        _ => Operand::Register(body.register(value)),
    }
}
