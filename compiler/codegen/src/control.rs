//! Blocks, jumps, and the copies that bring arguments to the parameters of blocks.

use rustg_mir::function::{InstData, List};
use rustg_mir::ids::{Block, Inst, Value};
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::function::{Body, ptx};
use crate::operand::Operand;
use crate::registers::{Class, Register};
use crate::{call, wide};

pub(crate) fn label(block: Block) -> String {
    format!("$L_{block}")
}

pub(crate) fn emit_label(body: &mut Body<'_, '_>, block: Block) {
    if block != body.function.entry() {
        body.text.push_str(&format!("{}:\n", label(block)));
    }
}

pub(crate) fn emit(body: &mut Body<'_, '_>, inst: Inst, data: &InstData, next: Option<Block>) -> Result<(), String> {
    match data.opcode {
        Opcode::Jump => {
            copy_arguments(body, data.c);
            go(body, body.function.target_block(data.c), next);
        }
        Opcode::Branch => branch(body, data, next),
        Opcode::Switch => switch(body, inst, data, next)?,
        _ => return call::emit_return(body, data),
    }
    Ok(())
}

/// `exit`, `trap`, the clock, the active lanes, and what is never reached.
pub(crate) fn emit_nothing(body: &mut Body<'_, '_>, inst: Inst, data: &InstData) {
    match data.opcode {
        Opcode::Exit => ptx!(body, "exit"),
        Opcode::Clock => {
            let register = body.define(body.function.result(inst));
            ptx!(body, "mov.u64 {register}, %clock64");
        }
        Opcode::ActiveMask => {
            let register = body.define(body.function.result(inst));
            ptx!(body, "activemask.b32 {register}");
        }
        // ptxas does not take a trap for the end of a block.
        _ => {
            ptx!(body, "trap");
            ptx!(body, "exit");
        }
    }
}

fn go(body: &mut Body<'_, '_>, block: Block, next: Option<Block>) {
    if next != Some(block) {
        ptx!(body, "bra {}", label(block));
    }
}

/// The true way first: its copies stand behind the branch, or on a way of their own.
fn branch(body: &mut Body<'_, '_>, data: &InstData, next: Option<Block>) {
    let condition = body.register(Value(data.a));
    let (then, otherwise) = (body.function.target_block(data.b), body.function.target_block(data.c));
    let has_copies = |body: &Body<'_, '_>, target: List| body.function.target_arguments(target).len() > 0;
    match (has_copies(body, data.b), has_copies(body, data.c)) {
        (false, _) if next == Some(then) && !has_copies(body, data.c) => {
            ptx!(body, "@!{condition} bra {}", label(otherwise));
        }
        (false, _) => {
            ptx!(body, "@{condition} bra {}", label(then));
            copy_arguments(body, data.c);
            go(body, otherwise, next);
        }
        (true, false) => {
            ptx!(body, "@!{condition} bra {}", label(otherwise));
            copy_arguments(body, data.b);
            go(body, then, next);
        }
        (true, true) => {
            let way = format!("$L_way{}", body.scratch(Class::Predicate).number);
            ptx!(body, "@!{condition} bra {way}");
            copy_arguments(body, data.b);
            ptx!(body, "bra {}", label(then));
            body.text.push_str(&format!("{way}:\n"));
            copy_arguments(body, data.c);
            go(body, otherwise, next);
        }
    }
}

/// Cases are asked one after another; ptxas makes tables of long rows.
fn switch(body: &mut Body<'_, '_>, inst: Inst, data: &InstData, next: Option<Block>) -> Result<(), String> {
    if data.ty == Type::I128 {
        return Err("a switch over i128".to_owned());
    }
    let value = body.register(Value(data.a));
    let bits = data.ty.bits().max(32);
    let cases: Vec<(u64, List)> = body.function.cases(inst).collect();
    for (key, target) in cases {
        let is_case = body.scratch(Class::Predicate);
        ptx!(body, "setp.eq.u{bits} {is_case}, {value}, {key}");
        let block = body.function.target_block(target);
        if body.function.target_arguments(target).len() == 0 {
            ptx!(body, "@{is_case} bra {}", label(block));
        } else {
            let way = format!("$L_way{}", is_case.number);
            ptx!(body, "@!{is_case} bra {way}");
            copy_arguments(body, target);
            ptx!(body, "bra {}", label(block));
            body.text.push_str(&format!("{way}:\n"));
        }
    }
    let default = body.function.list(data.c)[0];
    copy_arguments(body, default);
    go(body, body.function.target_block(default), next);
    Ok(())
}

/// Brings a target's arguments to the block's parameters, all at once: what is overwritten was copied before.
fn copy_arguments(body: &mut Body<'_, '_>, target: List) {
    let block = body.function.target_block(target);
    let pairs: Vec<(Value, Value)> =
        body.function.block_parameters(block).zip(body.function.target_arguments(target)).collect();
    let mut moves: Vec<(Register, Operand)> = Vec::new();
    for (parameter, argument) in pairs {
        if body.value_type(parameter) == Type::I128 {
            let sources = wide::halves(body, argument);
            moves.extend(wide::targets(body, parameter).into_iter().zip(sources));
            continue;
        }
        let source = match body.spaces[parameter.index()] {
            Some(_) if body.constant(argument).is_none() => Operand::Register(body.raw(argument)),
            _ => body.operand(argument),
        };
        let register = body.define(parameter);
        moves.push((register, source));
    }
    moves.retain(|(to, from)| Operand::Register(*to) != *from);
    while !moves.is_empty() {
        let free = moves.iter().position(|(to, _)| moves.iter().all(|(_, from)| *from != Operand::Register(*to)));
        match free {
            Some(at) => {
                let (to, from) = moves.swap_remove(at);
                emit_move(body, to, from);
            }
            None => {
                // A ring: one of its registers is saved.
                let saved = moves[0].0;
                let copy = body.scratch(saved.class);
                emit_move(body, copy, Operand::Register(saved));
                for (_, from) in moves.iter_mut().filter(|(_, from)| *from == Operand::Register(saved)) {
                    *from = Operand::Register(copy);
                }
            }
        }
    }
}

fn emit_move(body: &mut Body<'_, '_>, to: Register, from: Operand) {
    let ty = match from {
        Operand::Single(_) => "f32",
        Operand::Double(_) => "f64",
        _ => to.class.suffix(),
    };
    ptx!(body, "mov.{ty} {to}, {from}");
}
