//! Barriers and what lanes of a warp do together.

use rustg_mir::function::InstData;
use rustg_mir::ids::{Inst, Value};
use rustg_mir::immediate::{Rmw, Shuffle, Vote};
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::Version;
use crate::function::{Body, ptx};
use crate::registers::{Class, Register};

pub(crate) fn emit_barrier(body: &mut Body<'_, '_>, data: &InstData) {
    match data.opcode {
        // `bar.sync` must be reached by a whole warp at once; where that is not known it hangs on hardware.
        Opcode::Barrier if data.aux == 1 => ptx!(body, "bar.sync {}", data.a),
        Opcode::Barrier => ptx!(body, "barrier.sync {}", data.a),
        _ => {
            let mask = body.operand(Value(data.a));
            ptx!(body, "bar.warp.sync {mask}");
        }
    }
}

pub(crate) fn emit(body: &mut Body<'_, '_>, inst: Inst, data: &InstData) -> Result<(), String> {
    let mut results = body.function.results(inst);
    let first = results.next().expect("a warp operation has a result");
    match data.opcode {
        Opcode::Shuffle => shuffle(body, first, results.next(), data)?,
        Opcode::Vote => {
            let (predicate, mask) = (body.register(Value(data.a)), body.operand(Value(data.b)));
            let d = body.define(first);
            let name = match Vote::from_bits(data.aux) {
                Vote::All => "all",
                Vote::Any => "any",
                Vote::Uniform => "uni",
            };
            ptx!(body, "vote.sync.{name}.pred {d}, {predicate}, {mask}");
        }
        Opcode::Ballot => {
            let (predicate, mask) = (body.register(Value(data.a)), body.operand(Value(data.b)));
            let d = body.define(first);
            ptx!(body, "vote.sync.ballot.b32 {d}, {predicate}, {mask}");
        }
        Opcode::Match => {
            let (value, mask) = (body.register(Value(data.a)), body.operand(Value(data.b)));
            let (d, bits) = (body.define(first), data.ty.bits());
            let flag = results.next().map(|flag| body.define(flag));
            let flag = flag.expect("a match has two results");
            if data.aux == 1 {
                ptx!(body, "match.all.sync.b{bits} {d}|{flag}, {value}, {mask}");
            } else {
                ptx!(body, "match.any.sync.b{bits} {d}, {value}, {mask}");
                ptx!(body, "setp.eq.u32 {flag}, {d}, {mask}");
            }
        }
        _ => reduce(body, first, data)?,
    }
    Ok(())
}

/// 64 bits travel as two times 32.
fn shuffle(body: &mut Body<'_, '_>, result: Value, flag: Option<Value>, data: &InstData) -> Result<(), String> {
    let (mode, width) = data.shuffle();
    let mode = match mode {
        Shuffle::Index => "idx",
        Shuffle::Up => "up",
        Shuffle::Down => "down",
        Shuffle::Xor => "bfly",
    };
    // Bits 8–12 are the lanes of a segment, bits 0–4 the last lane that may be read (PTX ISA, shfl.sync).
    let clamp = (32 - width) << 8 | if mode == "up" { 0 } else { 31 };
    let value = body.register(Value(data.a));
    let (lane, mask) = (body.operand(Value(data.b)), body.operand(Value(data.c)));
    let d = body.define(result);
    let flag = flag.map(|flag| body.define(flag)).expect("a shuffle has two results");
    let one = |body: &mut Body<'_, '_>, to: Register, from: Register| {
        ptx!(body, "shfl.sync.{mode}.b32 {to}|{flag}, {from}, {lane}, {clamp}, {mask}");
    };
    match Class::of(data.ty) {
        Class::Word => one(body, d, value),
        Class::Long if data.ty != Type::I128 => {
            let [low, high, new_low, new_high] = [0; 4].map(|_| body.scratch(Class::Word));
            ptx!(body, "mov.b64 {{{low}, {high}}}, {value}");
            one(body, new_low, low);
            one(body, new_high, high);
            ptx!(body, "mov.b64 {d}, {{{new_low}, {new_high}}}");
        }
        Class::Short => {
            let [from, to] = [0; 2].map(|_| body.scratch(Class::Word));
            ptx!(body, "cvt.u32.u16 {from}, {value}");
            one(body, to, from);
            ptx!(body, "cvt.u16.u32 {d}, {to}");
        }
        _ => return Err(format!("a shuffle of {}", data.ty.name())),
    }
    Ok(())
}

/// One instruction from sm_80 on, shuffles before (PTX ISA, redux.sync).
fn reduce(body: &mut Body<'_, '_>, result: Value, data: &InstData) -> Result<(), String> {
    let name = match Rmw::from_bits(data.aux) {
        Rmw::Add => "add.u32",
        Rmw::And => "and.b32",
        Rmw::Or => "or.b32",
        Rmw::Xor => "xor.b32",
        Rmw::Min => "min.s32",
        Rmw::MinU => "min.u32",
        Rmw::Max => "max.s32",
        Rmw::MaxU => "max.u32",
        other => return Err(format!("a reduction by `{}`", other.name())),
    };
    if data.ty != Type::I32 {
        return Err(format!("a reduction of {} over lanes", data.ty.name()));
    }
    let (value, mask) = (body.register(Value(data.a)), body.operand(Value(data.b)));
    let d = body.define(result);
    if body.emitter.target.sm < 80 {
        reduce_by_shuffles(body, name, d, value, &mask.to_string());
        return Ok(());
    }
    body.emitter.need(Version(7, 0));
    ptx!(body, "redux.sync.{name} {d}, {value}, {mask}");
    Ok(())
}

/// A butterfly where the whole warp is there, else lane after lane: lanes that have ended are in the mask and bring nothing.
fn reduce_by_shuffles(body: &mut Body<'_, '_>, name: &str, d: Register, value: Register, mask: &str) {
    let [there, one, rest, lane] = [0; 4].map(|_| body.scratch(Class::Word));
    let [holds, is_partial] = [0; 2].map(|_| body.scratch(Class::Predicate));
    let number = holds.number;
    ptx!(body, "setp.eq.u32 {holds}, {value}, {value}");
    ptx!(body, "vote.sync.ballot.b32 {there}, {holds}, {mask}");
    ptx!(body, "setp.ne.u32 {is_partial}, {there}, -1");
    ptx!(body, "@{is_partial} bra $L_lanes{number}");
    ptx!(body, "mov.b32 {d}, {value}");
    for distance in [16, 8, 4, 2, 1] {
        ptx!(body, "shfl.sync.bfly.b32 {one}, {d}, {distance}, 31, {mask}");
        ptx!(body, "{name} {d}, {d}, {one}");
    }
    ptx!(body, "bra $L_reduced{number}");
    body.text.push_str(&format!("$L_lanes{number}:\n"));
    // The lowest bit of what is left is its highest once it is reversed.
    let lowest = |body: &mut Body<'_, '_>, from: Register| {
        ptx!(body, "brev.b32 {lane}, {from}");
        ptx!(body, "clz.b32 {lane}, {lane}");
        ptx!(body, "add.u32 {one}, {from}, -1");
        ptx!(body, "and.b32 {rest}, {from}, {one}");
    };
    lowest(body, there);
    ptx!(body, "shfl.sync.idx.b32 {d}, {value}, {lane}, 31, {mask}");
    body.text.push_str(&format!("$L_lane{number}:\n"));
    ptx!(body, "setp.eq.u32 {holds}, {rest}, 0");
    ptx!(body, "@{holds} bra $L_reduced{number}");
    lowest(body, rest);
    ptx!(body, "shfl.sync.idx.b32 {one}, {value}, {lane}, 31, {mask}");
    ptx!(body, "{name} {d}, {d}, {one}");
    ptx!(body, "bra $L_lane{number}");
    body.text.push_str(&format!("$L_reduced{number}:\n"));
}
