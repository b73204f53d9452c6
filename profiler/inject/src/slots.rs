//! Stacks on their way from the launching thread to the call's record: a table by correlation id.
//!
//! The launching thread pays one store. A stack is overwritten only when as many calls as there are slots are made before
//! CUPTI hands over the record of its call; that is noticed and counted.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::host;

const SLOTS: usize = 1 << 19;

/// The table; each slot is a correlation id and a stack id.
pub struct StackSlots(NonNull<AtomicU64>);

// SAFETY: a mapping of atomics, never unmapped.
unsafe impl Send for StackSlots {}
// SAFETY: as above.
unsafe impl Sync for StackSlots {}

/// What a slot holds for a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// Its stack.
    Stack(u32),
    /// No stack was taken there.
    Nothing,
    /// A stack may have been taken, but a later call's took its place.
    Overwritten,
}

impl StackSlots {
    /// An empty table; `None` without memory.
    pub fn new() -> Option<StackSlots> {
        host::map_populated(SLOTS * size_of::<AtomicU64>()).ok().map(|memory| StackSlots(memory.cast()))
    }

    fn slot(&self, correlation: u32) -> &AtomicU64 {
        // SAFETY: the index is below the number of slots mapped.
        unsafe { self.0.add(correlation as usize % SLOTS).as_ref() }
    }

    /// Whether a stack is there for the call already: an outer call's, of the same correlation id.
    pub fn has(&self, correlation: u32) -> bool {
        (self.slot(correlation).load(Ordering::Relaxed) >> 32) as u32 == correlation
    }

    /// Remembers a call's stack ([`rustg_wire::NO_ID`] for none).
    pub fn set(&self, correlation: u32, stack: u32) {
        self.slot(correlation).store(u64::from(correlation) << 32 | u64::from(stack), Ordering::Release);
    }

    /// The call's stack. What the stack is made of was queued before, so it is sent before whatever is sent next.
    pub fn get(&self, correlation: u32) -> Found {
        let value = self.slot(correlation).load(Ordering::Acquire);
        match ((value >> 32) as u32, value as u32) {
            (found, stack) if found == correlation => Found::Stack(stack),
            (found, _) if found > correlation && found != 0 => Found::Overwritten,
            _ => Found::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_found_by_its_call_until_another_takes_its_slot() {
        let slots = StackSlots::new().expect("8 MiB");
        assert_eq!(slots.get(5), Found::Nothing);
        slots.set(5, 77);
        assert!(slots.has(5) && !slots.has(6));
        assert_eq!(slots.get(5), Found::Stack(77));
        assert_eq!(slots.get(5 + SLOTS as u32), Found::Nothing);
        slots.set(5 + SLOTS as u32, 78);
        assert_eq!(slots.get(5), Found::Overwritten);
    }
}
