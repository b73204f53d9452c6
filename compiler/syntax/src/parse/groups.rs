//! Groups as units of work: parsed where they stand, or left out as holes and parsed on their own.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Fault, Node, Parser};
use crate::Edition;
use crate::code::Code;
use crate::kind::NodeKind;

/// What a group is to be parsed as. The group, brackets included, is all such a parse reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    /// The file; not a group.
    File,
    /// `{ statements }` of a block.
    Statements,
    /// `{ items }` of a module.
    Items,
    /// `{ items }` of an impl or trait.
    AssocItems,
    /// `{ items }` of an extern block.
    ExternItems,
    /// `(…)`: parenthesised expression or tuple.
    ParenExpr,
    /// `[…]`: array.
    ArrayExpr,
    /// `(…)`: arguments of a call.
    ArgList,
    /// `[…]`: index.
    Index,
    /// `{ arms }`
    MatchArms,
    /// `{ fields }` of a struct literal.
    RecordExprFields,
    /// `(…)`: parenthesised or tuple type.
    ParenType,
    /// `[…]`: array or slice type.
    ArrayType,
    /// `(…)`: parenthesised or tuple pattern.
    ParenPat,
    /// `[…]`: slice pattern.
    SlicePat,
    /// `(…)`: arguments of a tuple struct pattern; no node of its own.
    TupleStructFields,
    /// `{ fields }` of a struct pattern.
    RecordPatFields,
    /// `{ trees }` of an import.
    UseTrees,
}

/// A group left out: its nodes take the place of the node `node`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hole {
    pub(crate) unit: Unit,
    /// The opening bracket, a code token.
    pub(crate) open: u32,
    /// Index of the place-holding node, in post-order.
    pub(crate) node: u32,
}

/// What parsing one unit gives: nodes in post-order with holes in them.
#[derive(Default)]
pub(crate) struct Piece {
    pub(crate) nodes: Vec<Node>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) holes: Vec<Hole>,
}

impl Parser<'_> {
    /// Parses the group at the cursor as `unit`, or leaves it out.
    #[inline(always)]
    pub(super) fn unit(&mut self, unit: Unit) {
        debug_assert!(self.kind().opens(), "a group starts with its bracket");
        if !self.kind().opens() {
            return self.expected("a bracket");
        }
        let open = self.pos;
        let size = self.code.close[open] - open as u32;
        if self.depth >= super::HOLE_DEPTH || size >= self.hole_size && unit.is_body() {
            return self.leave_out(unit);
        }
        self.depth += 1;
        // Chains are counted within a group, so that a group parsed on its own is parsed the same.
        let chain = std::mem::take(&mut self.chain);
        self.run(unit);
        self.chain = chain;
        self.depth -= 1;
    }

    #[cold]
    #[inline(never)]
    fn leave_out(&mut self, unit: Unit) {
        let open = self.pos;
        self.holes.push(Hole { unit, open: open as u32, node: self.nodes.len() as u32 });
        let mark = self.mark();
        self.pos = self.behind_group(open);
        self.done(mark, NodeKind::Error);
    }

    fn run(&mut self, unit: Unit) {
        match unit {
            Unit::File => self.source_file(),
            Unit::Statements => self.statements(),
            Unit::Items => self.item_list(),
            Unit::AssocItems => self.assoc_item_list(),
            Unit::ExternItems => self.extern_item_list(),
            Unit::ParenExpr => self.paren_expr(),
            Unit::ArrayExpr => self.array_expr(),
            Unit::ArgList => self.arg_list(),
            Unit::Index => self.index_group(),
            Unit::MatchArms => self.match_arm_list(),
            Unit::RecordExprFields => self.record_expr_field_list(),
            Unit::ParenType => self.paren_type(),
            Unit::ArrayType => self.array_type(),
            Unit::ParenPat => self.paren_pat(),
            Unit::SlicePat => self.slice_pat(),
            Unit::TupleStructFields => self.tuple_struct_fields(),
            Unit::RecordPatFields => self.record_pat_field_list(),
            Unit::UseTrees => self.use_tree_list(),
        }
    }
}

impl Unit {
    /// Whether the group is worth a parse of its own on another thread.
    fn is_body(self) -> bool {
        matches!(self, Unit::Statements | Unit::Items | Unit::AssocItems)
    }
}

/// Everything a parse of any unit of one file needs.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    pub(crate) starts: &'a [u32],
    pub(crate) code: &'a Code,
    pub(crate) edition: Edition,
}

/// Parses `unit` at code token `open` into `piece`, leaving out bodies of at least `hole_size` tokens.
pub(crate) fn parse_unit(source: Source<'_>, unit: Unit, open: usize, hole_size: u32, piece: &mut Piece) {
    let mut parser = Parser {
        text: source.text,
        starts: source.starts,
        code: source.code,
        edition: source.edition,
        pos: open,
        nodes: std::mem::take(&mut piece.nodes),
        faults: std::mem::take(&mut piece.faults),
        holes: std::mem::take(&mut piece.holes),
        hole_size,
        depth: 0,
        chain: 0,
        last_let: 0,
        marks: Vec::new(),
    };
    parser.nodes.clear();
    parser.faults.clear();
    parser.holes.clear();
    parser.run(unit);
    Parser { nodes: piece.nodes, faults: piece.faults, holes: piece.holes, .. } = parser;
}

/// Parses a whole file: one unit, and then whatever was left out because brackets nest too deeply for the stack.
pub(crate) fn parse_code(source: Source<'_>, piece: &mut Piece) {
    parse_unit(source, Unit::File, 0, u32::MAX, piece);
    fill_holes(piece, |hole| parse_hole(source, hole));
    piece.faults.sort_by_key(|fault| fault.token);
}

/// Parses one group and all that is in it.
pub(crate) fn parse_unit_whole(source: Source<'_>, unit: Unit, open: usize) -> Piece {
    let mut piece = Piece::default();
    parse_unit(source, unit, open, u32::MAX, &mut piece);
    fill_holes(&mut piece, |hole| parse_hole(source, hole));
    piece
}

/// Bodies of at least this many tokens are parsed on other threads.
const PARALLEL_TOKENS_MIN: u32 = 64;
/// Below this many tokens a file is not worth a second thread.
const FILE_TOKENS_MIN: usize = 20_000;

/// Like [`parse_code`], on `threads` threads: bodies are left out at first, and parsed by whichever thread is free. The
/// result is the same, because a group's parse reads nothing but the group.
pub(crate) fn parse_code_on(threads: usize, source: Source<'_>, piece: &mut Piece) {
    if threads <= 1 || source.code.len() < FILE_TOKENS_MIN {
        return parse_code(source, piece);
    }
    // Bodies hold bodies, which are left out in their turn as long as they are large: a file of one module has parts too.
    let large = (source.code.len() / (8 * threads)) as u32;
    parse_unit(source, Unit::File, 0, large.max(PARALLEL_TOKENS_MIN), piece);
    let mut outer: Vec<Hole> = piece.holes.clone();
    let mut parsed: HashMap<u32, Piece> = HashMap::new();
    while !outer.is_empty() {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut mine = Vec::new();
            while let Some(hole) = outer.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut piece = Piece::default();
                parse_unit(source, hole.unit, hole.open as usize, large.max(PARALLEL_TOKENS_MIN), &mut piece);
                mine.push((hole.open, piece));
            }
            mine
        };
        let done: Vec<_> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().flat_map(|worker| worker.join().expect("parsing does not panic")).collect()
        });
        outer = done.iter().flat_map(|(_, piece)| piece.holes.iter().copied()).collect();
        parsed.extend(done);
    }
    // What is left out because it is too deep is not in the map: bodies alone were parsed.
    fill_holes(piece, |hole| parsed.remove(&hole.open).unwrap_or_else(|| parse_hole(source, hole)));
    piece.faults.sort_by_key(|fault| fault.token);
}

/// Parses what was left out at `hole`, leaving out only what is too deep.
pub(crate) fn parse_hole(source: Source<'_>, hole: &Hole) -> Piece {
    let mut piece = Piece::default();
    parse_unit(source, hole.unit, hole.open as usize, u32::MAX, &mut piece);
    piece
}

/// A piece on its way into the whole.
struct Filling {
    piece: Piece,
    index: usize,
    next_hole: usize,
    /// Where each node so far went: a subtree's new size is a difference of two places.
    places: Vec<u32>,
}

/// Puts what `fill` gives in the place of each hole, and of the holes in that, without recursion.
pub(crate) fn fill_holes(piece: &mut Piece, mut fill: impl FnMut(&Hole) -> Piece) {
    if piece.holes.is_empty() {
        return;
    }
    let mut nodes: Vec<Node> = Vec::with_capacity(piece.nodes.len());
    let mut faults = Vec::new();
    let filling =
        |piece: Piece| Filling { places: Vec::with_capacity(piece.nodes.len()), piece, index: 0, next_hole: 0 };
    let mut stack = vec![filling(std::mem::take(piece))];
    while let Some(top) = stack.last_mut() {
        let Some(node) = top.piece.nodes.get(top.index) else {
            faults.append(&mut top.piece.faults);
            stack.pop();
            continue;
        };
        top.places.push(nodes.len() as u32);
        top.index += 1;
        match top.piece.holes.get(top.next_hole) {
            Some(hole) if hole.node as usize + 1 == top.index => {
                top.next_hole += 1;
                let piece = fill(hole);
                stack.push(filling(piece));
            }
            _ => {
                let size = nodes.len() as u32 + 1 - top.places[top.index - node.size as usize];
                nodes.push(Node { size, ..*node });
            }
        }
    }
    (piece.nodes, piece.faults) = (nodes, faults);
}
