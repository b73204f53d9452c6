//! Warp-wide instructions: they wait until all members are there, and then compute across lanes.

use super::access::lanes_of;
use super::frame::Frame;
use super::state::{Split, State, Warp};
use super::{Machine, Stop};
use crate::lanes::cross::{self, Vote};
use crate::lanes::{self, Row};
use crate::observe::{FaultKind, Observer, SyncEvent};
use crate::program::{Kind, Op};

impl<O: Observer> Machine<'_, O> {
    /// Executes a warp-wide operation of a split, or makes it wait for its members. True when the split goes on with all its lanes.
    pub(super) fn together(&mut self, warp: &mut Warp, index: usize, op: &Op, lanes: u32) -> Result<bool, Stop> {
        let split = warp.splits[index];
        let matrix = matches!(op.kind, Kind::Matrix(_));
        if op.e.is_none() {
            // Without members (`shfl` and `vote` of old, matrix instructions) it is the lanes that are here; a matrix needs the whole warp.
            if matrix && lanes != warp.live {
                return self.gather(warp, index, lanes, warp.live);
            }
            self.collective(warp, &[Split { lanes, ..split }], lanes)?;
            warp.splits[index].pc += 1;
            return Ok(true);
        }
        let frame = Frame::new(self.program, self.launch, warp, split.base);
        let masks = frame.rows(op.e)[0];
        if lanes != 0 {
            let left = lanes;
            let members = masks.0[left.trailing_zeros() as usize];
            let alike = lanes_of(left).filter(|lane| masks.0[*lane] == members).fold(0, |mask, lane| mask | 1 << lane);
            let strangers = alike & !members;
            let ended = members & !warp.live;
            if strangers != 0 || ended != 0 {
                self.bad_mask(warp, alike, members, strangers, ended)?;
            }
            let missing = members & warp.live & !alike;
            if missing != 0 {
                // The others are elsewhere: these lanes wait, and what is left of the split is tried again.
                let others = split.lanes & !alike;
                if others != 0 {
                    warp.splits.push(Split { lanes: others, ..split });
                    warp.splits[index].lanes = alike;
                    if lanes & others == 0 {
                        warp.splits.last_mut().expect("just pushed").pc += 1;
                    }
                }
                return self.gather(warp, index, alike, members);
            }
            if alike != split.lanes {
                // Subgroups are told apart, so that each is executed once.
                let others = split.lanes & !alike;
                warp.splits[index].lanes = alike;
                warp.splits.push(Split { lanes: others, pc: split.pc + u32::from(lanes & others == 0), ..split });
            }
            self.collective(warp, &[Split { lanes: alike, ..split }], members)?;
            warp.splits[index].pc += 1;
            return Ok(alike == split.lanes);
        }
        Ok(true)
    }

    /// A mask that names lanes that have ended is harmless to the hardware when the others are named rightly; one that does not name the lane is not.
    fn bad_mask(&mut self, warp: &Warp, active: u32, mask: u32, strangers: u32, ended: u32) -> Result<(), Stop> {
        if strangers == 0 && mask & warp.live == warp.live {
            return Ok(());
        }
        let lanes = if strangers != 0 { strangers } else { active };
        self.fault(lanes, FaultKind::BadMask { mask, active, ended })
    }

    /// Lanes wait for the other members; when the last has come, all are executed together.
    fn gather(&mut self, warp: &mut Warp, index: usize, lanes: u32, members: u32) -> Result<bool, Stop> {
        self.stay(warp, index, lanes, State::Members(members));
        self.release(warp)?;
        Ok(false)
    }

    /// Executes warp-wide operations whose members are all there. Called when lanes arrive and when lanes end.
    pub(super) fn release(&mut self, warp: &mut Warp) -> Result<bool, Stop> {
        let mut any = false;
        loop {
            let ready = warp.splits.iter().find_map(|split| match split.state {
                State::Members(members) => {
                    let there = warp.lanes_in(split.state);
                    (members & warp.live & !there == 0).then_some(members)
                }
                _ => None,
            });
            let Some(members) = ready else { return Ok(any) };
            any = true;
            let mut parts: Vec<Split> =
                warp.splits.iter().filter(|split| split.state == State::Members(members)).copied().collect();
            parts.sort_by_key(|split| (split.pc, split.base, split.lanes));
            let first = parts[0];
            self.pc = first.pc;
            // All at one place are one; at several places they must at least do the same.
            let kind = |split: &Split| std::mem::discriminant(&self.program.ops[split.pc as usize].kind);
            if parts.iter().any(|part| kind(part) != kind(&first)) {
                let active = warp.lanes_in(State::Members(members));
                return self.fatal(active, FaultKind::BadMask { mask: members, active, ended: 0 });
            }
            self.collective(warp, &parts, members)?;
            for split in &mut warp.splits {
                if split.state == State::Members(members) {
                    split.pc += 1;
                    split.state = State::Ready;
                }
            }
            super::barrier::merge(warp);
        }
    }

    /// Computes one warp-wide operation for the lanes of several splits that execute it together.
    fn collective(&mut self, warp: &mut Warp, parts: &[Split], members: u32) -> Result<(), Stop> {
        let lanes = parts.iter().fold(0, |lanes, part| lanes | part.lanes);
        let members = members & lanes;
        let first = self.program.ops[parts[0].pc as usize];
        // Operands, gathered from where each part has them.
        let mut a = [Row::ZERO; 2];
        let (mut b, mut c) = (Row::ZERO, Row::ZERO);
        let mut predicate = 0;
        for part in parts {
            let op = &self.program.ops[part.pc as usize];
            let frame = Frame::new(self.program, self.launch, warp, part.base);
            predicate |= frame.predicate(op.p) & part.lanes;
            let from = frame.rows(op.a);
            let width = from.len().min(2);
            super::frame::blend(&mut a[..width], &from[..width], part.lanes);
            for (to, rows) in [(&mut b, op.b), (&mut c, op.c)] {
                if let Some(row) = frame.rows(rows).first() {
                    super::frame::blend(std::slice::from_mut(to), std::slice::from_ref(row), part.lanes);
                }
            }
        }
        let mut result = Row::ZERO;
        let mut found = 0;
        match first.kind {
            Kind::WarpBarrier => {
                self.sync(&SyncEvent::WarpSync { lanes });
                return Ok(());
            }
            Kind::Shuffle(mode) => {
                let sources = mode.sources(&b, &c);
                sources.shuffle(&mut result, &a[0]);
                found = sources.in_range;
                let read = lanes_of(lanes).fold(0u32, |mask, lane| mask | 1 << sources.lane[lane]);
                let absent = read & !lanes;
                if absent != 0 {
                    let readers = lanes_of(lanes).filter(|lane| absent >> sources.lane[*lane] & 1 != 0);
                    let readers = readers.fold(0, |mask, lane| mask | 1 << lane);
                    self.fault(readers, FaultKind::ShuffleInactive { sources: absent })?;
                }
            }
            Kind::Vote(vote) => {
                let value = vote.count(predicate, members);
                (result, found) = (Row::splat(value), value);
                debug_assert!(
                    vote == Vote::Ballot || value == 0 || value == u32::MAX,
                    "other votes are all or nothing"
                );
            }
            Kind::Match(all) => {
                let values = match first.a.count() {
                    1 => a[0].0.map(u64::from),
                    _ => *lanes::wide(&a),
                };
                if all {
                    let (mask, same) = cross::match_all(&values, members);
                    (result, found) = (Row::splat(mask), if same { u32::MAX } else { 0 });
                } else {
                    result = cross::match_any(&values, members);
                }
            }
            Kind::Redux(reduction) => result = Row::splat(reduction.reduce(&a[0], members)),
            Kind::Elect => {
                let leader = cross::elect(members);
                (result, found) = (Row::splat(leader), 1u32.checked_shl(leader).unwrap_or(0));
            }
            Kind::Matrix(_) => {
                for part in parts {
                    self.matrix(warp, part)?;
                }
                return Ok(());
            }
            _ => unreachable!("only warp-wide operations come here"),
        }
        for part in parts {
            let op = self.program.ops[part.pc as usize];
            let mut frame = Frame::new(self.program, self.launch, warp, part.base);
            if op.d.count() == 1 {
                frame.put(op.d, &[result], part.lanes);
            }
            frame.set_predicate(op.q[0], found, part.lanes);
        }
        Ok(())
    }
}
