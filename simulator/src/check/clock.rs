//! Sparse vector clocks: what a thread, a lock or a flag knows of other threads' pasts.
//!
//! Time is a block's step counter ([`Site::step`](crate::Site::step) plus one), so one number orders everything a thread did, and a clock entry says "all that
//! this actor did up to this step". An actor is a thread, a warp or a whole block: knowledge is kept as coarse as it was gained, and a barrier of a
//! block costs one entry, not a thousand. The epochs of the common case live outside of clocks (see [`super::actors`]).

use std::sync::Arc;

/// A thread, all threads of a warp, or all threads of a block; asynchronous copies of a thread or warp are actors of their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Actor(u64);

const COPIES: u64 = 64;

impl Actor {
    pub(super) fn block(block: u32) -> Actor {
        Actor(u64::from(block) << 16)
    }

    pub(super) fn warp(block: u32, warp: u16) -> Actor {
        Actor(u64::from(block) << 16 | (u64::from(warp) + 1) << 8)
    }

    pub(super) fn thread(block: u32, warp: u16, lane: u32) -> Actor {
        Actor(Actor::warp(block, warp).0 | (u64::from(lane) + 1))
    }

    /// The asynchronous copies that a thread has issued.
    pub(super) fn copies(block: u32, warp: u16, lane: u32) -> Actor {
        Actor(Actor::warp(block, warp).0 | (u64::from(lane) + 1 + COPIES))
    }

    fn is_block(self) -> bool {
        self.0 & 0xffff == 0
    }

    fn is_warp(self) -> bool {
        self.0 & 0xff == 0 && !self.is_block()
    }

    fn is_copies(self) -> bool {
        self.0 & 0xff > COPIES
    }
}

/// Up to which step each actor's past is known; sorted by actor, a block before its warps, a warp before its lanes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Clock {
    entries: Vec<(Actor, u64)>,
}

impl Clock {
    /// The clock of `entries` in any order; of several entries of one actor the latest counts.
    pub(super) fn new(mut entries: Vec<(Actor, u64)>) -> Clock {
        entries.sort_unstable();
        let mut clock = Clock { entries: Vec::with_capacity(entries.len()) };
        for (index, &(actor, time)) in entries.iter().enumerate() {
            if entries.get(index + 1).is_none_or(|next| next.0 != actor) {
                clock.entries.push((actor, time));
            }
        }
        clock.drop_implied();
        clock
    }

    fn time(&self, actor: Actor) -> u64 {
        match self.entries.binary_search_by_key(&actor, |entry| entry.0) {
            Ok(index) => self.entries[index].1,
            Err(_) => 0,
        }
    }

    /// Whether all that the block did up to `time` is known. Copies in flight are not something the block did.
    pub(super) fn covers_block(&self, block: u32, time: u64) -> bool {
        self.time(Actor::block(block)) >= time
    }

    /// The same of a warp.
    pub(super) fn covers_warp(&self, block: u32, warp: u16, time: u64) -> bool {
        self.covers_block(block, time) || self.time(Actor::warp(block, warp)) >= time
    }

    /// The same of a thread.
    pub(super) fn covers_thread(&self, block: u32, warp: u16, lane: u32, time: u64) -> bool {
        self.covers_warp(block, warp, time) || self.time(Actor::thread(block, warp, lane)) >= time
    }

    /// The same of a thread's asynchronous copies.
    pub(super) fn covers_copies(&self, block: u32, warp: u16, lane: u32, time: u64) -> bool {
        self.time(Actor::copies(block, warp, lane)) >= time
    }

    /// Entries that a coarser one implies are dropped.
    fn drop_implied(&mut self) {
        let (mut block, mut warp) = ((Actor(u64::MAX), 0), (Actor(u64::MAX), 0));
        self.entries.retain(|&(actor, time)| {
            if actor.is_block() {
                block = (actor, time);
                return true;
            }
            if actor.is_copies() {
                return true;
            }
            let in_block = block.0.0 == actor.0 & !0xffff && time <= block.1;
            if actor.is_warp() {
                warp = (actor, time);
                return !in_block;
            }
            let in_warp = warp.0.0 == actor.0 & !0xff && time <= warp.1;
            !in_block && !in_warp
        });
    }

    /// The same without what a barrier of `block` has just told every thread of it; nothing if nothing is left.
    pub(super) fn without_block(self: &Arc<Clock>, block: u32) -> Arc<Clock> {
        let own = |actor: Actor| actor.0 >> 16 == u64::from(block) && !actor.is_copies();
        if !self.entries.iter().any(|entry| own(entry.0)) {
            return self.clone();
        }
        Arc::new(Clock { entries: self.entries.iter().copied().filter(|entry| !own(entry.0)).collect() })
    }

    /// What either knows. Gives one of the two back unchanged if it knows all, so that equal knowledge stays shared.
    pub(super) fn join(left: &Arc<Clock>, right: &Arc<Clock>) -> Arc<Clock> {
        if Arc::ptr_eq(left, right) {
            return left.clone();
        }
        let (a, b) = (&left.entries, &right.entries);
        let mut joined = Vec::with_capacity(a.len() + b.len());
        let (mut i, mut j) = (0, 0);
        while i < a.len() && j < b.len() {
            match a[i].0.cmp(&b[j].0) {
                std::cmp::Ordering::Less => {
                    joined.push(a[i]);
                    i += 1;
                }
                std::cmp::Ordering::Greater => {
                    joined.push(b[j]);
                    j += 1;
                }
                std::cmp::Ordering::Equal => {
                    joined.push((a[i].0, a[i].1.max(b[j].1)));
                    i += 1;
                    j += 1;
                }
            }
        }
        joined.extend_from_slice(&a[i..]);
        joined.extend_from_slice(&b[j..]);
        let mut joined = Clock { entries: joined };
        joined.drop_implied();
        if joined == **left {
            left.clone()
        } else if joined == **right {
            right.clone()
        } else {
            Arc::new(joined)
        }
    }
}

/// What a thread knows besides the epochs: nothing in most kernels.
pub(super) type Knowledge = Option<Arc<Clock>>;

/// What either knows.
pub(super) fn join(left: &Knowledge, right: &Knowledge) -> Knowledge {
    match (left, right) {
        (Some(left), Some(right)) => Some(Clock::join(left, right)),
        (one, None) | (None, one) => one.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_knows_what_either_knew_and_no_more() {
        let left = Arc::new(Clock::new(vec![(Actor::thread(1, 0, 3), 10), (Actor::warp(2, 1), 7)]));
        let right = Arc::new(Clock::new(vec![(Actor::thread(1, 0, 3), 12), (Actor::block(4), 5)]));
        let joined = Clock::join(&left, &right);
        assert!(joined.covers_thread(1, 0, 3, 12) && !joined.covers_thread(1, 0, 3, 13));
        assert!(joined.covers_warp(2, 1, 7) && joined.covers_thread(2, 1, 31, 7) && !joined.covers_block(2, 1));
        assert!(joined.covers_thread(4, 9, 9, 5) && !joined.covers_copies(4, 9, 9, 5));
        assert!(Arc::ptr_eq(&Clock::join(&joined, &left), &joined), "nothing new: the same clock");
    }

    #[test]
    fn coarse_entries_swallow_finer_ones_of_the_same_past() {
        let fine = Arc::new(Clock::new(vec![
            (Actor::thread(1, 2, 3), 10),
            (Actor::thread(1, 2, 4), 20),
            (Actor::copies(1, 2, 3), 9),
            (Actor::warp(1, 3), 11),
        ]));
        let coarse = Arc::new(Clock::new(vec![(Actor::block(1), 12)]));
        let joined = Clock::join(&fine, &coarse);
        assert_eq!(joined.entries.len(), 3, "{joined:?}");
        assert!(joined.covers_thread(1, 2, 4, 20) && joined.covers_copies(1, 2, 3, 9));
    }
}
