//! Hostile programs: whatever the reader accepts, the machine runs to an end, a fault or its step budget, without a panic and within its memory.
//!
//! Programs are made from the instruction table (every form of it, with operands that fit mostly), from real kernels with pieces exchanged, and by hand.
//! `RUSTG_TEST_FULL=1` runs many more; `RUSTG_FUZZ_SEED` runs one.

mod soup;

use rustg_simulator::check::{Checker, CheckerSetup};
use rustg_simulator::count::Counts;
use rustg_simulator::device::{Config, Device, DeviceError, LaunchShape};
use soup::Random;
use std::sync::Arc;

/// Steps a program may take.
const STEPS: u64 = 3_000;
/// Memory a program may take.
const MEMORY_BYTES: u64 = 64 << 20;

/// How one program ended.
#[derive(PartialEq, Eq, Debug)]
enum Ended {
    /// The reader or the loader refused it.
    Refused,
    /// The machine refused the launch.
    NotLaunched,
    /// It ran to its end, or to a fault.
    Ran,
}

/// Runs every kernel of a text with all observers.
fn run(text: &str, random: &mut Random) -> Ended {
    let (module, diagnostics) = rustg_ptx::parse(text.as_bytes());
    if diagnostics.iter().any(|one| one.severity == rustg_base::diagnostic::Severity::Error) {
        return Ended::Refused;
    }
    let ptx = Arc::new(module);
    let seed = random.below(3) as u64;
    let cores = 1 + random.below(2);
    let mut device =
        Device::new(Config { memory_limit_bytes: MEMORY_BYTES, step_budget: STEPS, seed, cores, ..Config::default() });
    let module = match device.load_module(ptx.clone()) {
        Ok(module) => module,
        Err(DeviceError::BadModule(_) | DeviceError::OutOfMemory { .. }) => return Ended::Refused,
        Err(other) => panic!("{other}"),
    };
    let Ok(buffer) = device.allocate("x", 1 << 16) else { return Ended::Refused };
    let mut ended = Ended::NotLaunched;
    for kernel in module.kernels().into_iter().map(str::to_owned).take(4).collect::<Vec<_>>() {
        let index = module.find_kernel(&kernel).expect("it was just listed");
        let mut parameters = vec![0; module.parameter_bytes(index) as usize];
        for (offset, size) in module.parameters(index) {
            let value = if random.below(4) == 0 { random.next() } else { buffer };
            let size = (*size as usize).min(8);
            parameters[*offset as usize..][..size].copy_from_slice(&value.to_le_bytes()[..size]);
        }
        let clustered = random.below(4) == 0;
        let shape = LaunchShape {
            grid: [2, 1, 1],
            block: [[32, 40, 96, 1][random.below(4)], 1, 1],
            cluster: clustered.then_some([2, 1, 1]),
            dynamic_shared_bytes: 256,
            cooperative: random.below(8) == 0,
        };
        let mut checker = Checker::new(&CheckerSetup {
            history_bytes: 4 << 20,
            unwritten: vec![(buffer, 1 << 12)],
            module: Some(ptx.clone()),
            ..CheckerSetup::default()
        });
        let launched = match random.below(3) {
            0 => device.launch(&module, &kernel, &shape, &parameters),
            1 => device.launch_observed(&module, &kernel, &shape, &parameters, &mut checker),
            _ => {
                let mut both = (checker.clone(), Counts::new(&ptx));
                let launched = device.launch_observed(&module, &kernel, &shape, &parameters, &mut both);
                checker = both.0;
                launched
            }
        };
        let subject = rustg_simulator::check::Subject {
            module: &ptx,
            text,
            path: "k.ptx",
            grid: shape.grid,
            block: shape.block,
            allocations: Vec::new(),
            shared: module.shared_variables(&kernel),
            seed,
            replay: None,
        };
        let findings = checker.findings(&subject);
        let read = |_: &str| None;
        rustg_simulator::check::render::text(
            &findings,
            &subject,
            &mut rustg_simulator::check::render::Sources::new(&read),
            false,
        );
        if !matches!(launched, Err(rustg_simulator::device::LaunchError::Invalid(_))) {
            ended = Ended::Ran;
        }
    }
    ended
}

/// Runs `count` programs; a program that panics is told with its seed and text.
fn run_all(count: u64, make: impl Fn(&mut Random) -> String) -> [usize; 3] {
    let only: Option<u64> = std::env::var("RUSTG_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok());
    let mut ends = [0; 3];
    for seed in only.map_or(0..count, |seed| seed..seed + 1) {
        let mut random = Random::new(seed);
        let text = make(&mut random);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&text, &mut random)));
        match result {
            Ok(ended) => ends[ended as usize] += 1,
            Err(_) => panic!("RUSTG_FUZZ_SEED={seed}:\n{text}"),
        }
    }
    ends
}

fn full(quick: u64, long: u64) -> u64 {
    if std::env::var_os("RUSTG_TEST_FULL").is_some() { long } else { quick }
}

#[test]
fn instruction_soup_neither_panics_nor_hangs() {
    let [_, _, ran] = run_all(full(300, 60_000), soup::program);
    let one = std::env::var_os("RUSTG_FUZZ_SEED").is_some();
    assert!(one || ran > 250, "most programs are run: {ran}");
}

#[test]
fn every_form_of_the_table_is_run_alone() {
    let rows = rustg_ptx::table::rows();
    for round in 0..full(1, 40) {
        for (index, row) in rows.iter().enumerate() {
            let mut random = Random::new(index as u64 + round * 100_003);
            let text = soup::alone(row, &mut random);
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&text, &mut random)));
            assert!(result.is_ok(), "row {index}, round {round}:\n{text}");
        }
    }
}

#[test]
fn mutated_kernels_neither_panic_nor_hang() {
    const KERNELS: [&str; 5] = [
        include_str!("../fixtures/basics.ptx"),
        include_str!("../fixtures/async.ptx"),
        include_str!("../fixtures/wmma.ptx"),
        include_str!("../races/named.fixed.ptx"),
        include_str!("../races/cluster.fixed.ptx"),
    ];
    let [_, _, ran] = run_all(full(60, 20_000), |random| soup::mutate(KERNELS[random.below(KERNELS.len())], random));
    let one = std::env::var_os("RUSTG_FUZZ_SEED").is_some();
    assert!(one || ran > 10, "some are still programs: {ran}");
}

fn kernel(declarations: &str, body: &str) -> String {
    format!(
        ".version 8.6\n.target sm_90\n.address_size 64\n{declarations}\n.visible .entry k(.param .u64 p)\n{{\n{body}\nret;\n}}\n"
    )
}

#[test]
fn hostile_modules_are_refused_or_fault() {
    let recursive =
        ".func f(.param .b32 a)\n{\n.reg .b64 %r<500>;\n.param .b32 b;\nst.param.b32 [b], 1;\ncall f, (b);\nret;\n}\n";
    let deep = ".func f()\n{\n.local .align 16 .b8 own[65536];\ncall f, ();\nret;\n}\n";
    let programs = [
        kernel("", ".reg .b64 %r<600000>;\nmov.b64 %r599999, 1;"),
        kernel("", ".reg .b64 %r<4000000000>;\nmov.b64 %r3999999, 1;"),
        kernel("", ".reg .pred %p<100000000>;\nsetp.eq.u32 %p99999999, 1, 1;"),
        kernel("", ".shared .b8 s[4294967295];\nst.shared.u32 [s], 1;"),
        kernel("", ".shared .b8 s[18446744073709551615];\nst.shared.u32 [s], 1;"),
        kernel("", ".local .b8 l[4294967295];\nst.local.u32 [l], 1;"),
        kernel("", ".local .b8 l[18446744073709551615];\nst.local.u32 [l], 1;"),
        kernel(".global .b8 g[18446744073709551615];", "st.global.u32 [g], 1;"),
        kernel(".global .b8 g[1099511627776];", "st.global.u32 [g], 1;"),
        kernel(".const .b8 c[18446744073709551615];", ""),
        kernel(recursive, ".param .b32 b;\nst.param.b32 [b], 1;\ncall f, (b);"),
        kernel(deep, "call f, ();"),
        kernel("", "L: bra L;"),
        kernel("", ".reg .b32 %r<2>;\nmov.u32 %r1, 7;\nt: .branchtargets A, B;\nbrx.idx %r1, t;\nA:\nB:"),
        kernel("", ".reg .b32 %r<2>;\nmov.u32 %r1, -1;\nt: .branchtargets A;\nbrx.idx %r1, t;\nA:"),
        kernel("", ".reg .b64 %r<2>;\nmov.u64 %r1, -16;\nP: .callprototype _ ();\ncall %r1, (), P;"),
        kernel("", ".reg .b64 %r<3>;\nmov.u64 %r1, -1;\nalloca.u64 %r2, %r1;\nL: alloca.u64 %r2, 4096;\nbra L;"),
        kernel(
            "",
            ".reg .b64 %r<3>;\nmov.u64 %r1, -1;\nstackrestore.u64 %r1;\nalloca.u64 %r2, 64;\nst.local.u32 [%r2], 1;",
        ),
        kernel(
            "",
            ".reg .b64 %r<3>;\n.reg .b32 %t;\n.shared .align 16 .b8 s[2048];\nld.param.u64 %r1, [p];\nmov.u32 %t, %tid.x;\nshl.b32 %t, %t, 4;\nL: cp.async.ca.shared.global [%t], [%r1], 16;\ncp.async.commit_group;\nbra L;",
        ),
        kernel("", "bar.sync 16;"),
        kernel("", "bar.sync 0, 4294967295;"),
        kernel("", "barrier.cluster.wait.aligned;"),
        kernel("", ".reg .b32 %r<2>;\nshfl.sync.idx.b32 %r1, %r1, 99, -1, 0;\nbar.warp.sync 0;"),
        kernel("", ".shared .align 8 .b64 m;\nmbarrier.init.shared.b64 [m], 0;"),
        kernel("", ".shared .align 8 .b64 m;\n.reg .b64 %r<2>;\nmbarrier.arrive.shared.b64 %r1, [m];"),
        // Control runs off the end of a function without a return.
        ".version 8.6\n.target sm_90\n.address_size 64\n.visible .entry k()\n{\n}\n".to_owned(),
        ".version 8.6\n.target sm_90\n.address_size 64\n.func f();\n.visible .entry k()\n{\ncall f, ();\nret;\n}\n"
            .to_owned(),
    ];
    let mut ran = 0;
    for text in &programs {
        let result = std::panic::catch_unwind(|| {
            let mut all = Random::new(0);
            (0..2).map(|_| run(text, &mut all)).filter(|ended| *ended == Ended::Ran).count()
        });
        ran += usize::from(result.unwrap_or_else(|_| panic!("{text}")) > 0);
    }
    assert!(ran >= 12, "most of them are launched: {ran}");
}

#[test]
fn endless_allocation_meets_the_limit() {
    let body = ".param .b64 n;\n.param .b64 r;\nL:\nst.param.b64 [n], 64;\ncall (r), malloc, (n);\nbra L;";
    let text = kernel(".extern .func (.param .b64 r) malloc (.param .b64 n);", body);
    let (module, _) = rustg_ptx::parse(text.as_bytes());
    let mut device = Device::new(Config { memory_limit_bytes: 1 << 20, step_budget: 20_000, ..Config::default() });
    let module = device.load_module(Arc::new(module)).expect("it is small");
    let error = device.launch(&module, "k", &LaunchShape::linear(1, 32), &[0; 8]).unwrap_err().to_string();
    assert!(error.contains("StepBudget"), "malloc gives null, and the loop goes on: {error}");
    let bytes: u64 = device.memory().allocations().iter().map(|one| one.size_bytes).sum();
    assert!(device.memory().allocations().len() < 20_000 && bytes < 1 << 20);
}
