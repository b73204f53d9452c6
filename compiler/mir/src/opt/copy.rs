//! Copies of instructions within their function.

use crate::function::{Function, InstData, List};
use crate::ids::Inst;
use crate::opcode::Shape;

/// A row that means the same as the instruction's, with lists of its own, so that changing one changes not the other.
pub(super) fn copy_row(function: &mut Function, inst: Inst) -> InstData {
    let mut data = *function.inst(inst);
    let copy = |function: &mut Function, list: List| {
        let items = function.list(list).to_vec();
        function.add_list(&items)
    };
    match data.opcode.info().shape {
        Shape::Constant if data.aux == 1 => data.a = copy(function, data.a),
        Shape::Branch => (data.b, data.c) = (copy(function, data.b), copy(function, data.c)),
        Shape::Switch => {
            let mut items = function.list(data.c).to_vec();
            items[0] = copy(function, items[0]);
            items[1..].chunks_exact_mut(3).for_each(|case| case[2] = copy(function, case[2]));
            data.c = function.add_list(&items);
        }
        Shape::StoreVector
        | Shape::Call
        | Shape::CallIndirect
        | Shape::Assert
        | Shape::Panic
        | Shape::Print
        | Shape::Jump
        | Shape::Return => data.c = copy(function, data.c),
        _ => {}
    }
    data
}
