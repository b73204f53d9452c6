//! Kernels that Triton compiled (`fixtures/sim/triton/kernels.py`), against the same computed here.

use std::fs;

use rustg_simulator::launch::{Element, npy};

use super::fixtures;
use super::launches::{floats, result};

/// A buffer of a launch, read by running an initialiser through it.
fn random(count: usize, seed: u64) -> Vec<f32> {
    let bytes = rustg_simulator::launch::Initialiser::parse(&format!("range:-2:2:{seed}"))
        .and_then(|made| made.bytes(Element::F32, count, 0, std::path::Path::new(".")))
        .unwrap()
        .expect("initialised");
    (0..count).map(|index| f32::from_bits(Element::F32.at(&bytes, index) as u32)).collect()
}

fn assert_near(have: &[f32], want: &[f64], bound: f64) {
    assert_eq!(have.len(), want.len());
    for (index, (have, want)) in have.iter().zip(want).enumerate() {
        assert!((f64::from(*have) - want).abs() <= bound * want.abs().max(1e-3), "[{index}]: {have} instead of {want}");
    }
}

#[test]
fn vectors_are_added() {
    let line = "triton/vector_add.ptx --grid 3 --arg x=f32[3000]:range:-2:2:1 --arg y=f32[3000]:range:-2:2:2 --arg out=f32[3000] --arg n=3000 \
                --arg null --arg null";
    let want: Vec<f32> = random(3000, 1).iter().zip(random(3000, 2)).map(|(x, y)| x + y).collect();
    assert_eq!(floats(result(line, "out")), want);
}

#[test]
fn rows_are_normalised_by_softmax() {
    let (rows, columns) = (4, 781);
    let line = format!(
        "triton/softmax.ptx --grid {rows} --shared 16 --arg x=f32[{rows},{columns}]:range:-2:2:5 --arg out=f32[{rows},{columns}] \
         --arg columns={columns} --arg null --arg null"
    );
    let x = random(rows * columns, 5);
    let want: Vec<f64> = (x.chunks(columns))
        .flat_map(|row| {
            let powers: Vec<f64> = row.iter().map(|x| f64::from(*x).exp()).collect();
            let sum: f64 = powers.iter().sum();
            powers.into_iter().map(move |power| power / sum)
        })
        .collect();
    assert_near(&floats(result(&line, "out")), &want, 1e-5);
}

#[test]
fn layers_are_normalised() {
    let (rows, columns) = (3, 500);
    let line = format!(
        "triton/layer_norm.ptx --grid {rows} --shared 2048 --arg x=f32[{rows},{columns}]:range:-2:2:6 --arg weight=f32[{columns}]:iota:1:0.01 \
         --arg bias=f32[{columns}]:fill:0.25 --arg out=f32[{rows},{columns}] --arg columns={columns} --arg epsilon=1e-5 --arg null --arg null"
    );
    let x = random(rows * columns, 6);
    let want: Vec<f64> = (x.chunks(columns))
        .flat_map(|row| {
            let mean = row.iter().map(|x| f64::from(*x)).sum::<f64>() / columns as f64;
            let variance = row.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / columns as f64;
            let scale = 1.0 / (variance + 1e-5).sqrt();
            let normal = row.iter().map(move |x| (f64::from(*x) - mean) * scale);
            normal.enumerate().map(|(index, x)| x * (1.0 + 0.01 * index as f64) + 0.25).collect::<Vec<_>>()
        })
        .collect();
    // Numbers near the bias are sums of opposite signs: the bound is one of the size of what is summed.
    let have = floats(result(&line, "out"));
    for (index, (have, want)) in have.iter().zip(&want).enumerate() {
        assert!((f64::from(*have) - want).abs() < 2e-5, "[{index}]: {have} instead of {want}");
    }
}

#[test]
fn matrices_are_multiplied_on_tensor_cores() {
    let (m, n, k) = (128, 64, 96);
    let folder = tempfile::tempdir().unwrap();
    let a = |row: usize, column: usize| ((row * 5 + column * 3) % 9) as f64 / 4.0 - 1.0;
    let b = |row: usize, column: usize| ((row * 2 + column * 7) % 13) as f64 / 8.0 - 0.75;
    let write = |name: &str, rows: usize, columns: usize, at: &dyn Fn(usize, usize) -> f64| {
        let halves = (0..rows * columns)
            .flat_map(|index| (Element::F16.bits_of(at(index / columns, index % columns)) as u16).to_le_bytes());
        let path = folder.path().join(name);
        fs::write(&path, npy::write(Element::F16, &[rows as u64, columns as u64], &halves.collect::<Vec<u8>>()))
            .unwrap();
        path.display().to_string()
    };
    let (left, right) = (write("a.npy", m, k, &a), write("b.npy", k, n, &b));
    let line = format!(
        "triton/matmul.ptx --grid {},{} --shared 16384 --arg a={left} --arg b={right} --arg c=f32[{m},{n}] --arg m={m} --arg n={n} --arg k={k} \
         --arg null --arg null",
        m / 64,
        n / 64
    );
    let want: Vec<f64> = (0..m * n).map(|index| (0..k).map(|d| a(index / n, d) * b(d, index % n)).sum()).collect();
    // Halves of few bits: every product and sum is exact.
    let have: Vec<f64> = floats(result(&line, "c")).into_iter().map(f64::from).collect();
    assert_eq!(have, want);
}

#[test]
fn atomics_count_and_scans_sum() {
    let counts = result(
        "triton/histogram.ptx --grid 4 --arg x=s32[1000]:range:0:10:4 --arg counts=s32[10] --arg n=1000 --shared 2048 --arg null --arg null",
        "counts",
    );
    assert_eq!(counts.iter().sum::<u64>(), 1000);
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
    let sums = result(
        "triton/running_sum.ptx --grid 1 --shared 16 --arg x=s32[512]:iota --arg out=s32[512] --arg null --arg null",
        "out",
    );
    assert_eq!(sums, (0..512_u64).map(|n| n * (n + 1) / 2).collect::<Vec<_>>());
}

#[test]
fn every_file_is_one_that_the_script_writes() {
    let script = fs::read_to_string(fixtures().join("triton/kernels.py")).unwrap();
    let files =
        fs::read_dir(fixtures().join("triton")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: Vec<String> = files.filter_map(|name| name.strip_suffix(".ptx").map(str::to_owned)).collect();
    assert!(names.len() >= 6 && names.iter().all(|name| script.contains(&format!("def {name}("))), "{names:?}");
}
