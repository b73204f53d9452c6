//! Video instructions: which pieces of their registers they name.

use super::decode::{Decoder, Refusal, refuse};
use super::operation::{Kind, Op, Rows};
use crate::lanes;
use crate::lanes::video::{Piece, Selectors};
use rustg_ptx::{Instruction, Operand, Part};

impl Decoder<'_> {
    /// `vadd d{.piece}, a{.piece}, b{.piece}{, c}`, and the instructions on packed bytes and halves, whose pieces are lists.
    pub(super) fn video(&mut self, instruction: &Instruction) -> Result<(), Refusal> {
        let module = self.module;
        let text = || format!("`{}`", module.forms.text(instruction.form));
        let Some(video) = lanes::select_video(module.form(instruction)) else { return refuse(text()) };
        let [d, a, b, rest @ ..] = module.operands_of(instruction) else { return refuse(text()) };
        let mut selectors = Selectors::default();
        let list = |part: Option<Part>| match part {
            Some(Part::Bytes(count, numbers) | Part::Halves(count, numbers)) => {
                Some((count, std::array::from_fn::<u8, 4, _>(|index| (numbers >> (4 * index) & 0xf) as u8)))
            }
            _ => None,
        };
        let piece = |part: Option<Part>| match part {
            None => Ok(Piece::Whole),
            Some(Part::Bytes(1, number)) => Ok(Piece::Byte(number as u8)),
            Some(Part::Halves(1, number)) => Ok(Piece::Half(number as u8)),
            Some(_) => refuse(text()),
        };
        let (d, d_part) = split(d);
        let ((a, a_part), (b, b_part)) = (split(a), split(b));
        if video.is_scalar() {
            selectors.d = d_part.map(|part| piece(Some(part))).transpose()?;
            (selectors.a, selectors.b) = (piece(a_part)?, piece(b_part)?);
            if selectors.d.is_some() && rest.is_empty() {
                return refuse(text());
            }
        } else {
            let lanes = list(d_part).map(|(count, numbers)| numbers[..usize::from(count.min(4))].to_vec());
            selectors.mask = lanes.unwrap_or_default().iter().fold(0, |mask, lane| mask | 1 << (lane & 3));
            let sources = |part| list(part).map(|(count, numbers)| (usize::from(count), numbers));
            for (part, from) in [(a_part, &mut selectors.from_a), (b_part, &mut selectors.from_b)] {
                *from = match sources(part) {
                    Some((count, numbers)) if count == video.pieces() => Some(numbers),
                    Some(_) => return refuse(text()),
                    None => None,
                };
            }
        }
        let mut op = Op::new(Kind::Nothing, 0);
        op.d = match d {
            Operand::Register(register) => self.register_rows(register)?,
            Operand::Sink => self.scratch(1)?,
            _ => return refuse(text()),
        };
        op.a = self.source(&a, 32)?;
        op.b = self.source(&b, 32)?;
        op.c = match rest.first() {
            Some(c) => self.source(c, 32)?,
            None => Rows::NONE,
        };
        self.out.videos.push((video, selectors));
        op.kind = Kind::Video(self.out.videos.len() as u32 - 1);
        self.push(op);
        Ok(())
    }
}

/// An operand without the piece it names, and the piece.
fn split(operand: &Operand) -> (Operand, Option<Part>) {
    match *operand {
        Operand::Part(register, part) => (Operand::Register(register), Some(part)),
        other => (other, None),
    }
}
