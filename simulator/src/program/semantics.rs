//! The door to `lanes`.

use super::operation::AtomicFn;
use crate::lanes::LaneFn;
use rustg_ptx::Form;

pub(super) fn select(_form: &Form) -> Option<LaneFn> {
    None
}

pub(super) fn atomic(_form: &Form) -> Option<AtomicFn> {
    None
}

pub(super) fn redux(_form: &Form) -> Option<fn(&[u32; 32], u32) -> u32> {
    None
}
