//! Uses of registers that nobody wrote, and what is let pass.

mod support;

use rustg_simulator::check::{Checker, CheckerSetup, Finding, Subject};
use rustg_simulator::device::LaunchShape;
use std::sync::Arc;
use support::{Bench, Value};

/// Runs a kernel `k` with one pointer to 64 words of which word `i` is `i`; 32 threads. Gives the findings.
fn findings(registers: &str, body: &str) -> Vec<Finding> {
    let text = format!(
        ".version 8.0\n.target sm_90\n.address_size 64\n.visible .entry k(.param .u64 p)\n{{\n\
         .reg .b64 %x, %lane;\n.reg .b32 %t;\n{registers}\n.shared .align 8 .b8 tile[256];\n.local .align 8 .b8 own[16];\n\
         ld.param.u64 %x, [p];\nmov.u32 %t, %tid.x;\nmul.wide.u32 %lane, %t, 4;\nadd.s64 %x, %x, %lane;\n{body}\nret;\n}}\n"
    );
    let mut bench = Bench::new(text.as_bytes());
    let x = bench.words("x", &(0..64).collect::<Vec<_>>());
    let parameters = bench.parameters("k", &[&x]);
    let ptx = Arc::new(rustg_ptx::parse(text.as_bytes()).0);
    let mut checker = Checker::new(&CheckerSetup { module: Some(ptx.clone()), ..CheckerSetup::default() });
    let shape = LaunchShape::linear(1, 32);
    let module = bench.module.clone();
    bench.device.launch_observed(&module, "k", &shape, &parameters, &mut checker).unwrap();
    let Value::Pointer(address) = x else { unreachable!() };
    assert_ne!(address, 0);
    let subject = Subject {
        module: &ptx,
        text: &text,
        path: "k.ptx",
        grid: [1; 3],
        block: [32, 1, 1],
        allocations: Vec::new(),
        shared: Vec::new(),
        seed: 0,
        replay: None,
    };
    checker.findings(&subject).findings
}

/// What is found: for each finding its code, message, and the instruction it is at.
fn told(registers: &str, body: &str) -> Vec<String> {
    let found = findings(registers, body);
    found.iter().map(|one| format!("{}: {} @ {}", one.rule.code, one.message, one.spots[0].place.instruction)).collect()
}

fn one(registers: &str, body: &str, register: &str, at: &str) {
    let told = told(registers, body);
    let want = format!(
        "uninitialised-register: use of an uninitialised register: the thread has not written `{register}` @ {}",
        at.trim_end_matches(';')
    );
    assert_eq!(told, [want], "{body}");
}

fn none(registers: &str, body: &str) {
    assert_eq!(told(registers, body), Vec::<String>::new(), "{body}");
}

#[test]
fn a_stored_register_without_a_value_is_named_with_its_line() {
    one(".reg .b32 %r<4>;", "st.global.u32 [%x], %r1;", "%r1", "st.global.u32 [%x], %r1;");
}

#[test]
fn the_lack_of_a_value_is_followed_through_moves_and_arithmetic() {
    let body = "mov.u32 %r2, %r1;\nadd.u32 %r3, %r2, 4;\nst.global.u32 [%x], %r3;";
    one(".reg .b32 %r<4>;", body, "%r1", "st.global.u32 [%x], %r3;");
    let found = findings(".reg .b32 %r<4>;", body);
    assert_eq!(found[0].spots[1].place.instruction, "mov.u32 %r2, %r1");
}

#[test]
fn an_address_without_a_value_is_found() {
    // Zero in the simulator, so that the access itself is in bounds of shared memory.
    let body = "setp.eq.u32 %p1, %t, 0;\n@%p1 st.shared.u32 [%r1], %t;";
    one(".reg .b32 %r<3>;\n.reg .pred %p<3>;", body, "%r1", "@%p1 st.shared.u32 [%r1], %t;");
}

#[test]
fn a_branch_without_a_condition_is_found() {
    let body = "@%p1 bra $next;\nmov.u32 %r1, 1;\n$next:\nst.global.u32 [%x], 7;";
    one(".reg .b32 %r<3>;\n.reg .pred %p<3>;", body, "%p1", "@%p1 bra $next;");
    let body = "setp.lt.u32 %p1, %r1, 5;\n@%p1 st.global.u32 [%x], 7;";
    one(".reg .b32 %r<3>;\n.reg .pred %p<3>;", body, "%r1", "@%p1 st.global.u32 [%x], 7;");
}

#[test]
fn lanes_are_told_apart() {
    // Lanes 16 to 31 never write %r1.
    let registers = ".reg .b32 %r<4>;\n.reg .pred %p<3>;";
    let body = "setp.lt.u32 %p1, %t, 16;\n@%p1 mov.u32 %r1, 3;\n@%p1 st.global.u32 [%x], %r1;";
    none(registers, body);
    let body = "setp.lt.u32 %p1, %t, 16;\n@%p1 mov.u32 %r1, 3;\nst.global.u32 [%x], %r1;";
    one(registers, body, "%r1", "st.global.u32 [%x], %r1;");
    let lane = findings(registers, body)[0].involved[0].lanes;
    assert_eq!(lane, 1 << 16);
}

#[test]
fn what_compilers_do_with_values_nobody_uses_passes() {
    let registers = ".reg .b32 %r<8>;\n.reg .b64 %rd<4>;\n.reg .b16 %rs<4>;\n.reg .pred %p<4>;";
    // One half of a pair, inserted bits, a chosen side, a conjunction that the other side decides, zero by exclusive or.
    for body in [
        "mov.u32 %r2, 5;\nmov.b64 %rd1, {%r2, %r1};\ncvt.u32.u64 %r3, %rd1;\nst.global.u32 [%x], %r3;",
        "mov.u32 %r2, 5;\nmov.b64 %rd1, {%r2, %r1};\nmov.b64 {%r3, %r4}, %rd1;\nst.global.u32 [%x], %r3;",
        "bfi.b32 %r2, 5, %r1, 0, 8;\nst.global.u8 [%x], %r2;\nmov.u32 %r2, %r1;",
        "setp.lt.u32 %p1, %t, 99;\nselp.b32 %r2, %t, %r1, %p1;\nst.global.u32 [%x], %r2;",
        "setp.gt.u32 %p1, %t, 99;\nand.pred %p2, %p1, %p3;\n@%p2 st.global.u32 [%x], 1;",
        "setp.gt.u32 %p1, %t, 99;\nsetp.lt.and.u32 %p2, %r1, 5, %p1;\n@%p2 st.global.u32 [%x], 1;",
        "xor.b32 %r2, %r1, %r1;\nst.global.u32 [%x], %r2;",
        "mov.u16 %rs2, 3;\nmov.b32 %r2, {%rs2, %rs1};\nst.global.u32 [%x], %r2;",
        "st.local.u32 [own], %r1;",
        "mov.u32 %r2, %r1;",
    ] {
        none(registers, body);
    }
    // But what is taken from the other half is found.
    let body = "mov.u32 %r2, 5;\nmov.b64 %rd1, {%r2, %r1};\nmov.b64 {%r3, %r4}, %rd1;\nst.global.u32 [%x], %r4;";
    one(registers, body, "%r1", "st.global.u32 [%x], %r4;");
}

#[test]
fn local_and_shared_memory_hand_it_on() {
    let registers = ".reg .b32 %r<8>;";
    let body = "st.local.u32 [own], %r1;\nld.local.u32 %r2, [own];\nst.global.u32 [%x], %r2;";
    one(registers, body, "%r1", "st.global.u32 [%x], %r2;");
    let body = "shl.b32 %r3, %t, 2;\nst.shared.u32 [%r3], %r1;\nld.shared.u32 %r2, [%r3];\nst.global.u32 [%x], %r2;";
    one(registers, body, "%r1", "st.global.u32 [%x], %r2;");
    let body = "st.local.u32 [own], %r1;\nst.local.u32 [own], %t;\nld.local.u32 %r2, [own];\nst.global.u32 [%x], %r2;";
    none(registers, body);
}

#[test]
fn vectors_are_told_apart_by_element() {
    let registers = ".reg .b32 %r<8>;\n.reg .b64 %y;";
    let body = "mov.u32 %r1, 1;\nmov.u32 %r2, 2;\nst.shared.v2.u32 [tile], {%r1, %r2};\nld.shared.v2.u32 {%r3, _}, [tile];\nst.global.u32 [%x], %r3;";
    assert!(
        told(registers, body).iter().all(|one| !one.starts_with("uninit")),
        "one lane after another writes the tile"
    );
    let body = "shl.b32 %r7, %t, 3;\nmov.u32 %r1, 1;\nst.shared.v2.u32 [%r7], {%r1, %t};\nld.shared.v2.u32 {%r3, %r4}, [%r7];\nst.global.u32 [%x], %r4;";
    none(registers, body);
}

#[test]
fn a_division_by_zero_is_found_and_goes_on() {
    let registers = ".reg .b32 %r<8>;\n.reg .b64 %rd<4>;";
    for (body, lanes) in [
        ("and.b32 %r1, %t, 3;\ndiv.u32 %r2, 7, %r1;\nst.global.u32 [%x], %r2;", 0x1111_1111),
        ("rem.s32 %r2, 7, %t;\nst.global.u32 [%x], %r2;", 1),
        ("cvt.u64.u32 %rd1, %t;\ndiv.s64 %rd2, 7, %rd1;\nst.global.u32 [%x], %rd2;", 1),
    ] {
        let found = findings(registers, body);
        assert_eq!(found.len(), 1, "{body}");
        assert_eq!((found[0].rule.code, found[0].involved[0].lanes), ("division-by-zero", lanes), "{body}");
    }
    none(registers, "add.u32 %r1, %t, 1;\ndiv.u32 %r2, 7, %r1;\nrem.u32 %r2, %r2, 3;\nst.global.u32 [%x], %r2;");
}
