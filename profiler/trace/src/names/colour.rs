//! A colour for a name: the hue of its family, varied by a stable hash, so that a kernel looks the same everywhere.

use super::KernelFamily;

/// A colour with 8 bits a channel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl KernelFamily {
    /// The family's own colour: eight hues that stay apart for colour-blind eyes (Okabe and Ito's set, 2008).
    pub fn colour(self) -> Rgb {
        match self {
            KernelFamily::Gemm => Rgb(0x56, 0xb4, 0xe9),
            KernelFamily::Attention => Rgb(0xcc, 0x79, 0xa7),
            KernelFamily::Convolution => Rgb(0xd5, 0x5e, 0x00),
            KernelFamily::Elementwise => Rgb(0xe6, 0x9f, 0x00),
            KernelFamily::Reduction => Rgb(0x00, 0x9e, 0x73),
            KernelFamily::Memory => Rgb(0xf0, 0xe4, 0x42),
            KernelFamily::Communication => Rgb(0x00, 0x72, 0xb2),
            KernelFamily::Other => Rgb(0x99, 0x99, 0x99),
        }
    }
}

/// A hash of a name that is the same on every machine and in every version (64-bit FNV-1a).
pub fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// The colour of a kernel: its family's, made up to a quarter lighter or darker by [`name_hash`].
pub fn colour(name: &str) -> Rgb {
    let Rgb(red, green, blue) = KernelFamily::of(name).colour();
    let hash = name_hash(name);
    let step = ((hash ^ (hash >> 32)) % 9) as i32 - 4;
    let shade = |channel: u8| {
        let channel = i32::from(channel);
        let towards = if step < 0 { 0 } else { 255 };
        (channel + (towards - channel) * step.abs() / 16) as u8
    };
    Rgb(shade(red), shade(green), shade(blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_never_changes_and_shades_stay_near_their_family() {
        assert_eq!(name_hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(name_hash("a"), 0xaf63_dc4c_8601_ec8c);
        let mut shades = std::collections::HashSet::new();
        for index in 0..64 {
            let shade = colour(&format!("gemm_{index}"));
            let Rgb(red, green, blue) = KernelFamily::Gemm.colour();
            let far = shade.0.abs_diff(red).max(shade.1.abs_diff(green)).max(shade.2.abs_diff(blue));
            assert!(far <= 64, "{shade:?}");
            shades.insert(shade);
        }
        assert_eq!(shades.len(), 9);
    }
}
