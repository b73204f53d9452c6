//! Panics and prints of kernels: what the host is told.

use rustg::prelude::*;

#[kernel]
pub fn failing(which: u32, limit: u32, data: &[u32], mut output: DisjointSlice<u32>) {
    let index = thread::index_1d();
    let at = index.get();
    if at == 5 {
        match which {
            0 => gpu_assert!(limit > 10, "the limit is {}", limit),
            1 => gpu_assert!(limit > 10),
            2 => assert_eq!(limit + 1, 3),
            3 => panic!("thread {} with {:?} of {}", at, 1.5_f32, 'x'),
            4 => {
                let wrong = data[limit as usize + 60];
                output.get_mut(index).map(|out| *out = wrong);
            }
            5 => assert_ne!(limit as i64 - 8, -1, "with {limit}"),
            6 => {
                let sum = limit + u32::MAX;
                output.get_mut(index).map(|out| *out = sum);
            }
            7 => {
                let none: Option<u32> = data.get(99).copied();
                output.get_mut(index).map(|out| *out = none.expect("an element there"));
            }
            8 => panic!("{}: {}", if limit > 5 { "more" } else { "less" }, limit),
            _ => debug::trap(),
        }
    } else if let Some(out) = output.get_mut(index) {
        *out = 1;
    }
}

fn told(device: &Device, which: u32) -> rustg::Result<String> {
    let mut output = device.zeros(64)?;
    failing::launch(device, Launch::grid(2, 32), which, 7, &device.upload(&[0; 8])?, &mut output)?;
    let told = device.synchronize().unwrap_err().to_string();
    // The other threads went on.
    assert_eq!(output.download()?.iter().sum::<u32>(), 63);
    Ok(told)
}

#[gpu_test]
fn a_panic_tells_its_values_place_block_and_thread(device: &Device) -> rustg::Result<()> {
    let want = [
        "the limit is 7",
        "assertion failed: limit > 10",
        "assertion `left == right` failed\n  left: 8\n right: 3",
        "thread 5 with 1.5 of x",
        "index out of bounds: the len is 8 but the index is 67",
        "assertion `left != right` failed: with 7\n  left: -1\n right: -1",
        "attempt to add with overflow",
        "an element there",
        "more: 7",
    ];
    let lines = [11, 12, 13, 14, 16, 19, 21, 26, 28];
    for (which, (message, line)) in want.into_iter().zip(lines).enumerate() {
        let told = told(device, which as u32)?;
        let place = format!("kernel `panics::failing` panicked at tests/vocabulary/panics.rs:{line}:");
        assert!(told.starts_with(&place) && told.contains("(block 0, thread 5)") && told.ends_with(message), "{told}");
    }
    Ok(())
}

#[test]
fn a_panic_of_host_code_is_the_hosts() {
    let run = || failing::on_host(Launch::grid(1, 32), 0, 7, &[0; 8], &mut [0; 32]);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("the limit is 7"));
}

#[kernel]
pub fn spoken(mut output: DisjointSlice<u32>) {
    if let Some((out, index)) = output.get_mut_indexed() {
        gpu_printf!("thread {} of {}: {} {}\n", index.get(), thread::blockDim_x(), -3_i32, true as u32);
        let before = debug::clock64();
        *out = (debug::clock64() >= before) as u32;
    }
}

#[gpu_test]
fn kernels_print_and_know_the_time(device: &Device) -> rustg::Result<()> {
    let mut output = device.zeros(2)?;
    spoken::launch(device, Launch::grid(1, 2), &mut output)?;
    assert_eq!(output.download()?, [1, 1]);
    let mut host = [0; 2];
    spoken::on_host(Launch::grid(1, 2), &mut host);
    assert_eq!(host, [1, 1]);
    assert!(spoken::image().ptx.contains("vprintf"));
    Ok(())
}
