//! Kernels made by nvcc, run on the machine: what they leave in memory is what they must leave, on every schedule.

mod support;

use rustg_simulator::check::{Checker, CheckerSetup, Subject};
use rustg_simulator::device::{Config, LaunchError, LaunchShape};
use rustg_simulator::observe::{FaultKind, WaitReason};
use rustg_simulator::progress::Progress;
use support::{Bench, Value, words};

fn bench() -> Bench {
    Bench::new(include_bytes!("fixtures/basics.ptx"))
}

fn async_bench() -> Bench {
    Bench::new(include_bytes!("fixtures/async.ptx"))
}

/// Runs a test on the plain schedule and on others.
fn on_schedules(test: impl Fn(u64)) {
    (0..6).for_each(test);
}

#[test]
fn a_stopped_launch_ends_at_once() {
    let progress = std::sync::Arc::new(Progress::new());
    let config = Config { progress: progress.clone(), ..Config::default() };
    let mut bench = Bench::with(include_bytes!("fixtures/basics.ptx"), config);
    progress.stop();
    let x = bench.floats("x", &[1.0; 1000]);
    let y = bench.floats("y", &[1.0; 1000]);
    let arguments = [&Value::U32(1000), &Value::F32(2.0), &x, &y];
    let error = bench.run("saxpy", &LaunchShape::linear(4, 256), &arguments).unwrap_err();
    let LaunchError::Fault { fault, report, .. } = error else { panic!("{error}") };
    assert_eq!((fault.kind, report.steps), (FaultKind::Interrupted, 0));
    assert_eq!(progress.blocks(), (0, 4));
}

#[test]
fn saxpy_computes_and_leaves_the_rest_alone() {
    let mut bench = bench();
    let x = bench.floats("x", &(0..1000).map(|i| i as f32).collect::<Vec<_>>());
    let y = bench.floats("y", &[1.0; 1024]);
    bench.run("saxpy", &LaunchShape::linear(8, 128), &[&Value::U32(1000), &Value::F32(2.0), &x, &y]).unwrap();
    let result = bench.read_floats(&y, 1024);
    (0..1000).for_each(|i| assert_eq!(result[i], 2.0 * i as f32 + 1.0, "{i}"));
    assert!(result[1000..].iter().all(|value| *value == 1.0));
}

#[test]
fn tiled_matrix_product_equals_the_plain_one() {
    let n = 64;
    let a: Vec<f32> = (0..n * n).map(|i| (i % 13) as f32 - 6.0).collect();
    let b: Vec<f32> = (0..n * n).map(|i| (i % 7) as f32 * 0.5).collect();
    let mut bench = bench();
    let (pa, pb, pc) = (bench.floats("a", &a), bench.floats("b", &b), bench.floats("c", &vec![0.0; n * n]));
    let shape = LaunchShape { grid: [4, 4, 1], block: [16, 16, 1], ..LaunchShape::linear(1, 1) };
    bench.run("sgemm", &shape, &[&Value::U32(n as u32), &pa, &pb, &pc]).unwrap();
    let c = bench.read_floats(&pc, n * n);
    for row in 0..n {
        for column in 0..n {
            let want = (0..n).fold(0.0f32, |sum, k| a[row * n + k].mul_add(b[k * n + column], sum));
            assert_eq!(c[row * n + column], want, "{row},{column}");
        }
    }
}

#[test]
fn reduction_with_dynamic_shared_memory_sums() {
    on_schedules(|seed| {
        let mut bench = bench();
        bench.seed(seed);
        let values: Vec<u32> = (0..5000).map(|i| i * 3 % 101).collect();
        let (x, out) = (bench.words("x", &values), bench.words("out", &[0]));
        let shape = LaunchShape { dynamic_shared_bytes: 1024, ..LaunchShape::linear(7, 256) };
        bench.run("reduce", &shape, &[&x, &out, &Value::U32(5000)]).unwrap();
        assert_eq!(bench.read(&out, 1), [values.iter().sum::<u32>()]);
    });
}

#[test]
fn lanes_with_different_trip_counts_meet_behind_the_loop() {
    on_schedules(|seed| {
        let mut bench = bench();
        bench.seed(seed);
        let values: Vec<u32> = (1..=100).collect();
        let (x, out) = (bench.words("x", &values), bench.words("out", &[0; 100]));
        bench.run("collatz", &LaunchShape::linear(2, 64), &[&x, &out, &Value::U32(100)]).unwrap();
        let count = |mut v: u64| {
            let mut count = 0;
            while v != 1 {
                v = if v % 2 == 1 { 3 * v + 1 } else { v / 2 };
                count += 1;
            }
            count
        };
        let want: Vec<u32> = values.iter().map(|v| count(u64::from(*v))).collect();
        assert_eq!(bench.read(&out, 100), want);
    });
}

#[test]
fn lanes_in_different_functions_keep_their_registers() {
    on_schedules(|seed| {
        let config = Config { seed, ..Config::default() };
        let mut bench = Bench::with(include_bytes!("fixtures/frames.ptx"), config);
        let out = bench.words("out", &[0; 32]);
        bench.run("frames", &LaunchShape::linear(1, 32), &[&out]).unwrap();
        let narrow = |x: u32| 4 * x + 10 + if x > 15 { 1000 } else { 0 } + if x < 8 { 2000 } else { 0 };
        let expected: Vec<u32> = (0..32).map(|x| if x % 2 == 0 { narrow(x) } else { 9 * x }).collect();
        assert_eq!(bench.read(&out, 32), expected, "seed {seed}");
    });
}

#[test]
fn functions_call_themselves_and_one_another_through_pointers() {
    on_schedules(|seed| {
        let mut bench = bench();
        bench.seed(seed);
        let out = bench.words("out", &[0; 64]);
        bench.run("recursion", &LaunchShape::linear(1, 64), &[&out]).unwrap();
        let fibonacci = [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89];
        let want: Vec<u32> = (0..64).map(|t| fibonacci[t % 12]).collect();
        assert_eq!(bench.read(&out, 64), want);
        bench.run("indirect", &LaunchShape::linear(1, 64), &[&out]).unwrap();
        let want: Vec<u32> = (0..64i32).map(|t| [t + 7, t * 7, t - 7][t as usize % 3] as u32).collect();
        assert_eq!(bench.read(&out, 64), want);
    });
}

#[test]
fn atomics_of_shared_and_global_memory_count_everything() {
    let data: Vec<u8> = (0..10_000u32).map(|i| (i * i % 251) as u8).collect();
    let mut want = vec![0u32; 256];
    data.iter().for_each(|byte| want[usize::from(*byte)] += 1);
    on_schedules(|seed| {
        let mut bench = bench();
        bench.seed(seed);
        let (x, bins) = (bench.bytes("data", &data), bench.words("bins", &[0; 256]));
        bench.run("histogram", &LaunchShape::linear(5, 192), &[&x, &bins, &Value::U32(10_000)]).unwrap();
        assert_eq!(bench.read(&bins, 256), want);
    });
}

#[test]
fn lanes_that_spin_on_a_lock_let_its_owner_run() {
    on_schedules(|seed| {
        for kernel in ["spinlock", "nastylock"] {
            let mut bench = bench();
            bench.seed(seed);
            let (lock, counter) = (bench.words("lock", &[0]), bench.words("counter", &[0]));
            bench.run(kernel, &LaunchShape::linear(3, 64), &[&lock, &counter]).unwrap();
            assert_eq!(bench.read(&counter, 1), [192], "{kernel}");
            assert_eq!(bench.read(&lock, 1), [0]);
        }
    });
}

#[test]
fn a_block_that_waits_for_a_later_one_lets_it_run() {
    on_schedules(|seed| {
        let mut bench = bench();
        bench.seed(seed);
        let (flag, out) = (bench.words("flag", &[0]), bench.words("out", &[0, 0]));
        bench.run("waitforlast", &LaunchShape::linear(40, 32), &[&flag, &out]).unwrap();
        assert_eq!(bench.read(&out, 2), [42, 43]);
    });
}

#[test]
fn the_last_block_sums_what_the_others_left() {
    on_schedules(|seed| {
        let mut bench = bench();
        bench.seed(seed);
        let values: Vec<u32> = (0..20 * 32).collect();
        let x = bench.words("x", &values);
        let (partial, ticket, out) =
            (bench.words("partial", &[0; 20]), bench.words("ticket", &[0]), bench.words("out", &[0]));
        bench.run("lastblock", &LaunchShape::linear(20, 32), &[&x, &partial, &ticket, &out]).unwrap();
        assert_eq!(bench.read(&out, 1), [values.iter().sum::<u32>()]);
    });
}

#[test]
fn printf_prints_block_after_block() {
    on_schedules(|seed| {
        let mut bench = bench();
        bench.seed(seed);
        let report = bench.run("print", &LaunchShape::linear(2, 32), &[&Value::F32(0.5)]).unwrap();
        let mut want = String::new();
        for block in 0..2 {
            for thread in 0..3 {
                let value = 0.5 + thread as f32;
                let big = 1_234_567_890_123i64 * thread;
                want += &format!("block {block} thread {thread:2} text {value:.3} {big} 100%\n");
            }
        }
        let text = String::from_utf8(report.output).unwrap();
        if seed == 0 {
            assert_eq!(text, want);
        }
        let (mut lines, mut wanted): (Vec<_>, Vec<_>) = (text.lines().collect(), want.lines().collect());
        lines.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(lines, wanted);
    });
}

#[test]
fn kernels_allocate_and_free() {
    let mut bench = bench();
    let (slots, sums) = (bench.words("slots", &[0; 128]), bench.words("sums", &[0; 64]));
    bench.run("heap", &LaunchShape::linear(1, 64), &[&slots, &sums]).unwrap();
    let want: Vec<u32> = (0..64).map(|t| t * (t + 1) / 2).collect();
    assert_eq!(bench.read(&sums, 64), want);
    let pointers = bench.read(&slots, 128);
    assert!(pointers.chunks(2).enumerate().all(|(t, pair)| (pair[0] != 0 || pair[1] != 0) == (t % 2 == 0)));
}

#[test]
fn warps_shuffle_vote_and_match() {
    let t: Vec<i64> = (0..32).collect();
    let v = |lane: i64| lane * lane;
    let mut want: Vec<u32> = t
        .iter()
        .map(|&t| {
            let down = if t + 3 < 32 { v(t + 3) } else { v(t) };
            let up = if t % 8 >= 2 { v(t - 2) } else { v(t) };
            let r = v(t ^ 5) + 1000 * down + up + v(t / 16 * 16 + 7);
            let ballot = (0..32).filter(|l| v(*l) % 3 == 0).fold(0u32, |m, l| m | 1 << l);
            let same = (0..32).filter(|l| v(*l) % 5 == v(t) % 5).fold(0u32, |m, l| m | 1 << l);
            r as u32 ^ ballot ^ (same << 1) ^ 7
        })
        .collect();
    want.extend((0..4).map(|g| (0..8).map(|l| v(g * 8 + l) as u32).sum::<u32>()));
    on_schedules(|seed| {
        let mut bench = bench();
        bench.seed(seed);
        let out = bench.words("out", &[0; 96]);
        bench.run("shuffles", &LaunchShape::linear(1, 32), &[&out]).unwrap();
        let result = bench.read(&out, 96);
        assert_eq!(result[..36], want[..]);
        (0..32).for_each(|t| assert_eq!(result[64 + t], if t % 2 == 1 { (t / 2 * 100 + 16) as u32 } else { 0 }, "{t}"));
    });
}

#[test]
fn local_arrays_belong_to_their_thread() {
    let mut bench = bench();
    let index: Vec<u32> = (0..96).map(|t| t * 5 % 61).collect();
    let (x, out) = (bench.words("index", &index), bench.words("out", &[0; 96]));
    bench.run("localarray", &LaunchShape::linear(1, 96), &[&x, &out]).unwrap();
    let want: Vec<u32> = (0..96usize)
        .map(|t| {
            let mut values: Vec<u32> = (0..64).map(|i| (i * t) as u32).collect();
            let own = index[t] as usize;
            for i in 0..8 {
                values[own & 63] = values[own & 63].wrapping_add(values[(own * 7 + i) & 63]);
            }
            values[own & 63].wrapping_add(values[t & 63])
        })
        .collect();
    assert_eq!(bench.read(&out, 96), want);
}

#[test]
fn constants_switches_and_structs_work() {
    let mut bench = bench();
    let out = bench.words("out", &[0; 64]);
    bench.run("constants", &LaunchShape::linear(1, 64), &[&out]).unwrap();
    let table = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3];
    assert_eq!(bench.read(&out, 64), (0..64).map(|t| table[t % 16] * 10).collect::<Vec<u32>>());
    let values: Vec<u32> = (0..64).map(|t| t * 7 % 50).collect();
    let x = bench.words("in", &values);
    bench.run("dispatch", &LaunchShape::linear(1, 64), &[&x, &out]).unwrap();
    let one = |v: i32| match v % 9 {
        0 => v * 3,
        1 => v - 100,
        2 => v ^ 0x55,
        3 => (0..v).sum(),
        4 => -v,
        5 => v << 3,
        6 => v / 7,
        7 => v % 11,
        _ => 99,
    };
    assert_eq!(bench.read(&out, 64), values.iter().map(|v| one(*v as i32) as u32).collect::<Vec<_>>());
    let mut pair = Vec::new();
    pair.extend(5u32.to_le_bytes());
    pair.extend(1.5f32.to_le_bytes());
    pair.extend(0.25f64.to_le_bytes());
    let pairs = bench.words("pairs", &[0; 64 * 4]);
    bench.run("structs", &LaunchShape::linear(1, 64), &[&Value::Bytes(pair), &pairs]).unwrap();
    let result = bench.read(&pairs, 64 * 4);
    for t in 0..64 {
        assert_eq!(result[t * 4..t * 4 + 2], [5 + t as u32, 3.0f32.to_bits()]);
        assert_eq!(u64::from(result[t * 4 + 2]) | u64::from(result[t * 4 + 3]) << 32, 0.25f64.to_bits());
    }
}

#[test]
fn cooperative_grids_wait_for_all_blocks() {
    on_schedules(|seed| {
        let mut bench = bench();
        bench.seed(seed);
        let data = bench.words("data", &(0..128).collect::<Vec<u32>>());
        let shape = LaunchShape { cooperative: true, ..LaunchShape::linear(4, 32) };
        bench.run("gridsync", &shape, &[&data, &Value::U32(3)]).unwrap();
        assert_eq!(bench.read(&data, 128), (0..128).map(|i| (i + 3) % 128 + 3).collect::<Vec<u32>>());
    });
}

#[test]
fn blocks_of_a_cluster_read_one_anothers_shared_memory() {
    on_schedules(|seed| {
        let mut bench = bench();
        bench.seed(seed);
        let out = bench.words("out", &[0; 8]);
        bench.run("clusters", &LaunchShape::linear(8, 64), &[&out]).unwrap();
        assert_eq!(bench.read(&out, 8), [101, 102, 103, 100, 105, 106, 107, 104]);
    });
}

fn fault(
    result: Result<rustg_simulator::device::Report, LaunchError>,
) -> (rustg_simulator::Site, rustg_simulator::Fault) {
    match result {
        Err(LaunchError::Fault { site, fault, .. }) => (site, fault),
        other => panic!("a fault was expected: {other:?}"),
    }
}

#[test]
fn a_store_behind_an_allocation_names_it_and_its_distance() {
    let mut bench = bench();
    let out = bench.words("results", &[0; 32]);
    let (_, fault) = fault(bench.run("outofbounds", &LaunchShape::linear(1, 32), &[&out]));
    assert_eq!(fault.lanes, 1 << 31);
    let FaultKind::OutOfBounds { address, nearest: Some(nearest), .. } = fault.kind else { panic!("{fault:?}") };
    assert_eq!((nearest.name.as_str(), address - nearest.address), ("results", 128));
}

#[test]
fn traps_assertions_and_endless_loops_are_reported() {
    let mut bench = bench();
    let out = bench.words("results", &[0, 0, 0, 9]);
    let (_, trap) = fault(bench.run("traps", &LaunchShape::linear(1, 32), &[&out]));
    assert_eq!((trap.kind, trap.lanes), (FaultKind::Trap, 1 << 5));
    let (site, assertion) = fault(bench.run("asserts", &LaunchShape::linear(1, 4), &[&out]));
    let FaultKind::Assertion { message, line, .. } = assertion.kind else { panic!("{assertion:?}") };
    assert_eq!((message.as_str(), assertion.lanes, site.block), ("p[threadIdx.x] == 0", 1 << 3, 0));
    assert!(line > 0);
    let zero = bench.words("zero", &[0]);
    bench.step_budget(10_000);
    let (_, endless) = fault(bench.run("forever", &LaunchShape::linear(1, 32), &[&zero]));
    assert_eq!(endless.kind, FaultKind::StepBudget { steps: 10_000 });
}

#[test]
fn a_deadlock_says_who_waits_where() {
    let mut bench = bench();
    let out = bench.words("out", &[0]);
    let (_, fault) = fault(bench.run("deadlock", &LaunchShape::linear(1, 64), &[&out]));
    let FaultKind::Deadlock { waiting } = fault.kind else { panic!("{fault:?}") };
    let reasons: Vec<_> = waiting.iter().map(|waiter| waiter.reason.clone()).collect();
    assert_eq!(
        reasons,
        [
            WaitReason::Barrier { barrier: 1, arrived: 32, expected: 64 },
            WaitReason::Barrier { barrier: 2, arrived: 32, expected: 64 }
        ]
    );
}

#[test]
fn double_buffered_copies_arrive_before_they_are_read() {
    on_schedules(|seed| {
        let mut bench = async_bench();
        bench.seed(seed);
        let values: Vec<f32> = (0..2 * 6 * 128).map(|i| (i % 97) as f32).collect();
        let (x, out) = (bench.floats("in", &values), bench.floats("out", &[0.0; 256]));
        bench.run("pipeline", &LaunchShape::linear(2, 128), &[&x, &out, &Value::U32(6)]).unwrap();
        let want: Vec<f32> = (0..256)
            .map(|i| (0..6).fold(0.0, |sum, tile| sum + values[i / 128 * 768 + tile * 128 + 127 - i % 128]))
            .collect();
        assert_eq!(bench.read_floats(&out, 256), want);
    });
}

#[test]
fn barriers_in_shared_memory_go_through_their_phases() {
    on_schedules(|seed| {
        let mut bench = async_bench();
        bench.seed(seed);
        let out = bench.words("out", &[0; 64]);
        bench.run("mbarriers", &LaunchShape::linear(1, 64), &[&out]).unwrap();
        assert_eq!(bench.read(&out, 64), (0..64).map(|t| (t + 5) % 64 + 5).collect::<Vec<u32>>());
    });
}

#[test]
fn named_barriers_hand_over_between_warps() {
    on_schedules(|seed| {
        let mut bench = async_bench();
        bench.seed(seed);
        let out = bench.words("out", &[0; 128]);
        bench.run("named", &LaunchShape::linear(1, 64), &[&out]).unwrap();
        assert_eq!(bench.read(&out, 128), (0..128).map(|i| i / 32 * 10 + i % 32 + 32).collect::<Vec<u32>>());
    });
}

#[test]
fn barriers_reduce_predicates() {
    let mut bench = async_bench();
    let out = bench.words("out", &[0; 100]);
    bench.run("votes", &LaunchShape::linear(1, 100), &[&out]).unwrap();
    assert_eq!(bench.read(&out, 100), [34 * 100 + 10 + 1; 100]);
}

#[test]
fn a_matrix_product_of_fragments_is_the_product() {
    let mut bench = async_bench();
    // Small integers are exact in every format and order.
    let half = |value: u32| [0x0000u16, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700][value as usize];
    let pack = |values: &[u32]| -> Vec<u8> { values.iter().flat_map(|v| half(*v).to_le_bytes()).collect() };
    let a: Vec<u32> = (0..256).map(|i| i * 5 % 8).collect();
    let b: Vec<u32> = (0..128).map(|i| i * 3 % 7).collect();
    let (pa, pb, pc) = (bench.bytes("a", &pack(&a)), bench.bytes("b", &pack(&b)), bench.floats("c", &[0.0; 128]));
    bench.run("product", &LaunchShape::linear(1, 32), &[&pa, &pb, &pc]).unwrap();
    let want: Vec<f32> =
        (0..128).map(|i| (0..16).map(|k| (a[i / 8 * 16 + k] * b[i % 8 * 16 + k]) as f32).sum()).collect();
    assert_eq!(bench.read_floats(&pc, 128), want);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let run = |seed| {
        let mut bench = bench();
        bench.seed(seed);
        let (lock, counter) = (bench.words("lock", &[0]), bench.words("counter", &[0]));
        let report = bench.run("spinlock", &LaunchShape::linear(4, 96), &[&lock, &counter]).unwrap();
        (report.steps, words(&bench.download(&counter, 4)))
    };
    for seed in [0, 1, 99] {
        assert_eq!(run(seed), run(seed));
    }
    assert_ne!(run(1).0, run(2).0, "seeds explore schedules");
}

#[test]
fn sha256_of_thread_numbers_is_what_it_is() {
    let mut bench = Bench::new(include_bytes!("fixtures/sha256.ptx"));
    let digests = bench.words("digests", &[0; 64 * 8]);
    bench.run("sha256", &LaunchShape::linear(2, 32), &[&Value::U32(2), &digests]).unwrap();
    // Python: sha256(sha256(struct.pack(">I", 5)).digest()).hexdigest()
    let want = [0x06ec_7fea, 0x5cf4_dcdc, 0x4251_610b, 0x5da1_b050, 0x9afe_1bce, 0x42c8_1794, 0xb287_7a8f, 0x9fbd_80d3];
    assert_eq!(bench.read(&digests, 64 * 8)[5 * 8..6 * 8], want);
}

#[test]
fn any_number_of_cores_gives_the_same_bytes() {
    let run = |cores: usize, seed: u64| {
        let mut bench = Bench::with(include_bytes!("fixtures/basics.ptx"), Config { cores, seed, ..Config::default() });
        let data: Vec<u8> = (0..20_000u32).map(|i| (i * i % 251) as u8).collect();
        let (x, bins) = (bench.bytes("data", &data), bench.words("bins", &[0; 256]));
        // Blocks add to the same words; they take tickets from one counter; they write pages that others write, too; they wait for one another.
        let histogram =
            bench.run("histogram", &LaunchShape::linear(70, 64), &[&x, &bins, &Value::U32(20_000)]).unwrap();
        let values: Vec<u32> = (0..40 * 32).collect();
        let x = bench.words("x", &values);
        let (partial, ticket, out) =
            (bench.words("partial", &[0; 40]), bench.words("ticket", &[0]), bench.words("out", &[0]));
        let last = bench.run("lastblock", &LaunchShape::linear(40, 32), &[&x, &partial, &ticket, &out]).unwrap();
        let (xs, ys) = (bench.floats("xs", &[2.0; 5000]), bench.floats("ys", &[1.0; 5000]));
        bench.run("saxpy", &LaunchShape::linear(157, 32), &[&Value::U32(5000), &Value::F32(3.0), &xs, &ys]).unwrap();
        // Blocks that share lines of 64 bytes, and not one byte.
        bench.run("saxpy", &LaunchShape::linear(625, 8), &[&Value::U32(5000), &Value::F32(2.0), &xs, &ys]).unwrap();
        let (flag, answer) = (bench.words("flag", &[0]), bench.words("answer", &[0, 0]));
        bench.run("waitforlast", &LaunchShape::linear(90, 32), &[&flag, &answer]).unwrap();
        let printed = bench.run("print", &LaunchShape::linear(50, 32), &[&Value::F32(0.5)]).unwrap();
        (
            (histogram.steps, last.steps, printed),
            (
                bench.read(&bins, 256),
                bench.read(&partial, 40),
                bench.read(&out, 1),
                bench.read(&ys, 5000),
                bench.read(&answer, 2),
            ),
        )
    };
    for seed in [0, 7] {
        let one = run(1, seed);
        assert_eq!(one.1.4, [42, 43]);
        assert!(one.1.3.iter().all(|bits| f32::from_bits(*bits) == 11.0));
        for cores in [2, 3, 4] {
            assert!(run(cores, seed) == one, "{cores} cores, seed {seed}");
        }
    }
}

#[test]
fn predicates_are_moved() {
    let ptx = ".version 7.0\n.target sm_75\n.address_size 64\n.visible .entry k(.param .b64 out) {\n\
        .reg .pred %p<3>; .reg .b32 %r<3>; .reg .b64 %rd<3>;\n\
        ld.param.b64 %rd1, [out]; mov.u32 %r1, %tid.x; mul.wide.u32 %rd2, %r1, 4; add.s64 %rd2, %rd1, %rd2;\n\
        setp.gt.u32 %p1, %r1, 4; mov.pred %p2, %p1; selp.b32 %r2, 7, 9, %p2; st.global.b32 [%rd2], %r2; ret; }";
    let mut bench = Bench::new(ptx.as_bytes());
    let out = bench.words("out", &[0; 8]);
    bench.run("k", &LaunchShape::linear(1, 8), &[&out]).unwrap();
    assert_eq!(bench.read(&out, 8), [9, 9, 9, 9, 9, 7, 7, 7]);
}

#[test]
fn any_number_of_cores_gives_the_same_findings() {
    let text = include_str!("fixtures/basics.ptx");
    let run = |cores: usize, seed: u64| {
        let mut bench = Bench::with(text.as_bytes(), Config { cores, seed, ..Config::default() });
        let mut found = Vec::new();
        let mut checked =
            |bench: &mut Bench, kernel: &str, shape: &LaunchShape, unwritten: &[&Value], arguments: &[&Value]| {
                let ptx = std::sync::Arc::new(bench.module.ptx().clone());
                // Of these buffers the host has written all but 2048 bytes from byte 1024 on.
                let hole = |value: &&Value| match **value {
                    Value::Pointer(address) => (address + 1024, 2048),
                    _ => panic!("only buffers have holes"),
                };
                let unwritten = unwritten.iter().map(hole).collect();
                let setup = CheckerSetup { unwritten, module: Some(ptx.clone()), ..CheckerSetup::default() };
                let mut checker = Checker::new(&setup);
                let parameters = bench.parameters(kernel, arguments);
                let ended = bench.device.launch_observed(&bench.module, kernel, shape, &parameters, &mut checker);
                let subject = Subject {
                    module: &ptx,
                    text,
                    path: "basics.ptx",
                    grid: shape.grid,
                    block: shape.block,
                    allocations: Vec::new(),
                    shared: Vec::new(),
                    seed,
                    replay: None,
                };
                found.push((ended.expect("checks let it go on"), checker.findings(&subject)));
            };
        let square = LaunchShape { grid: [4, 4, 1], block: [16, 16, 1], ..LaunchShape::linear(1, 1) };
        let matrices: Vec<Value> = ["a", "b", "c"].iter().map(|name| bench.floats(name, &[1.0; 64 * 64])).collect();
        let [a, b, c] = &matrices[..] else { panic!("three matrices") };
        // What is written before it is read is no finding; a matrix that is read before it is written is one; so is one that is both.
        checked(&mut bench, "sgemm", &square, &[c], &[&Value::U32(64), a, b, c]);
        checked(&mut bench, "sgemm", &square, &[b], &[&Value::U32(64), a, b, c]);
        checked(&mut bench, "sgemm", &square, &[], &[&Value::U32(64), a, b, b]);
        // The last blocks run past the end.
        let (x, y) = (bench.floats("x", &[2.0; 1000]), bench.floats("y", &[1.0; 1000]));
        checked(&mut bench, "saxpy", &LaunchShape::linear(36, 32), &[], &[&Value::U32(1152), &Value::F32(3.0), &x, &y]);
        let (values, sum) = (bench.words("values", &[3; 4000]), bench.words("sum", &[0]));
        let shape = LaunchShape { dynamic_shared_bytes: 512, ..LaunchShape::linear(9, 128) };
        checked(&mut bench, "reduce", &shape, &[&values], &[&values, &sum, &Value::U32(4000)]);
        (found, bench.read(b, 64 * 64), bench.read(&y, 1000), bench.read(&sum, 1))
    };
    for seed in [0, 5] {
        let one = run(1, seed);
        let counts: Vec<usize> = one.0.iter().map(|(_, findings)| findings.findings.len()).collect();
        assert_eq!(counts[0], 0);
        assert!(counts[1..].iter().all(|count| *count > 0), "{counts:?}");
        for cores in [2, 4] {
            assert!(run(cores, seed) == one, "{cores} cores, seed {seed}");
        }
    }
}
