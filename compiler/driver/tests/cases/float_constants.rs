use core::f32::consts::PI;
use core::f64::consts;

pub fn test(x: u64) -> u64 {
    let narrow = [PI, core::f32::consts::LOG10_E, core::f32::consts::FRAC_PI_6];
    let wide = [consts::E, consts::LOG10_E, consts::FRAC_PI_3, core::f64::consts::SQRT_2];
    let at = (x % 3) as usize;
    (narrow[at] * (x % 16) as f32).to_bits() as u64 ^ (wide[at + 1] * (x % 64) as f64).to_bits()
}
