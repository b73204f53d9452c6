//! y = a·x + y.

use rustg::prelude::*;

/// Adds `a * x` to `y`, an element a thread.
#[kernel]
pub fn saxpy(a: f32, x: &[f32], mut y: DisjointSlice<f32>) {
    let i = thread::index_1d();
    if let Some(out) = y.get_mut(i) {
        *out += a * x[i.get()];
    }
}

/// The same on the CPU.
pub fn reference(a: f32, x: &[f32], y: &mut [f32]) {
    y.iter_mut().zip(x).for_each(|(out, x)| *out += a * x);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> (Vec<f32>, Vec<f32>) {
        ((0..1000).map(|i| i as f32 * 0.37).collect(), (0..1000).map(|i| 5.0 - i as f32).collect())
    }

    #[gpu_test]
    fn it_is_the_reference_bit_for_bit(device: &Device) -> rustg::Result<()> {
        let (x, mut want) = input();
        let (on_device, mut y) = (device.upload(&x)?, device.upload(&want)?);
        saxpy::launch(device, Launch::cover(1000), 1.7, &on_device, &mut y)?;
        reference(1.7, &x, &mut want);
        assert_eq!(y.download()?, want);
        Ok(())
    }

    #[test]
    fn it_is_the_reference_as_host_code() {
        let (x, mut want) = input();
        let mut y = want.clone();
        saxpy::on_host(Launch::cover(1000), 1.7, &x, &mut y);
        reference(1.7, &x, &mut want);
        assert_eq!(y, want);
    }
}
