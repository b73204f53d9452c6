//! Local memory of one warp: every thread's own bytes, words of the 32 lanes side by side.
//!
//! Word `w` of lane `l` stands at `rows[w].0[l]`, so that what a compiler does most (all lanes, the same offset) is a copy of rows.

use crate::lanes::Row;

/// Local memory of a warp. It grows on demand up to a limit and reads as zeros where never written.
#[derive(Clone, Debug, Default)]
pub struct LocalMemory {
    rows: Vec<Row>,
}

impl LocalMemory {
    /// Makes the first `size_bytes` of every lane accessible.
    pub fn reserve(&mut self, size_bytes: u32) {
        let rows = (size_bytes as usize).div_ceil(4);
        if rows > self.rows.len() {
            self.rows.resize(rows.next_power_of_two(), Row::ZERO);
        }
    }

    /// Makes nothing accessible, and keeps the room.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// Bytes of every lane that can be accessed.
    pub fn size_bytes(&self) -> u64 {
        self.rows.len() as u64 * 4
    }

    /// The rows of the words from byte `offset` on, for accesses of all lanes to one place; `offset` must be a multiple of 4.
    #[inline]
    pub fn words(&self, offset: u32, count: usize) -> Option<&[Row]> {
        let first = offset as usize / 4;
        self.rows.get(first..first + count)
    }

    /// As [`LocalMemory::words`], to write.
    #[inline]
    pub fn words_mut(&mut self, offset: u32, count: usize) -> Option<&mut [Row]> {
        let first = offset as usize / 4;
        self.rows.get_mut(first..first + count)
    }

    /// Reads bytes of one lane; false when they are out of range.
    #[inline]
    pub fn read(&self, lane: usize, offset: u64, to: &mut [u8]) -> bool {
        if offset.saturating_add(to.len() as u64) > self.size_bytes() {
            return false;
        }
        for (index, byte) in to.iter_mut().enumerate() {
            let at = offset as usize + index;
            *byte = self.rows[at / 4].0[lane].to_le_bytes()[at % 4];
        }
        true
    }

    /// Writes bytes of one lane; false, and nothing written, when they are out of range.
    #[inline]
    pub fn write(&mut self, lane: usize, offset: u64, from: &[u8]) -> bool {
        if offset.saturating_add(from.len() as u64) > self.size_bytes() {
            return false;
        }
        for (index, byte) in from.iter().enumerate() {
            let at = offset as usize + index;
            let word = &mut self.rows[at / 4].0[lane];
            let shift = 8 * (at % 4);
            *word = *word & !(0xff << shift) | u32::from(*byte) << shift;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_do_not_see_each_other() {
        let mut local = LocalMemory::default();
        local.reserve(16);
        assert!(local.write(3, 2, &[1, 2, 3, 4]));
        let mut bytes = [0; 4];
        assert!(local.read(3, 2, &mut bytes));
        assert_eq!(bytes, [1, 2, 3, 4]);
        assert!(local.read(4, 2, &mut bytes));
        assert_eq!(bytes, [0; 4]);
        assert!(!local.write(0, 14, &[0; 4]));
        assert!(!local.read(0, u64::MAX, &mut bytes));
    }
}
