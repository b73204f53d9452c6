//! Indices: of one and of two dimensions, by themselves and with the element.

use rustg::prelude::*;
use rustg::thread::{Index1D, Index2D, Runtime2DIndex, ThreadIndex};

/// A helper that is given the index.
#[device]
fn doubled(index: ThreadIndex<'_, Index1D>) -> u32 {
    index.get() as u32 * 2
}

#[kernel]
pub fn by_row_and_column(mut data: DisjointSlice<u32, Index2D<10>>) {
    if let Some(index) = thread::index_2d::<10>() {
        let at = index.get() as u32;
        if let Some(item) = data.get_mut(index) {
            *item = at * 1000 + thread::index_2d_row() as u32 * 100 + thread::index_2d_col() as u32;
        }
    }
}

#[kernel]
pub fn by_a_stride(stride: u32, mut data: DisjointSlice<u32, Runtime2DIndex>) {
    // SAFETY: every thread is given the same stride.
    if let Some(index) = unsafe { thread::index_2d_runtime(stride as usize) } {
        if let Some(item) = data.get_mut(index) {
            *item = thread::blockIdx_y() * 10 + thread::blockDim_x() + thread::gridDim_y() * 1000;
        }
    }
}

#[kernel]
pub fn with_the_element(mut data: DisjointSlice<u32>) {
    let length = data.len();
    if let Some((item, index)) = data.get_mut_indexed() {
        let warp = thread::warp_index() as u32;
        *item = doubled(index) + 10_000 * warp + u32::from(index.in_bounds(length));
    }
}

#[rustg::gpu_kernel]
#[launch_bounds(128, 2)]
pub fn bounded(mut data: DisjointSlice<u32>) {
    if let Some((item, _)) = data.get_mut_indexed() {
        *item = rustg::threadIdx_x() + rustg::threadIdx_y() + rustg::blockIdx_z();
    }
}

#[gpu_test]
fn rows_and_columns_are_whose_they_are(device: &Device) -> rustg::Result<()> {
    let launch = Launch::grid((2, 3), (8, 4));
    let mut found = device.zeros::<u32>(115)?;
    by_row_and_column::launch(device, launch, &mut found)?;
    let mut host = vec![0; 115];
    by_row_and_column::on_host(launch, &mut host);
    assert_eq!(found.download()?, host);
    assert_eq!((host[57], host[114]), (57_507, 114_000 + 1104));
    Ok(())
}

#[gpu_test]
fn rows_of_a_length_that_the_launch_knows(device: &Device) -> rustg::Result<()> {
    let launch = Launch::grid((2, 2), (8, 2));
    let mut found = device.zeros::<u32>(40)?;
    by_a_stride::launch(device, launch, 11, &mut found)?;
    let mut host = vec![0; 40];
    by_a_stride::on_host(launch, 11, &mut host);
    assert_eq!(found.download()?, host);
    assert_eq!((host[0], host[39]), (2008, 2018));
    Ok(())
}

#[gpu_test]
fn an_element_comes_with_its_index(device: &Device) -> rustg::Result<()> {
    let mut found = device.zeros::<u32>(70)?;
    with_the_element::launch(device, Launch::cover(70).threads(64), &mut found)?;
    let mut host = vec![0; 70];
    with_the_element::on_host(Launch::cover(70).threads(64), &mut host);
    assert_eq!(found.download()?, host);
    assert_eq!((host[0], host[33]), (1, 10_067));
    Ok(())
}

#[gpu_test]
fn bounds_of_a_launch_reach_the_ptx_and_are_held(device: &Device) -> rustg::Result<()> {
    let ptx = bounded::image().ptx;
    assert!(ptx.contains(".maxntid 128") && ptx.contains(".minnctapersm 2"), "{ptx}");
    let mut data = device.zeros::<u32>(300)?;
    let refused = bounded::launch(device, Launch::grid(1, 256), &mut data).unwrap_err().to_string();
    assert!(refused.ends_with("a block of 256 threads; it may have 1 to 128"), "{refused}");
    bounded::launch(device, Launch::cover(300), &mut data)?;
    assert_eq!(data.download()?.iter().max(), Some(&127));
    Ok(())
}

#[gpu_test]
fn a_launch_of_more_dimensions_than_the_indices_have_is_refused(device: &Device) -> rustg::Result<()> {
    let mut data = device.zeros::<u32>(64)?;
    let told = with_the_element::launch(device, Launch::grid((2, 2), 8), &mut data).unwrap_err().to_string();
    assert!(told.contains("a launch of 2 dimensions, and a `DisjointSlice` with indices of 1;"), "{told}");
    let told = by_row_and_column::launch(device, Launch::grid(1, (2, 2, 2)), &mut data).unwrap_err().to_string();
    assert!(told.contains("a launch of 3 dimensions, and a `DisjointSlice` with indices of 2;"), "{told}");
    let on_host = || with_the_element::on_host(Launch::grid(1, (2, 2)), &mut [0; 64]);
    assert!(std::panic::catch_unwind(on_host).is_err());
    with_the_element::launch(device, Launch::grid((64, 1, 1), (1, 1, 1)), &mut data)
}

/// By addresses of its own: any launch will do.
#[kernel]
pub fn turned(width: u32, height: u32, input: &[u32], mut output: DisjointSlice<u32>) {
    let x = thread::blockIdx_x() * thread::blockDim_x() + thread::threadIdx_x();
    let y = thread::blockIdx_y() * thread::blockDim_y() + thread::threadIdx_y();
    if x < width && y < height {
        // SAFETY: x and y are this thread's alone, and within the picture.
        unsafe { *output.get_unchecked_mut((x * height + y) as usize) = input[(y * width + x) as usize] };
    }
}

#[gpu_test]
fn a_slice_that_is_not_indexed_by_threads_goes_with_any_launch(device: &Device) -> rustg::Result<()> {
    let input: Vec<u32> = (0..15).collect();
    let mut output = device.zeros(15)?;
    let launch = Launch::grid((2, 2), (4, 4));
    turned::launch(device, launch, 5, 3, &device.upload(&input)?, &mut output)?;
    let mut host = [0; 15];
    turned::on_host(launch, 5, 3, &input, &mut host);
    assert_eq!(host, [0, 5, 10, 1, 6, 11, 2, 7, 12, 3, 8, 13, 4, 9, 14]);
    assert_eq!(output.download()?, host);
    Ok(())
}
