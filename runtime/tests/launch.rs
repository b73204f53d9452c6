//! Launches on the simulator, of PTX that the compiler's own tests hold.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use rustg::internal::{Arguments, KernelImage, Site};
use rustg::{Device, Error, Event, Launch, LaunchFuture, LaunchOn};

/// As `#[kernel]` writes it, of `compiler/codegen/tests/cases/saxpy.mir`.
static SAXPY: KernelImage = KernelImage {
    path: "linear::saxpy",
    symbol: "saxpy",
    ptx: include_str!("../../compiler/codegen/tests/cases/saxpy.ptx"),
    max_threads: 256,
    sites: &[Site {
        number: 0,
        message: "index out of bounds: the len is {} but the index is {}",
        file: "saxpy.rs",
        line: 6,
        column: 14,
    }],
    constants: &[],
};

fn saxpy(
    on: &impl LaunchOn,
    launch: Launch,
    a: f32,
    x: &rustg::Buffer<f32>,
    y: &mut rustg::Buffer<f32>,
) -> rustg::Result<()> {
    let mut arguments = Arguments::new();
    arguments.value(a);
    arguments.slice::<f32>(x);
    arguments.slice::<f32>(&*y);
    on.launch_image(&SAXPY, launch, arguments)
}

#[test]
fn a_launch_covers_every_element_and_nothing_else() {
    let device = Device::simulator();
    let x = device.upload(&(0..1000).map(|i| i as f32).collect::<Vec<_>>()).unwrap();
    let mut y = device.upload(&[1.0_f32; 1000]).unwrap();
    saxpy(&device, Launch::cover(1000), 2.0, &x, &mut y).unwrap();
    let want: Vec<f32> = (0..1000).map(|i| 2.0 * i as f32 + 1.0).collect();
    assert_eq!(y.download().unwrap(), want);
    assert_eq!(y.view(10..12).download().unwrap(), [21.0, 23.0]);
    saxpy(&device, Launch::cover(0), 2.0, &x, &mut y).unwrap();
    assert_eq!(y.download().unwrap(), want);
}

#[test]
fn a_panic_is_told_by_the_next_synchronisation_with_place_block_and_thread() {
    let device = Device::simulator();
    let x = device.zeros::<f32>(40).unwrap();
    let mut y = device.zeros::<f32>(64).unwrap();
    saxpy(&device, Launch::grid(2, 32), 2.0, &x, &mut y).unwrap();
    let error = y.download().unwrap_err();
    assert_eq!(
        error.to_string(),
        "kernel `linear::saxpy` panicked at saxpy.rs:6:14 (block 1, thread 8): \
         index out of bounds: the len is 40 but the index is 40"
    );
    assert!(matches!(error, Error::Panic(panic) if panic.thread == [8, 0, 0]));
    // It was told once, and the device goes on.
    assert_eq!(device.synchronize(), Ok(()));
    saxpy(&device, Launch::grid(1, 32), 2.0, &x, &mut y).unwrap();
    assert_eq!(y.download().unwrap(), [0.0; 64]);
}

#[test]
fn what_a_launch_may_not_be_is_said_before_it_runs() {
    let device = Device::simulator();
    let x = device.zeros::<f32>(4).unwrap();
    let mut y = device.zeros::<f32>(4).unwrap();
    let error = saxpy(&device, Launch::grid(1, 512), 2.0, &x, &mut y).unwrap_err().to_string();
    assert_eq!(error, "kernel `linear::saxpy` cannot be launched: a block of 512 threads; it may have 1 to 256");
    let other = Device::simulator();
    let error = saxpy(&other, Launch::grid(1, 4), 2.0, &x, &mut y).unwrap_err().to_string();
    assert!(error.contains("another device"), "{error}");
    assert!(matches!(y.upload(&[1.0]), Err(Error::Length { expected: 4, given: 1, .. })));
    assert!(matches!(Device::open("gpu7"), Err(Error::NoDevice { .. })));
}

#[test]
fn streams_tell_their_own_panics_and_futures_end() {
    let device = Device::simulator();
    let (good, bad) = (device.stream().unwrap(), device.stream().unwrap());
    let x = device.upload(&[1.0_f32; 8]).unwrap();
    let (mut y, mut z) = (device.zeros::<f32>(8).unwrap(), device.zeros::<f32>(9).unwrap());
    let start = good.record().unwrap();
    saxpy(&good, Launch::cover(8), 3.0, &x, &mut y).unwrap();
    let launched = saxpy(&bad, Launch::cover(9), 3.0, &x, &mut z);
    let end = Event::record(&good).unwrap();
    bad.wait(&end).unwrap();
    assert!(end.is_done().unwrap());
    end.elapsed_since(&start).unwrap();
    assert_eq!(good.synchronize(), Ok(()));
    let mut future = pin!(LaunchFuture::new(&bad, launched));
    let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Err(Error::Panic(panic))) = polled else { panic!("the launch has ended in a panic") };
    assert_eq!(panic.thread, [8, 0, 0]);
    assert_eq!(y.download().unwrap(), [3.0; 8]);
}

#[test]
fn pinned_memory_is_a_slice_of_zeros() {
    let device = Device::simulator();
    let mut pinned = device.pinned::<u32>(5).unwrap();
    assert_eq!(*pinned, [0; 5]);
    pinned[4] = 7;
    let buffer = device.upload(&pinned).unwrap();
    assert_eq!(buffer.download().unwrap(), [0, 0, 0, 0, 7]);
}

#[test]
fn a_kernel_that_was_not_compiled_says_so() {
    static NONE: KernelImage = KernelImage { path: "none", symbol: "none", ptx: "", ..SAXPY };
    let error = Device::simulator().launch_image(&NONE, Launch::grid(1, 1), Arguments::new()).unwrap_err();
    assert!(error.to_string().contains("it was not compiled"), "{error}");
}
