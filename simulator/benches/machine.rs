//! Speed of the machine: lane instructions a second on kernels made by nvcc, and launches a second. Run with `cargo bench -p rustg-simulator`.

use rustg_simulator::device::{Config, Device, LaunchShape, Module};
use std::sync::Arc;
use std::time::Instant;

fn load(config: Config) -> (Device, Module) {
    let (module, _) = rustg_ptx::parse(include_bytes!("../tests/fixtures/basics.ptx"));
    let mut device = Device::new(config);
    let module = device.load_module(Arc::new(module)).expect("the fixture loads");
    (device, module)
}

/// Median and spread of five runs, in seconds.
fn timed(mut run: impl FnMut()) -> (f64, f64) {
    let mut times: Vec<f64> = (0..5)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[2], (times[4] - times[0]) / times[2])
}

fn sgemm(n: u32, cores: usize) {
    let (mut device, module) = load(Config { cores, ..Config::default() });
    let bytes = u64::from(n * n * 4);
    let buffers: Vec<u64> =
        ["a", "b", "c"].iter().map(|name| device.allocate(name, bytes).expect("there is room")).collect();
    for buffer in &buffers[..2] {
        let values: Vec<u8> = (0..n * n).flat_map(|i| ((i % 13) as f32).to_le_bytes()).collect();
        device.upload(*buffer, &values).expect("the buffer is there");
    }
    let mut parameters = n.to_le_bytes().to_vec();
    parameters.extend([0; 4]);
    buffers.iter().for_each(|buffer| parameters.extend(buffer.to_le_bytes()));
    let shape = LaunchShape { grid: [n / 16, n / 16, 1], block: [16, 16, 1], ..LaunchShape::linear(1, 1) };
    let mut steps = 0;
    let (median, spread) = timed(|| {
        steps = device.launch(&module, "sgemm", &shape, &parameters).expect("the kernel runs").steps;
    });
    let rate = steps as f64 * 32.0 / median / 1e6;
    println!("sgemm {n}³, {cores} core(s): {rate:.0} M lane instructions/s (spread {:.0} %)", spread * 100.0);
}

fn small_launches() {
    let text = include_bytes!("../tests/fixtures/basics.ptx");
    let (median, spread) = timed(|| {
        for _ in 0..1000 {
            let (module, _) = rustg_ptx::parse(text);
            let mut device = Device::new(Config::default());
            let module = device.load_module(Arc::new(module)).expect("the fixture loads");
            let buffer = device.allocate("out", 256).expect("there is room");
            device
                .launch(&module, "constants", &LaunchShape::linear(1, 64), &buffer.to_le_bytes())
                .expect("the kernel runs");
        }
    });
    println!("1,000 modules of 22 kernels read, loaded, one block run: {median:.2} s (spread {:.0} %)", spread * 100.0);
}

fn main() {
    sgemm(256, 1);
    sgemm(256, 2);
    small_launches();
}
