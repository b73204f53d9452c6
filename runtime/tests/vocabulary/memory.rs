//! Memory that is shared with a size of the launch's, constant, and wide.

use rustg::prelude::*;

static mut ROW: DynamicSharedArray<u32> = DynamicSharedArray::UNINIT;
static mut ALIGNED: SharedArray<f32, 32, 128> = SharedArray::UNINIT;

#[kernel]
pub fn turned(input: &[u32], mut output: DisjointSlice<u32>) {
    let index = thread::index_1d();
    let at = thread::threadIdx_x() as usize;
    // SAFETY: each thread writes its own element, and a barrier stands before others read it.
    unsafe {
        let length = ROW.len();
        ROW[at] = input[index.get()];
        thread::sync_threads();
        if let Some(out) = output.get_mut(index) {
            *out = ROW[length - 1 - at];
        }
    }
}

/// Two arrays in one dynamic memory, by their distance.
#[kernel]
pub fn parted(mut output: DisjointSlice<u64>) {
    let index = thread::index_1d();
    let at = thread::threadIdx_x() as usize;
    let words = DynamicSharedArray::<u32>::get();
    let longs = DynamicSharedArray::<u64>::offset(128);
    // SAFETY: each thread writes its own elements, and the launch gives place for both.
    unsafe {
        *words.add(at) = at as u32 * 3;
        *longs.add(at) = at as u64 + (1 << 40);
        ALIGNED[at] = at as f32;
        thread::sync_threads();
        if let Some(out) = output.get_mut(index) {
            *out = *words.add(31 - at) as u64 + *longs.add(at ^ 1) + ALIGNED[(at + 1) % 32] as u64;
        }
    }
}

#[gpu_test]
fn a_launch_says_how_much_memory_a_block_shares(device: &Device) -> rustg::Result<()> {
    let input: Vec<u32> = (0..192).collect();
    let mut found = device.zeros(192)?;
    let launch = Launch::grid(2, 96).shared_bytes(96 * 4);
    turned::launch(device, launch, &device.upload(&input)?, &mut found)?;
    let mut host = vec![0; 192];
    turned::on_host(launch, &input, &mut host);
    assert_eq!(host, (0..96).rev().chain((96..192).rev()).collect::<Vec<u32>>());
    assert_eq!(found.download()?, host);
    let launch = Launch::grid(1, 32).shared_bytes(128 + 256);
    let mut found = device.zeros(32)?;
    parted::launch(device, launch, &mut found)?;
    let mut host = vec![0; 32];
    parted::on_host(launch, &mut host);
    assert_eq!(found.download()?, host);
    assert!(parted::image().ptx.contains(".shared .align 128 "), "{}", parted::image().ptx);
    Ok(())
}

#[gpu_test]
fn an_index_beyond_what_the_launch_gave_panics(device: &Device) -> rustg::Result<()> {
    let input = device.upload(&[1_u32; 32])?;
    turned::launch(device, Launch::grid(1, 32).shared_bytes(64), &input, &mut device.zeros(32)?)?;
    let message = device.synchronize().unwrap_err().to_string();
    assert!(message.contains("index out of bounds: the len is 16 but the index is 1"), "{message}");
    Ok(())
}

mod filter {
    use super::*;

    pub static WEIGHTS: ConstantMemory<[f32; 3]> = ConstantMemory::new([0.25, 0.5, 0.25]);
    pub(crate) static SHIFT: ConstantMemory<u32> = ConstantMemory::UNINIT;
}
use filter::WEIGHTS;

#[kernel]
pub fn weighted(input: &[f32], mut output: DisjointSlice<f32>) {
    static OFFSETS: ConstantMemory<[f32; 2]> = ConstantMemory::new([0.0, 1.0]);
    let index = thread::index_1d();
    let at = index.get();
    if let Some(out) = output.get_mut(index) {
        let mut sum = OFFSETS[at % 2] * filter::SHIFT.get() as f32;
        for tap in 0..3 {
            sum += WEIGHTS[tap] * input[(at + tap) % input.len()];
        }
        *out = sum + WEIGHTS.value()[1] - WEIGHTS.get()[1];
    }
}

#[kernel]
pub fn shifted(mut output: DisjointSlice<u32>) {
    if let Some((out, _)) = output.get_mut_indexed() {
        *out = filter::SHIFT.get();
    }
}

#[gpu_test]
fn constants_begin_as_written_and_are_what_was_uploaded_last(device: &Device) -> rustg::Result<()> {
    let ptx = weighted::image().ptx;
    assert!(ptx.contains(".visible .const") && ptx.contains("ld.const.f32"), "{ptx}");
    let input: Vec<f32> = (0..20).map(|at| at as f32).collect();
    let run = |on_host: bool| -> rustg::Result<Vec<f32>> {
        if on_host {
            let mut output = vec![0.0; 20];
            weighted::on_host(Launch::cover(20), &input, &mut output);
            return Ok(output);
        }
        let mut output = device.zeros(20)?;
        weighted::launch(device, Launch::cover(20), &device.upload(&input)?, &mut output)?;
        output.download()
    };
    let first = run(false)?;
    assert_eq!((first[0], first[1]), (1.0, 2.0));
    assert_eq!(first, run(true)?);
    WEIGHTS.upload(device, &[0.0, 0.0, 2.0]);
    filter::SHIFT.upload(device, &100);
    WEIGHTS.set_on_host([0.0, 0.0, 2.0]);
    filter::SHIFT.set_on_host(100);
    let second = run(false)?;
    assert_eq!((second[0], second[1]), (4.0, 106.0));
    assert_eq!(second, run(true)?);
    // Each kernel that uses it sees it.
    let mut shifts = device.zeros(2)?;
    shifted::launch(device, Launch::cover(2), &mut shifts)?;
    assert_eq!(shifts.download()?, [100, 100]);
    // And the next value, behind what was launched.
    filter::SHIFT.upload(device, &7);
    shifted::launch(device, Launch::cover(2), &mut shifts)?;
    assert_eq!(shifts.download()?, [7, 7]);
    Ok(())
}

#[kernel]
pub fn scaled(factor: f32, input: &[Float4], mut output: DisjointSlice<Float4>) {
    let index = thread::index_1d();
    if let Some(out) = output.get_mut(index) {
        let four = input[index.get()];
        *out = Float4::new(four.x * factor, four.y * factor, four.z * factor, four.w * factor);
    }
}

#[kernel]
pub fn seen_as_vectors(input: &[u32], mut output: DisjointSlice<u32>) {
    let index = thread::index_1d();
    let at = index.get();
    if let Some(out) = output.get_mut(index) {
        *out = match vector::as_vectors::<UInt2>(input) {
            Some(pairs) => pairs[at].x * 10 + pairs[at].y,
            None => u32::MAX,
        };
        if vector::is_viewable::<UInt4>(&input[at..]) {
            *out += 1000;
        }
    }
}

#[gpu_test]
fn vectors_are_read_and_written_by_one_access(device: &Device) -> rustg::Result<()> {
    let ptx = scaled::image().ptx;
    assert!(ptx.contains("ld.global.nc.v4.f32") && ptx.contains("st.global.v4.f32"), "{ptx}");
    let input: Vec<Float4> = (0..40).map(|at| Float4::new(at as f32, 1.0, -0.0, 0.5)).collect();
    let mut output = device.zeros::<Float4>(40)?;
    scaled::launch(device, Launch::cover(40), 3.0, &device.upload(&input)?, &mut output)?;
    let mut host = vec![Float4::default(); 40];
    scaled::on_host(Launch::cover(40), 3.0, &input, &mut host);
    assert_eq!(host[7].to_array(), [21.0, 3.0, -0.0, 1.5]);
    assert_eq!(output.download()?, host);
    Ok(())
}

#[gpu_test]
fn plain_elements_are_vectors_where_they_are_aligned(device: &Device) -> rustg::Result<()> {
    let input = device.upload(&(0..17).collect::<Vec<u32>>())?;
    let mut output = device.zeros(4)?;
    seen_as_vectors::launch(device, Launch::cover(4), &input.view(..8), &mut output)?;
    assert_eq!(output.download()?, [1001, 23, 45, 67]);
    seen_as_vectors::launch(device, Launch::cover(4), &input.view(1..9), &mut output)?;
    assert_eq!(output.download()?, [u32::MAX, u32::MAX, u32::MAX, 0_u32.wrapping_sub(1)]);
    Ok(())
}
