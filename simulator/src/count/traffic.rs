//! What one warp-wide access costs a memory: sectors, bank passes, and lanes that queue for one address.

/// Bytes of a sector, the unit in which caches and memory move data.
pub const SECTOR_BYTES: u64 = 32;
/// Banks of shared memory, each four bytes wide.
pub const BANKS: usize = 32;

/// Calls `visit` for every lane of a mask.
fn lanes_of(lanes: u32) -> impl Iterator<Item = usize> {
    (0..32).filter(move |lane| lanes >> lane & 1 == 1)
}

/// Different 32-byte sectors that the lanes touch.
pub fn sectors(addresses: &[u64; 32], lanes: u32, size_bytes: u8) -> u32 {
    // A lane of up to 32 aligned bytes touches one sector, wider ones several.
    let mut touched = [0u64; 64];
    let mut count = 0;
    for lane in lanes_of(lanes) {
        let first = addresses[lane] / SECTOR_BYTES;
        let last = (addresses[lane] + u64::from(size_bytes.max(1)) - 1) / SECTOR_BYTES;
        for sector in first..=last.min(first + 1) {
            // Most often the sector of the lane before.
            if count == 0 || touched[count - 1] != sector {
                touched[count] = sector;
                count += 1;
            }
        }
    }
    let touched = &mut touched[..count];
    touched.sort_unstable();
    let different = touched.windows(2).filter(|pair| pair[0] != pair[1]).count();
    different as u32 + u32::from(count > 0)
}

/// Passes that shared memory takes, and how many it would take without bank conflicts.
///
/// Accesses of up to four bytes a lane are served for the whole warp at once, eight bytes by half-warps, sixteen by quarter-warps (CUDA C++
/// Programming Guide, "Shared Memory"). In each such part, a bank takes one pass for each different word it is asked for.
pub fn bank_passes(addresses: &[u64; 32], lanes: u32, size_bytes: u8) -> (u32, u32) {
    let words = usize::from(size_bytes).div_ceil(4).max(1);
    let part_lanes = (32 / words).max(1);
    let (mut passes, mut ideal) = (0, 0);
    for part in 0..32 / part_lanes {
        let mask = (u32::MAX >> (32 - part_lanes)) << (part * part_lanes) & lanes;
        if mask == 0 {
            continue;
        }
        ideal += 1;
        let (mut wanted, mut count) = ([0u64; 32], 0);
        for lane in lanes_of(mask) {
            for word in 0..words as u64 {
                wanted[count] = addresses[lane] / 4 + word;
                count += 1;
            }
        }
        let wanted = &mut wanted[..count];
        wanted.sort_unstable();
        let mut in_bank = [0u32; BANKS];
        for (index, word) in wanted.iter().enumerate() {
            if index == 0 || wanted[index - 1] != *word {
                in_bank[*word as usize % BANKS] += 1;
            }
        }
        passes += in_bank.iter().max().copied().unwrap_or(0);
    }
    (passes, ideal)
}

/// The most lanes that name one address: how often an atomic must be carried out one after another.
pub fn contention(addresses: &[u64; 32], lanes: u32) -> u32 {
    let (mut named, mut count) = ([0u64; 32], 0);
    for lane in lanes_of(lanes) {
        named[count] = addresses[lane];
        count += 1;
    }
    let named = &mut named[..count];
    named.sort_unstable();
    let (mut longest, mut run) = (0, 0);
    for index in 0..named.len() {
        run = if index > 0 && named[index] == named[index - 1] { run + 1 } else { 1 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strided(step: u64) -> [u64; 32] {
        std::array::from_fn(|lane| 4096 + lane as u64 * step)
    }

    #[test]
    fn sectors_follow_the_pattern() {
        let cases = [(4, 4, 4), (8, 8, 8), (16, 16, 16), (0, 4, 1), (32, 4, 32), (128, 4, 32), (1, 1, 1), (2, 2, 2)];
        for (step, size, expected) in cases {
            assert_eq!(sectors(&strided(step), u32::MAX, size), expected, "step {step}, size {size}");
        }
        assert_eq!(sectors(&strided(4), 0, 4), 0);
        let shifted: [u64; 32] = std::array::from_fn(|lane| 4096 + 16 + lane as u64 * 4);
        assert_eq!(sectors(&shifted, u32::MAX, 4), 5);
        let backwards: [u64; 32] = std::array::from_fn(|lane| 8192 - lane as u64 * 4);
        assert_eq!(sectors(&backwards, u32::MAX, 4), 5);
    }

    #[test]
    fn bank_conflicts_follow_the_pattern() {
        let cases = [
            (4, 4, (1, 1)),
            (0, 4, (1, 1)),
            (8, 4, (2, 1)),
            (128, 4, (32, 1)),
            (132, 4, (1, 1)),
            (8, 8, (2, 2)),
            (16, 16, (4, 4)),
            (64, 16, (16, 4)),
            (1, 1, (1, 1)),
        ];
        for (step, size, expected) in cases {
            assert_eq!(bank_passes(&strided(step), u32::MAX, size), expected, "step {step}, size {size}");
        }
        assert_eq!(bank_passes(&strided(128), 0xf, 4), (4, 1));
    }

    #[test]
    fn contention_is_the_longest_queue() {
        assert_eq!(contention(&strided(4), u32::MAX), 1);
        assert_eq!(contention(&strided(0), u32::MAX), 32);
        assert_eq!(contention(&std::array::from_fn(|lane| lane as u64 % 5), u32::MAX), 7);
        assert_eq!(contention(&strided(0), 0), 0);
    }
}
