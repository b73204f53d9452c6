//! Kernels made by nvcc, run on the machine: what they leave in memory is what they must leave, on every schedule.

mod support;

use rustg_simulator::device::LaunchShape;
use support::{Bench, Value};

fn async_bench() -> Bench {
    Bench::new(include_bytes!("fixtures/async.ptx"))
}

/// Runs a test on the plain schedule and on others.
fn on_schedules(test: impl Fn(u64)) {
    (0..6).for_each(test);
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
