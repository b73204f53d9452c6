//! Warps of which a part executes: registers keep the other lanes' values, and what a part may not do is told.

mod support;

use rustg_simulator::check::{Checker, CheckerSetup, Subject, render};
use rustg_simulator::device::LaunchShape;
use std::sync::Arc;
use support::Bench;

/// Runs a kernel `k` of one pointer over `threads` threads; gives the findings as people see them, and the first 256 words.
fn run(declarations: &str, body: &str, threads: u32) -> (String, Vec<u32>) {
    let text = format!(
        ".version 8.0\n.target sm_90\n.address_size 64\n.visible .entry k(.param .u64 p)\n{{\n\
         .reg .b64 %x, %w;\n.reg .b32 %t;\n.reg .pred %low;\n{declarations}\n\
         ld.param.u64 %x, [p];\nmov.u32 %t, %tid.x;\nmul.wide.u32 %w, %t, 4;\nadd.s64 %x, %x, %w;\nsetp.lt.u32 %low, %t, 16;\n{body}\nret;\n}}\n"
    );
    let mut bench = Bench::new(text.as_bytes());
    let x = bench.words("x", &(0..256).collect::<Vec<_>>());
    let parameters = bench.parameters("k", &[&x]);
    let ptx = Arc::new(rustg_ptx::parse(text.as_bytes()).0);
    let mut checker = Checker::new(&CheckerSetup { module: Some(ptx.clone()), ..CheckerSetup::default() });
    let shape = LaunchShape::linear(1, threads);
    let module = bench.module.clone();
    let _ = bench.device.launch_observed(&module, "k", &shape, &parameters, &mut checker);
    let subject = Subject {
        module: &ptx,
        text: &text,
        path: "k.ptx",
        grid: [1; 3],
        block: [threads, 1, 1],
        allocations: Vec::new(),
        shared: Vec::new(),
        seed: 0,
        replay: None,
    };
    let findings = checker.findings(&subject);
    let shown = render::text(&findings, &subject, &mut render::Sources::new(&|_| None), false);
    (shown, bench.read(&x, 256))
}

#[test]
fn vector_registers_keep_the_lanes_that_are_off() {
    // Lanes below 16 take the second vector, the others keep the first.
    let registers = ".reg .v4 .b32 %v<3>;\n.reg .v2 .b32 %u<3>;\n.reg .b32 %r<9>;\n.reg .b64 %y;";
    let set = "add.u32 %r1, %t, 1000;\nadd.u32 %r2, %t, 2000;\n";
    for (moves, element) in [
        (
            "mov.b32 %v0.x, %r1;\nmov.b32 %v0.y, %r1;\nmov.b32 %v0.z, %r1;\nmov.b32 %v0.w, %r1;\n\
          mov.b32 %v1.x, %r2;\nmov.b32 %v1.y, %r2;\nmov.b32 %v1.z, %r2;\nmov.b32 %v1.w, %r2;\n@%low mov.v4.b32 %v0, %v1;",
            "%v0",
        ),
        (
            "mov.b32 %u0.x, %r1;\nmov.b32 %u0.y, %r1;\nmov.b32 %u1.x, %r2;\nmov.b32 %u1.y, %r2;\n@%low mov.v2.b32 %u0, %u1;",
            "%u0",
        ),
    ] {
        for part in ["x", "y"] {
            let body = format!("{set}{moves}\nst.global.u32 [%x], {element}.{part};");
            let (shown, words) = run(registers, &body, 32);
            assert_eq!(shown, "", "{body}");
            let want: Vec<u32> = (0..32).map(|t| t + if t < 16 { 2000 } else { 1000 }).collect();
            assert_eq!(words[..32], want, "{body}");
        }
    }
}

#[test]
fn vector_loads_keep_the_lanes_that_are_off() {
    let registers = ".reg .b32 %r<9>;\n.reg .b64 %y, %z;";
    let base = "sub.s64 %y, %x, %w;\nmul.wide.u32 %z, %t, 16;\nadd.s64 %y, %y, %z;\nmov.u32 %r1, 7;\nmov.u32 %r2, 7;\nmov.u32 %r3, 7;\nmov.u32 %r4, 7;\n";
    let load = "@%low ld.global.v4.u32 {%r1, %r2, %r3, %r4}, [%y];\nbar.sync 0;\nst.global.u32 [%x], %r3;";
    let (shown, words) = run(registers, &format!("{base}{load}"), 32);
    assert_eq!(shown, "");
    let want: Vec<u32> = (0..32).map(|t| if t < 16 { 4 * t + 2 } else { 7 }).collect();
    assert_eq!(words[..32], want);
    // And through a split of the warp rather than a guard, with 64-bit elements.
    let branch = "@!%low bra $end;\nld.global.v2.u64 {%y, %z}, [%y];\ncvt.u32.u64 %r1, %y;\nshr.u64 %z, %z, 32;\ncvt.u32.u64 %r2, %z;\n$end:\nbar.sync 0;\nadd.u32 %r1, %r1, %r2;\nst.global.u32 [%x], %r1;";
    let (shown, words) = run(registers, &format!("{base}{branch}"), 32);
    assert_eq!(shown, "");
    let want: Vec<u32> = (0..32).map(|t| if t < 16 { 8 * t + 3 } else { 14 }).collect();
    assert_eq!(words[..32], want);
}

fn told(declarations: &str, body: &str, threads: u32, parts: &[&str]) {
    let (shown, _) = run(declarations, body, threads);
    for part in parts {
        assert!(shown.contains(part), "{part:?} in\n{shown}");
    }
}

#[test]
fn a_shuffle_from_lanes_that_left_it_out_names_both() {
    told(
        ".reg .b32 %r<4>;",
        "@!%low bra $end;\nshfl.sync.down.b32 %r1, %t, 8, 31, 0xffff;\nst.global.u32 [%x], %r1;\n$end:",
        32,
        &[
            "error[shuffle-inactive]: shuffle reads a lane that does not take part",
            "lanes 8–15) reads lanes 16–23, which did not execute this shuffle",
            "the value read is undefined",
            "let all source lanes execute the shuffle, and name them in its mask",
        ],
    );
}

#[test]
fn masks_that_name_absent_lanes_or_not_their_own_are_told() {
    told(
        ".reg .b32 %r<4>;",
        "shfl.sync.idx.b32 %r1, %t, 0, 31, 0xffff;\nst.global.u32 [%x], %r1;",
        32,
        &[
            "error[bad-mask]: warp operation by a lane that its mask does not name",
            "lanes 16–31 are not in the mask 0x0000ffff",
        ],
    );
    told(
        ".reg .pred %q<3>;\n.reg .b32 %r<4>;",
        "@%low exit;\nvote.sync.ballot.b32 %r1, %low, 0x00ffff0f;\nst.global.u32 [%x], %r1;",
        32,
        &["error[bad-mask]"],
    );
}

#[test]
fn a_barrier_in_a_branch_is_told_with_who_is_missing() {
    told(
        "",
        "@!%low bra $high;\nbar.sync 0;\nbra $end;\n$high:\nbar.sync 0;\n$end:",
        32,
        &[
            "error[divergent-barrier]: barrier 0 reached by a part of a warp",
            "is here with 16 of the warp's 32 live lanes",
            "all lanes of a warp must reach the same one together",
            "move the barrier out of the divergent branch",
        ],
    );
}

#[test]
fn a_barrier_that_the_rest_of_the_warp_passes_by_is_told() {
    let parts = ["error[divergent-barrier]: barrier 0 reached by a part of a warp", "16 of the warp's 32 live lanes"];
    // In a branch, and in a loop that lanes leave at different times.
    told("", "@!%low bra $end;\nbar.sync 0;\n$end:\nst.global.u32 [%x], 1;", 32, &parts);
    let head = "mov.u32 %r1, 0;\n$loop:\nsetp.ge.u32 %q, %r1, %r2;\n@%q bra $end;\nbar.sync 0;\nadd.u32 %r1, %r1, 1;\nbra $loop;\n$end:\nst.global.u32 [%x], 1;";
    let body = format!("selp.u32 %r2, 3, 2, %low;\n{head}");
    told(".reg .pred %q;\n.reg .b32 %r<3>;", &body, 32, &parts);
    // Lanes that have left the kernel are not missed, nor are those that come later.
    let (shown, _) = run("", "@!%low bra $end;\nbar.sync 0;\nst.global.u32 [%x], 1;\n$end:", 32);
    assert_eq!(shown, "");
    let late = "mov.u32 %r1, 0;\n$loop:\nadd.u32 %r1, %r1, 1;\nsetp.lt.u32 %q, %r1, %t;\n@%q bra $loop;\nbar.sync 0;\nst.global.u32 [%x], 1;";
    let (shown, _) = run(".reg .pred %q;\n.reg .b32 %r<3>;", late, 64);
    assert_eq!(shown, "");
}

#[test]
fn a_deadlock_says_what_each_waits_for() {
    told(
        ".reg .pred %first;",
        "setp.lt.u32 %first, %t, 32;\n@%first bra $one;\nbar.sync 1;\nbra $end;\n$one:\nbar.sync 2;\n$end:",
        64,
        &[
            "error[deadlock]: deadlock: 64 threads wait and none can go on",
            "for barrier 2, which 32 of 64 threads have reached",
            "for barrier 1, which 32 of 64 threads have reached",
            "let all threads that a barrier waits for reach it, on every path",
        ],
    );
    told(
        "",
        "@!%low bra $high;\nbar.warp.sync 0xffffffff;\nbra $end;\n$high:\nbar.sync 0;\nbar.warp.sync 0xffffffff;\n$end:",
        32,
        &["error[deadlock]", "for lanes 16–31 of the mask 0xffffffff, which are elsewhere"],
    );
}
