//! Warp accesses as segments: one segment is what some lanes of one warp instruction touch in one 64-byte line, in a shape that says which lane
//! touched which byte. A coalesced access of 32 four-byte lanes is two segments, a broadcast one, a scatter at most 32.

use crate::Access;

/// Bytes of a line: one bit of a segment's mask each.
pub(super) const LINE_BYTES: u64 = 64;

/// How bytes map to lanes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    /// Lanes that take part.
    pub lanes: u32,
    /// Where lane 0's element would start, relative to the line; with `uniform`, where the one element starts.
    pub base: i16,
    /// Binary logarithm of the bytes of a lane's access.
    pub size_log2: u8,
    /// Every lane touches the same element, instead of lane `l` the element at `base + l · size`.
    pub uniform: bool,
}

impl Shape {
    /// The lanes that touch byte `byte` of the line.
    pub(super) fn lanes_at(&self, byte: u32) -> u32 {
        if self.uniform {
            return self.lanes;
        }
        let lane = (byte as i32 - i32::from(self.base)) >> self.size_log2;
        if (0..32).contains(&lane) { self.lanes & (1 << lane) } else { 0 }
    }

    /// Whether each byte was touched by one lane, and by the same one, in both.
    pub(super) fn same_threads(&self, other: &Shape) -> bool {
        if self.uniform || other.uniform {
            return self.lanes == other.lanes && self.lanes.is_power_of_two();
        }
        self.base == other.base && self.size_log2 == other.size_log2
    }
}

/// What one warp instruction does to one line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Segment {
    /// Address of the line's first byte.
    pub line: u64,
    /// The bytes touched.
    pub bytes: u64,
    /// Who touches them.
    pub shape: Shape,
}

fn bits(from: u64, count: u64) -> u64 {
    let ones = if count >= 64 { u64::MAX } else { (1 << count) - 1 };
    ones << from
}

/// Splits an access and hands each segment to `visit`. Addresses must be multiples of the access size, as the machine has made sure.
pub(super) fn split(access: &Access<'_>, mut visit: impl FnMut(Segment)) {
    split_lanes(access.addresses, access.lanes, access.size_bytes, &mut visit);
}

pub(super) fn split_lanes(addresses: &[u64; 32], lanes: u32, size_bytes: u8, visit: &mut impl FnMut(Segment)) {
    if lanes == 0 {
        return;
    }
    let size = u64::from(size_bytes).next_power_of_two();
    let size_log2 = size.trailing_zeros() as u8;
    let first = lanes.trailing_zeros();
    let start = addresses[first as usize].wrapping_sub(u64::from(first) * size);
    let (mut strided, mut same) = (0, 0);
    for lane in 0..32 {
        let on = if lanes >> lane & 1 == 1 { u64::MAX } else { 0 };
        strided |= (addresses[lane] ^ start.wrapping_add(lane as u64 * size)) & on;
        same |= (addresses[lane] ^ addresses[first as usize]) & on;
    }
    if same == 0 {
        uniform(addresses[first as usize], lanes, size_log2, visit);
    } else if strided == 0 {
        consecutive(start, lanes, size_log2, visit);
    } else {
        runs(addresses, lanes, size_log2, visit);
    }
}

fn uniform(address: u64, lanes: u32, size_log2: u8, visit: &mut impl FnMut(Segment)) {
    let offset = address % LINE_BYTES;
    let shape = Shape { lanes, base: offset as i16, size_log2, uniform: true };
    visit(Segment { line: address - offset, bytes: bits(offset, 1 << size_log2), shape });
}

/// Lane `l` of `lanes` touches `start + l · size`.
fn consecutive(start: u64, lanes: u32, size_log2: u8, visit: &mut impl FnMut(Segment)) {
    let size = 1u64 << size_log2;
    let mut left = lanes;
    while left != 0 {
        let first = left.trailing_zeros();
        let address = start.wrapping_add(u64::from(first) << size_log2);
        let line = address & !(LINE_BYTES - 1);
        // Lanes up to the line's end.
        let count = ((line + LINE_BYTES - address) >> size_log2).max(1).min(32 - u64::from(first));
        let within = bits(u64::from(first), count) as u32 & left;
        left &= !within;
        let bytes = if within.count_ones() as u64 == count {
            bits(address - line, count << size_log2)
        } else {
            (0..32)
                .filter(|lane| within >> lane & 1 == 1)
                .fold(0, |mask, lane| mask | bits(start.wrapping_add(lane << size_log2) - line, size))
        };
        let base = start.wrapping_sub(line) as i64 as i16;
        visit(Segment { line, bytes, shape: Shape { lanes: within, base, size_log2, uniform: false } });
    }
}

/// Runs of lanes that are consecutive or equal, one after another.
fn runs(addresses: &[u64; 32], lanes: u32, size_log2: u8, visit: &mut impl FnMut(Segment)) {
    let size = 1u64 << size_log2;
    let mut left = lanes;
    while left != 0 {
        let first = left.trailing_zeros();
        let address = addresses[first as usize];
        left &= left - 1;
        let (mut last, mut run) = (first, 1u32 << first);
        let mut stride = None;
        while left != 0 {
            let next = left.trailing_zeros();
            if next != last + 1 {
                break;
            }
            let step = addresses[next as usize].wrapping_sub(addresses[last as usize]);
            if (step != 0 && step != size) || stride.is_some_and(|stride| stride != step) {
                break;
            }
            stride = Some(step);
            run |= 1 << next;
            last = next;
            left &= left - 1;
        }
        match stride {
            Some(stride) if stride == size => {
                consecutive(address.wrapping_sub(u64::from(first) << size_log2), run, size_log2, visit);
            }
            _ => uniform(address, run, size_log2, visit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(addresses: &[u64; 32], lanes: u32, size: u8) -> Vec<Segment> {
        let mut all = Vec::new();
        split_lanes(addresses, lanes, size, &mut |segment| all.push(segment));
        all
    }

    /// (byte address, lane) pairs, the slow and obvious way.
    fn pairs(addresses: &[u64; 32], lanes: u32, size: u8) -> Vec<(u64, u32)> {
        let mut pairs: Vec<_> = (0..32)
            .filter(|lane| lanes >> lane & 1 == 1)
            .flat_map(|lane| (0..u64::from(size)).map(move |byte| (addresses[lane as usize] + byte, lane)))
            .collect();
        pairs.sort_unstable();
        pairs
    }

    fn pairs_of(segments: &[Segment]) -> Vec<(u64, u32)> {
        let mut pairs = Vec::new();
        for segment in segments {
            for byte in (0..64).filter(|byte| segment.bytes >> byte & 1 == 1) {
                let lanes = segment.shape.lanes_at(byte);
                assert_ne!(lanes, 0, "a touched byte has a lane: {segment:?}");
                pairs.extend(
                    (0..32).filter(|lane| lanes >> lane & 1 == 1).map(|lane| (segment.line + u64::from(byte), lane)),
                );
            }
        }
        pairs.sort_unstable();
        pairs
    }

    #[test]
    fn segments_say_exactly_which_lane_touched_which_byte() {
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for round in 0..4000 {
            let size = 1u64 << (random() % 6);
            let base = 4096 + random() % 64 * size;
            let addresses: [u64; 32] = std::array::from_fn(|lane| {
                let lane = lane as u64;
                base + size
                    * match round % 6 {
                        0 => lane,
                        1 => 0,
                        2 => lane % 16,
                        3 => lane / 16 * 7,
                        4 => lane * 33,
                        _ => random() % 40,
                    }
            });
            let lanes = if round % 2 == 0 { u32::MAX } else { random() as u32 };
            let found = segments(&addresses, lanes, size as u8);
            assert_eq!(pairs_of(&found), pairs(&addresses, lanes, size as u8), "{addresses:?} {lanes:#x} {size}");
        }
    }

    #[test]
    fn common_shapes_take_few_segments() {
        let stride = |step: u64| std::array::from_fn(|lane| 4096 + lane as u64 * step);
        assert_eq!(segments(&stride(4), u32::MAX, 4).len(), 2);
        assert_eq!(segments(&stride(16), u32::MAX, 16).len(), 8);
        assert_eq!(segments(&stride(0), u32::MAX, 4).len(), 1);
        assert_eq!(segments(&std::array::from_fn(|lane| 4096 + lane as u64 / 16 * 64), u32::MAX, 4).len(), 2);
        assert_eq!(segments(&stride(132), u32::MAX, 4).len(), 32);
        assert!(segments(&stride(4), 0, 4).is_empty());
    }
}
