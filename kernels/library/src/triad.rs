//! a = b + s·c: the memory's speed (STREAM, McCalpin).

use rustg::prelude::*;

/// Writes `b + scale * c` to `a`, an element a thread.
#[kernel]
pub fn triad(scale: f32, b: &[f32], c: &[f32], mut a: DisjointSlice<f32>) {
    let i = thread::index_1d();
    if let Some(out) = a.get_mut(i) {
        *out = b[i.get()] + scale * c[i.get()];
    }
}

/// The same on the CPU.
pub fn reference(scale: f32, b: &[f32], c: &[f32], a: &mut [f32]) {
    for (i, out) in a.iter_mut().enumerate() {
        *out = b[i] + scale * c[i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[gpu_test]
    fn it_is_the_reference_bit_for_bit(device: &Device) -> rustg::Result<()> {
        let (b, c): (Vec<f32>, Vec<f32>) = (0..777).map(|i| (i as f32 * 0.1, 3.0 / (i as f32 + 1.0))).unzip();
        let mut want = vec![0.0; 777];
        reference(0.3, &b, &c, &mut want);
        let mut a = device.zeros::<f32>(777)?;
        triad::launch(device, Launch::cover(777), 0.3, &device.upload(&b)?, &device.upload(&c)?, &mut a)?;
        assert_eq!(a.download()?, want);
        Ok(())
    }
}
