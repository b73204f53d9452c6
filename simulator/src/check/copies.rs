//! Asynchronous copies (`cp.async`) on their way: who has to wait for what before a copy counts as the thread's own access.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::actors::for_lanes;
use super::clock::{Actor, Clock};
use super::release::Place;
use super::shadow::{Mark, NONE, Shadow};
use crate::observe::{AccessKind, Site};

/// One half of a copy of some lanes, in one line.
#[derive(Clone, Copy, Debug)]
struct Copy {
    lanes: u32,
    line: Place,
    time: u64,
}

/// The copies of one commit.
#[derive(Clone, Debug)]
struct Group {
    /// Threads that have not waited for it.
    lanes: u32,
    copies: Vec<Copy>,
}

#[derive(Clone, Debug, Default)]
struct WarpCopies {
    open: Vec<Copy>,
    groups: Vec<Group>,
}

/// All copies on their way.
#[derive(Clone, Debug, Default)]
pub(super) struct Copies {
    warps: FxHashMap<(u32, u16), WarpCopies>,
}

impl Copies {
    /// Lanes have issued a copy that touches a line.
    pub(super) fn issue(&mut self, site: Site, line: Place, lanes: u32) {
        let warp = self.warps.entry((site.block, site.warp)).or_default();
        warp.open.push(Copy { lanes, line, time: site.step + 1 });
    }

    /// Lanes commit what they have issued as a group, which may be empty.
    pub(super) fn commit(&mut self, site: Site, lanes: u32) {
        let warp = self.warps.entry((site.block, site.warp)).or_default();
        let mut group = Group { lanes, copies: Vec::new() };
        warp.open.retain_mut(|copy| {
            if copy.lanes & lanes != 0 {
                group.copies.push(Copy { lanes: copy.lanes & lanes, ..*copy });
                copy.lanes &= !lanes;
            }
            copy.lanes != 0
        });
        warp.groups.push(group);
    }

    /// Lanes wait for all but their newest `pending` groups: from now on those copies are accesses of the threads themselves.
    pub(super) fn wait(&mut self, site: Site, lanes: u32, pending: u32, shadow: &mut Shadow) {
        let Some(warp) = self.warps.get_mut(&(site.block, site.warp)) else { return };
        let mut newer = [0u32; 32];
        for group in warp.groups.iter_mut().rev() {
            let mut done = 0;
            for_lanes(group.lanes & lanes, |lane| {
                newer[lane as usize] += 1;
                if newer[lane as usize] > pending {
                    done |= 1 << lane;
                }
            });
            group.lanes &= !done;
            for copy in group.copies.iter().filter(|copy| copy.lanes & done != 0) {
                settle(site, copy, done, shadow);
            }
        }
        warp.groups.retain(|group| group.lanes != 0);
    }

    /// What `cp.async.mbarrier.arrive` carries: all copies that a lane has issued.
    pub(super) fn past(&self, site: Site, lane: u32) -> Arc<Clock> {
        Arc::new(Clock::new(vec![(Actor::copies(site.block, site.warp, lane), site.step + 1)]))
    }

    /// A block has ended.
    pub(super) fn forget(&mut self, block: u32) {
        self.warps.retain(|warp, _| warp.0 != block);
    }
}

/// Turns the marks of a copy into marks of the threads `done`, made now.
fn settle(site: Site, copy: &Copy, done: u32, shadow: &mut Shadow) {
    let (line, marks) = shadow.line(copy.line.owner, copy.line.address);
    for head in &mut line.heads {
        let mut index = *head;
        while index != NONE {
            let mark = *marks.get(index);
            let own = mark.block == site.block && mark.warp == site.warp && mark.time == copy.time;
            let kind = match mark.kind {
                AccessKind::AsyncRead => AccessKind::Load,
                AccessKind::AsyncWrite => AccessKind::Store,
                other => other,
            };
            if own && kind != mark.kind && mark.shape.lanes & done != 0 {
                let (settled, rest) = divide(&mark, done);
                let settled = Mark { kind, time: site.step + 1, ..settled };
                *marks.get_mut(index) = Mark { next: mark.next, ..settled };
                if rest.bytes != 0 {
                    marks.push(head, rest);
                }
            }
            index = mark.next;
        }
    }
}

/// A mark's part that belongs to `lanes`, and the rest.
fn divide(mark: &Mark, lanes: u32) -> (Mark, Mark) {
    let (mut own, mut rest) = (*mark, *mark);
    own.shape.lanes &= lanes;
    rest.shape.lanes &= !lanes;
    let belongs = |part: &Mark| {
        (0..64)
            .filter(|byte| mark.bytes >> byte & 1 == 1 && part.shape.lanes_at(*byte) != 0)
            .fold(0, |mask, byte| mask | 1 << byte)
    };
    (own.bytes, rest.bytes) = (belongs(&own), belongs(&rest));
    (own, rest)
}
