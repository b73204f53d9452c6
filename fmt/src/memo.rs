//! Layouts that were found before, by node and place.
//!
//! A layout depends on its node, the column it begins at, its indentation, its right edge and the two context flags, and on
//! nothing else: so it may be looked up where a rule tries a node again.

use rustc_hash::FxHashMap;
use rustg_syntax::NodeId;

use crate::Fail;
use crate::formatter::Shape;
use crate::writer::{Mark, Piece, Pieces, Taken};

/// Everything that a layout depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Place {
    pub(crate) node: NodeId,
    pub(crate) column: u32,
    pub(crate) shape: Shape,
    /// Where the first token to write stands: comments before it belong to the layout.
    pub(crate) cursor: usize,
    pub(crate) flags: u8,
}

#[derive(Clone, Copy)]
struct Found {
    first: u32,
    end: u32,
    column: u32,
    lines: u32,
    cursor: usize,
}

/// Layouts by place.
#[derive(Default)]
pub(crate) struct Memo {
    known: FxHashMap<Place, Result<Found, Fail>>,
    pieces: Vec<Piece>,
}

impl Memo {
    /// Writes the layout known for `place` onto `pieces`.
    pub(crate) fn recall(&self, place: &Place, pieces: &mut Pieces) -> Option<Result<(), Fail>> {
        Some(self.known.get(place)?.map(|found| {
            let lines = pieces.lines + found.lines;
            let end = Mark { pieces: 0, column: found.column, lines, cursor: found.cursor };
            pieces.put(&Taken { pieces: self.pieces[found.first as usize..found.end as usize].to_vec(), end });
        }))
    }

    /// Remembers what stands behind `mark` as the layout for `place`.
    pub(crate) fn keep(&mut self, place: Place, result: Result<(), Fail>, pieces: &Pieces, mark: Mark) {
        let found = result.map(|()| {
            let first = self.pieces.len() as u32;
            self.pieces.extend_from_slice(&pieces.list[mark.pieces..]);
            Found {
                first,
                end: self.pieces.len() as u32,
                column: pieces.column,
                lines: pieces.lines - mark.lines,
                cursor: pieces.cursor,
            }
        });
        self.known.insert(place, found);
    }

    /// Forgets everything: what was decided does not come again.
    pub(crate) fn clear(&mut self) {
        self.known.clear();
        self.pieces.clear();
    }
}
