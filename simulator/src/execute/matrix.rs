//! Matrix instructions: operands from registers and shared memory to `lanes::matrix`, and back.

use super::access::Failed;
use super::frame::Frame;
use super::state::{Split, Warp};
use super::{Machine, Stop};
use crate::lanes::Row;
use crate::lanes::matrix::wmma::{Fragment, Wmma};
use crate::lanes::matrix::{self, Accumulation, MatrixRows, Mma};
use crate::observe::{AccessKind, FaultKind, Observer, Space};
use crate::program::{Kind, MemoryOp, Rows};
use rustg_ptx::{Modifier, Opcode};

/// How a matrix lies in memory.
struct MatrixTile {
    fragment: Fragment,
    /// Row by row, else column by column.
    by_rows: bool,
    /// Elements from one row (or column) to the next; as many as it has, if not given.
    stride: Option<u32>,
}

impl MatrixTile {
    /// Bits that one access of a lane moves: a whole register where its elements lie side by side.
    fn access_bits(&self) -> u32 {
        let fragment = &self.fragment;
        if self.by_rows == fragment.lies_in_rows() { fragment.bits.max(32) } else { fragment.bits }
    }

    /// Where element `index` of a lane lies behind the matrix's first byte; nothing when it does not begin at a byte.
    fn offset(&self, lane: usize, index: usize) -> Option<u64> {
        let place = self.fragment.place(lane, index);
        let (rows, columns) = self.fragment.size();
        let (line, within, length) =
            if self.by_rows { (place.row, place.column, columns) } else { (place.column, place.row, rows) };
        let stride = self.stride.map_or(length as u64, u64::from);
        let bits = (line as u64 * stride + within as u64) * u64::from(self.fragment.bits);
        (bits % 8 == 0).then_some(bits / 8)
    }
}

impl<O: Observer> Machine<'_, O> {
    /// Executes a matrix instruction of the lanes of one split.
    pub(super) fn matrix(&mut self, warp: &mut Warp, split: &Split) -> Result<(), Stop> {
        let program = self.program;
        let op = &program.ops[split.pc as usize];
        let Kind::Matrix(index) = op.kind else { unreachable!("only matrix instructions come here") };
        let instruction = &program.matrices[index as usize];
        let form = &program.module.forms[instruction.form];
        let mut frame = Frame::new(program, self.launch, warp, split.base);
        let rows = |frame: &Frame, operand: usize| -> Vec<Row> {
            instruction
                .operands
                .get(operand)
                .map_or(Vec::new(), |parts| parts.iter().flat_map(|part| frame.rows(*part).to_vec()).collect())
        };
        let (result, done) = match form.opcode {
            Opcode::Mma => {
                let Some(mma) = Mma::of(form) else { return self.refuse_matrix(split.lanes, instruction.form) };
                let (d_rows, a_rows, b_rows, c_rows) = mma.rows();
                let (a, b, c) = (rows(&frame, 1), rows(&frame, 2), rows(&frame, 3));
                let metadata =
                    instruction.operands.get(4).and_then(|parts| parts.first()).map(|part| frame.rows(*part)[0]);
                let selector = instruction
                    .operands
                    .get(5)
                    .and_then(|parts| parts.first())
                    .map_or(0, |part| frame.rows(*part)[0].0[0]);
                let lacks_metadata = mma.sparse && metadata.is_none();
                if a.len() < a_rows || b.len() < b_rows || c.len() < c_rows || lacks_metadata {
                    return self.refuse_matrix(split.lanes, instruction.form);
                }
                let mut d = vec![Row::ZERO; d_rows];
                mma.run(&Accumulation::HOPPER, &mut d, &a, &b, &c, metadata.as_ref().map(|row| (row, selector)));
                (d, true)
            }
            Opcode::Movmatrix => {
                let mut d = vec![Row::ZERO; 1];
                let Some(from) = rows(&frame, 1).first().copied() else {
                    return self.refuse_matrix(split.lanes, instruction.form);
                };
                matrix::transpose(&mut d[0], &from);
                (d, true)
            }
            Opcode::Ldmatrix | Opcode::Stmatrix if form.type_at(0).is_some_and(|kind| kind.bits() == 16) => {
                let count = form.modifiers().find_map(|modifier| match modifier {
                    Modifier::Repeat1 => Some(1),
                    Modifier::Repeat2 => Some(2),
                    Modifier::Repeat4 => Some(4),
                    _ => None,
                });
                let (Some(count), Some(address)) = (count, instruction.address) else {
                    return self.refuse_matrix(split.lanes, instruction.form);
                };
                let access = program.memory_ops[address as usize];
                let transposed = form.has(Modifier::Trans);
                if form.opcode == Opcode::Ldmatrix {
                    let memory = self.matrix_rows(warp, &frame, &access, count, None)?;
                    let mut d = vec![Row::ZERO; count];
                    matrix::load_matrices(&mut d, &memory, transposed);
                    (d, true)
                } else {
                    let held = rows(&frame, 0);
                    if held.len() != count {
                        return self.refuse_matrix(split.lanes, instruction.form);
                    }
                    let memory = matrix::store_matrices(&held, transposed);
                    self.matrix_rows(warp, &frame, &access, count, Some(&memory))?;
                    (Vec::new(), false)
                }
            }
            Opcode::WmmaMma => {
                let Some(wmma) = Wmma::of(form) else { return self.refuse_matrix(split.lanes, instruction.form) };
                let (d_rows, a_rows, b_rows, c_rows) = wmma.rows();
                let (a, b, c) = (rows(&frame, 1), rows(&frame, 2), rows(&frame, 3));
                if a.len() < a_rows || b.len() < b_rows || c.len() < c_rows {
                    return self.refuse_matrix(split.lanes, instruction.form);
                }
                let mut d = vec![Row::ZERO; d_rows];
                wmma.run(&Accumulation::HOPPER, &mut d, &a, &b, &c);
                (d, true)
            }
            Opcode::WmmaLoad | Opcode::WmmaStore => {
                let (Some((fragment, by_rows)), Some(address)) = (Fragment::of(form), instruction.address) else {
                    return self.refuse_matrix(split.lanes, instruction.form);
                };
                let held = rows(&frame, 0);
                if held.len() < fragment.rows() {
                    return self.refuse_matrix(split.lanes, instruction.form);
                }
                let stride = rows(&frame, 1).first().map(|row| row.0[split.lanes.trailing_zeros() as usize & 31]);
                let access = program.memory_ops[address as usize];
                let tile = MatrixTile { fragment, by_rows, stride };
                if form.opcode == Opcode::WmmaLoad {
                    let d = self.load_fragment(warp, &frame, &access, split.lanes, &tile)?;
                    // Registers beyond those that hold every element once repeat them.
                    (d.iter().copied().cycle().take(held.len()).collect(), true)
                } else {
                    self.store_fragment(warp, &frame, &access, split.lanes, &tile, &held)?;
                    (Vec::new(), false)
                }
            }
            _ => return self.refuse_matrix(split.lanes, instruction.form),
        };
        if done {
            let parts: &[Rows] = instruction.operands.first().map_or(&[], Vec::as_slice);
            let mut at = 0;
            for part in parts {
                let end = at + part.count();
                if let Some(from) = result.get(at..end) {
                    frame.put(*part, from, split.lanes);
                }
                at = end;
            }
        }
        Ok(())
    }

    fn refuse_matrix(&mut self, lanes: u32, form: rustg_ptx::FormId) -> Result<(), Stop> {
        let what = format!("`{}`", self.program.module.forms.text(form));
        self.fatal(lanes, FaultKind::Unsupported { what })
    }

    /// Reads (or writes) the rows of `count` 8×8 matrices: 16 bytes at the address of each of the first `8 · count` lanes.
    fn matrix_rows(
        &mut self,
        warp: &mut Warp,
        frame: &Frame,
        access: &MemoryOp,
        count: usize,
        store: Option<&MatrixRows>,
    ) -> Result<MatrixRows, Stop> {
        let mut addresses = self.addresses(frame, access);
        let lanes = u32::MAX >> (32 - 8 * count);
        let (space, _) = self.resolve(access.space, &mut addresses, lanes);
        let mut memory = [[0u16; 8]; 32];
        let mut failed = Failed::default();
        let mut good = 0;
        let mut values = [Row::ZERO; 4];
        let kind = if store.is_some() { AccessKind::Store } else { AccessKind::Load };
        for lane in 0..8 * count {
            let mut bytes = [0u8; 16];
            if addresses[lane] & 15 != 0 || space != Space::Shared {
                failed.note(lane, addresses[lane], None);
                continue;
            }
            let done = match store {
                Some(rows) => {
                    for (to, half) in bytes.as_chunks_mut::<2>().0.iter_mut().zip(&rows[lane]) {
                        *to = half.to_le_bytes();
                    }
                    self.write_lane(warp, space, lane, addresses[lane], &bytes)
                }
                None => self.read_lane(warp, space, lane, addresses[lane], &mut bytes),
            };
            match done {
                Ok(()) => good |= 1 << lane,
                Err(miss) => failed.note(lane, addresses[lane], Some(miss)),
            }
            for (index, half) in bytes.as_chunks::<2>().0.iter().enumerate() {
                memory[lane][index] = u16::from_le_bytes(*half);
            }
            for (index, word) in bytes.as_chunks::<4>().0.iter().enumerate() {
                let at = lane * 4 + index;
                values[at / 32].0[at % 32] = u32::from_le_bytes(*word);
            }
        }
        if O::MEMORY && good != 0 {
            let shown = MemoryOp { kind, element_bytes: 16, elements: 1, ..*access };
            self.show(&shown, space, good, &addresses, &values, &[]);
        }
        self.failed(failed, space, kind, 16)?;
        Ok(memory)
    }

    /// The accesses of a fragment: for the element each begins with, its number and all lanes' addresses.
    fn fragment_accesses(
        &mut self,
        frame: &Frame,
        access: &MemoryOp,
        lanes: u32,
        tile: &MatrixTile,
    ) -> Result<Vec<(usize, [u64; 32])>, Stop> {
        let base = self.addresses(frame, access);
        let step = (tile.access_bits() / tile.fragment.bits) as usize;
        let mut accesses = Vec::new();
        for index in (0..tile.fragment.elements()).step_by(step) {
            let mut addresses = base;
            for (lane, address) in addresses.iter_mut().enumerate() {
                let Some(offset) = tile.offset(lane, index) else {
                    let what = "matrices of elements narrower than a byte that lie across their registers".to_owned();
                    return self.fatal(lanes, FaultKind::Unsupported { what });
                };
                *address = address.wrapping_add(offset);
            }
            accesses.push((index, addresses));
        }
        Ok(accesses)
    }

    /// `wmma.load`: the rows that hold every element once.
    fn load_fragment(
        &mut self,
        warp: &mut Warp,
        frame: &Frame,
        access: &MemoryOp,
        lanes: u32,
        tile: &MatrixTile,
    ) -> Result<Vec<Row>, Stop> {
        let bytes = (tile.access_bits() / 8) as usize;
        let shown = MemoryOp { kind: AccessKind::Load, element_bytes: bytes as u8, elements: 1, ..*access };
        let mut rows = vec![Row::ZERO; tile.fragment.rows()];
        for (index, mut addresses) in self.fragment_accesses(frame, access, lanes, tile)? {
            let mut stage = [Row::ZERO; super::access::STAGE_ROWS];
            let (space, now) = self.resolve(access.space, &mut addresses, lanes);
            let bad = self.load_stage(warp, space, &addresses, now, bytes, bytes, &mut stage)?;
            if O::MEMORY && now & !bad != 0 {
                self.show(&shown, space, now & !bad, &addresses, &stage, &[]);
            }
            if bytes >= 4 {
                let at = index * tile.fragment.bits as usize / 32;
                rows[at..at + bytes / 4].copy_from_slice(&stage[..bytes / 4]);
            } else {
                (0..32).for_each(|lane| tile.fragment.set(&mut rows, lane, index, u64::from(stage[0].0[lane])));
            }
        }
        Ok(rows)
    }

    /// `wmma.store`
    fn store_fragment(
        &mut self,
        warp: &mut Warp,
        frame: &Frame,
        access: &MemoryOp,
        lanes: u32,
        tile: &MatrixTile,
        rows: &[Row],
    ) -> Result<(), Stop> {
        let bytes = (tile.access_bits() / 8) as usize;
        let shown = MemoryOp { kind: AccessKind::Store, element_bytes: bytes as u8, elements: 1, ..*access };
        for (index, mut addresses) in self.fragment_accesses(frame, access, lanes, tile)? {
            let mut stage = [Row::ZERO; super::access::STAGE_ROWS];
            if bytes >= 4 {
                let at = index * tile.fragment.bits as usize / 32;
                stage[..bytes / 4].copy_from_slice(&rows[at..at + bytes / 4]);
            } else {
                (0..32).for_each(|lane| stage[0].0[lane] = tile.fragment.get(rows, lane, index) as u32);
            }
            let (space, now) = self.resolve(access.space, &mut addresses, lanes);
            if O::MEMORY {
                let good = self.storable(warp, space, &addresses, now, bytes);
                if good != 0 {
                    self.show(&shown, space, good, &addresses, &stage, &[]);
                }
            }
            self.store_stage(warp, space, &addresses, now, bytes, bytes, &stage)?;
        }
        Ok(())
    }
}
