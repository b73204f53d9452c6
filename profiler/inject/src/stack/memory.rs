//! Reading the process's own memory by address.

/// Reads a value at an address of this process.
///
/// # Safety
/// `address` is readable for the size of `T`, and every bit pattern is a `T`.
#[inline(always)]
pub(super) unsafe fn read<T: Copy>(address: usize) -> T {
    // SAFETY: the caller's promise; unaligned reads cost nothing where the address is aligned.
    unsafe { (address as *const T).read_unaligned() }
}

/// Whether a value can be the address of an aligned object: in user space, not in the first page.
#[inline(always)]
pub(super) fn is_plausible(address: usize) -> bool {
    address & 7 == 0 && address.wrapping_sub(4096) < (1 << 47) - 4096
}

/// Mixes a pair of words into a running hash, all bits into all bits.
#[inline(always)]
pub(super) fn mix(hash: u64, first: u64, second: u64) -> u64 {
    let product = u128::from(hash ^ first ^ 0x9e37_79b9_7f4a_7c15) * u128::from(second ^ 0xd1b5_4a32_d192_ed03);
    (product as u64) ^ (product >> 64) as u64 ^ hash.rotate_left(23)
}

/// A hasher over [`mix`], for tables keyed by ids and addresses.
#[derive(Default, Clone, Copy)]
pub(super) struct WordHasher(u64);

impl std::hash::Hasher for WordHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_ne_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = mix(self.0, value, 0x51_7cc1_b727_220a);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

/// A map keyed by ids and addresses.
pub(super) type WordMap<K, V> = std::collections::HashMap<K, V, std::hash::BuildHasherDefault<WordHasher>>;
