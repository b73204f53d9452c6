//! A three-point stencil: each element the mean of itself and its neighbours; the ends stay.

use rustg::prelude::*;

/// Writes the weighted mean of three neighbours, an element a thread.
#[kernel]
pub fn stencil(input: &[f32], mut output: DisjointSlice<f32>) {
    let index = thread::index_1d();
    let i = index.get();
    if let Some(out) = output.get_mut(index) {
        if i == 0 || i + 1 >= input.len() {
            *out = input[i];
        } else {
            *out = 0.25 * input[i - 1] + 0.5 * input[i] + 0.25 * input[i + 1];
        }
    }
}

/// The same on the CPU.
pub fn reference(input: &[f32], output: &mut [f32]) {
    for (i, out) in output.iter_mut().enumerate() {
        *out = match i == 0 || i + 1 >= input.len() {
            true => input[i],
            false => 0.25 * input[i - 1] + 0.5 * input[i] + 0.25 * input[i + 1],
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[gpu_test]
    fn it_is_the_reference_bit_for_bit(device: &Device) -> rustg::Result<()> {
        let input: Vec<f32> = (0..515).map(|i| ((i * 7919) % 1013) as f32 * 0.01).collect();
        let mut want = vec![0.0; 515];
        reference(&input, &mut want);
        let mut output = device.zeros::<f32>(515)?;
        stencil::launch(device, Launch::cover(515), &device.upload(&input)?, &mut output)?;
        assert_eq!(output.download()?, want);
        Ok(())
    }

    #[test]
    fn it_is_the_reference_as_host_code() {
        let input: Vec<f32> = (0..100).map(|i| ((i * 7919) % 1013) as f32 * 0.01).collect();
        let (mut want, mut output) = (vec![0.0; 100], vec![0.0; 100]);
        reference(&input, &mut want);
        stencil::on_host(Launch::cover(100), &input, &mut output);
        assert_eq!(output, want);
    }
}
