//! How many warps a multiprocessor holds of a kernel, by what its blocks use (CUDA C++ Programming Guide, "Compute Capabilities", table of technical
//! specifications; allocation units as NVIDIA's occupancy calculator has them).

/// What a multiprocessor of an architecture has.
struct Multiprocessor {
    sm: u32,
    warps: u32,
    blocks: u32,
    shared_bytes: u32,
    /// Shared memory that the system takes of each block.
    reserved_bytes: u32,
}

const KNOWN: &[Multiprocessor] = &[
    Multiprocessor { sm: 75, warps: 32, blocks: 16, shared_bytes: 64 << 10, reserved_bytes: 0 },
    Multiprocessor { sm: 80, warps: 64, blocks: 32, shared_bytes: 164 << 10, reserved_bytes: 1 << 10 },
    Multiprocessor { sm: 86, warps: 48, blocks: 16, shared_bytes: 100 << 10, reserved_bytes: 1 << 10 },
    Multiprocessor { sm: 87, warps: 48, blocks: 16, shared_bytes: 164 << 10, reserved_bytes: 1 << 10 },
    Multiprocessor { sm: 89, warps: 48, blocks: 24, shared_bytes: 100 << 10, reserved_bytes: 1 << 10 },
    Multiprocessor { sm: 90, warps: 64, blocks: 32, shared_bytes: 228 << 10, reserved_bytes: 1 << 10 },
    Multiprocessor { sm: 100, warps: 64, blocks: 32, shared_bytes: 228 << 10, reserved_bytes: 1 << 10 },
    Multiprocessor { sm: 120, warps: 48, blocks: 24, shared_bytes: 100 << 10, reserved_bytes: 1 << 10 },
];

const REGISTERS: u32 = 64 << 10;
/// Registers are given to a warp by so many.
const REGISTER_UNIT: u32 = 256;
/// Shared memory is given to a block by so many bytes.
const SHARED_UNIT: u32 = 128;

/// What a multiprocessor holds of a kernel at once.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Occupancy {
    /// Blocks.
    pub blocks: u32,
    /// Warps.
    pub warps: u32,
    /// Warps of those that it could hold, in percent.
    pub percent: f64,
    /// What there is too little of for more: `registers`, `shared memory`, `blocks`, `warps`.
    pub limit: &'static str,
}

/// The occupancy of blocks of `threads` threads that use `registers` each, and `shared_bytes` together, on `sm_<sm>`; nothing for architectures whose
/// figures are not known here, and where not one block fits.
pub fn occupancy(sm: u32, threads: u32, registers: u32, shared_bytes: u32) -> Option<Occupancy> {
    let device = KNOWN.iter().find(|known| known.sm == sm)?;
    let warps = threads.div_ceil(32).max(1);
    // Four schedulers: a warp's registers come from its own quarter.
    let per_warp = (registers.max(1) * 32).next_multiple_of(REGISTER_UNIT);
    let warps_by_registers = REGISTERS / 4 / per_warp * 4;
    let per_block = (shared_bytes + device.reserved_bytes).next_multiple_of(SHARED_UNIT);
    let by_shared = device.shared_bytes.checked_div(per_block).unwrap_or(u32::MAX);
    let limits = [
        (device.warps / warps, "warps"),
        (warps_by_registers / warps, "registers"),
        (by_shared, "shared memory"),
        (device.blocks, "blocks"),
    ];
    let (blocks, limit) = limits.into_iter().min_by_key(|(blocks, _)| *blocks)?;
    let held = blocks * warps;
    let percent = f64::from(held) / f64::from(device.warps) * 100.0;
    (blocks > 0).then_some(Occupancy { blocks, warps: held, percent, limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_occupancy_calculator_says() {
        // H200: 32 registers fill it; 64 halve it; 40 KiB of shared memory leave 5 blocks.
        let of = |threads, registers, shared| {
            let found = occupancy(90, threads, registers, shared).unwrap();
            (found.blocks, found.warps, found.percent, found.limit)
        };
        assert_eq!(of(256, 32, 0), (8, 64, 100.0, "warps"));
        assert_eq!(of(256, 64, 0), (4, 32, 50.0, "registers"));
        assert_eq!(of(256, 32, 40 << 10), (5, 40, 62.5, "shared memory"));
        assert_eq!(of(32, 16, 0), (32, 32, 50.0, "blocks"));
        assert_eq!(occupancy(90, 1024, 255, 0), None);
        assert_eq!(occupancy(33, 256, 32, 0), None);
    }
}
