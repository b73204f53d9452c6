//! Chains: fields, method calls, `?` and `.await` behind one another.
//!
//! A chain stands on one line, or each link on its own; its last link may hang over the end of the line. Short roots take the
//! first links onto their line.

use rustg_syntax::{NodeId, NodeKind as N, TokenKind as T};

use super::calls;
use super::lists::Captured;
use crate::flat::receiver;
use crate::formatter::{Formatter, Shape};
use crate::{Fail, Fit};

/// A link: what stands from behind its receiver up to `end`, with `?`s.
#[derive(Clone, Copy, Debug)]
struct Link {
    node: NodeId,
    dot: usize,
    /// The first `?` behind it, if there is one, and how many.
    tries: u32,
    /// The token behind the link, its `?`s included.
    end: usize,
    has_comment: bool,
}

struct Chain {
    root: NodeId,
    root_tries: u32,
    root_end: usize,
    links: Vec<Link>,
}

fn chain_of(formatter: &Formatter<'_>, node: NodeId) -> Result<Chain, Fail> {
    let input = formatter.input;
    let (mut at, mut tries, mut end) = (node, 0, input.end(node));
    let mut links = Vec::new();
    loop {
        if formatter.has_attributes(at) && at != node {
            break;
        }
        match formatter.kind(at) {
            N::TryExpr if input.is(input.end(at) - 1, "?") => {
                tries += 1;
                at = receiver(input, at).ok_or(Fail)?;
            }
            N::MethodCallExpr | N::FieldExpr | N::AwaitExpr => {
                let inner = receiver(input, at).ok_or(Fail)?;
                if input.end(inner) < input.end(at) {
                    let dot = input.next_code(input.end(inner));
                    if input.kind(dot) != T::Dot {
                        return Err(Fail);
                    }
                    let has_comment = input.has_comment(input.end(inner), dot);
                    links.push(Link { node: at, dot, tries, end, has_comment });
                    tries = 0;
                    end = input.end(inner);
                }
                at = inner;
            }
            _ => break,
        }
    }
    links.reverse();
    Ok(Chain { root: at, root_tries: tries, root_end: end, links })
}

impl Formatter<'_> {
    /// `?`s up to token `end`.
    fn tries(&mut self, end: usize) -> Fit {
        let from = self.pieces.cursor;
        for token in (from..end).filter(|&token| self.input.kind(token) == T::Question) {
            self.token(token)?;
        }
        Ok(())
    }

    /// A link from its dot on.
    fn link(&mut self, link: &Link, shape: Shape) -> Fit {
        let input = self.input;
        let shape = shape.less(link.tries);
        let start = self.pieces.column;
        self.pieces.cursor = link.dot;
        let arguments = self.child(link.node, N::ArgList).filter(|&list| input.first(list) > link.dot);
        let Some(arguments) = arguments else {
            self.flat(link.dot, input.end(link.node))?;
            return self.tries(link.end);
        };
        let types = self.child(link.node, N::GenericArgList).filter(|&list| input.first(list) > link.dot);
        match types {
            Some(types) => {
                self.flat(link.dot, input.first(types))?;
                self.node(types, shape)?;
            }
            None => self.flat(link.dot, input.first(arguments))?,
        }
        let width = self.pieces.column.saturating_sub(start);
        calls::arguments_list(self, arguments, width, shape)?;
        self.tries(link.end)
    }
}

pub(crate) fn chain(formatter: &mut Formatter<'_>, node: NodeId, shape: Shape) -> Fit {
    if formatter.has_attributes(node) {
        return Err(Fail);
    }
    let chain = chain_of(formatter, node)?;
    let input = formatter.input;
    let start = formatter.pieces.mark();
    formatter.node(chain.root, shape.less(chain.root_tries))?;
    formatter.tries(chain.root_end)?;
    if chain.links.is_empty() {
        return if formatter.is_fitting(start, shape) { Ok(()) } else { Err(Fail) };
    }
    let mut root_is_block = calls::ends_with_block(formatter, chain.root, formatter.is_multiline(start))
        || formatter.kind(chain.root) == N::Literal
            && formatter.is_multiline(start)
            && formatter.pieces.trimmed_last_line_width(start) <= formatter.tab();
    let offset = start.column.saturating_sub(shape.indent);
    let short = formatter.tab().saturating_sub(offset);
    let mut taken = 0;
    while taken < chain.links.len()
        && !formatter.is_multiline(start)
        && formatter.pieces.column - start.column <= short
        && !chain.links[taken].has_comment
    {
        let link = chain.links[taken];
        if formatter.attempt(|formatter| formatter.link(&link, shape)).is_err() {
            break;
        }
        root_is_block = formatter.pieces.is_last_line_extendable(input, start);
        taken += 1;
    }
    if taken == chain.links.len() {
        return if formatter.is_fitting(start, shape) { Ok(()) } else { Err(Fail) };
    }
    let child_indent = if root_is_block { shape.indent } else { shape.indent + formatter.tab() };
    let child_shape = Shape { indent: child_indent, right: formatter.max_width() };
    let links = &chain.links[taken..];
    let (last, others) = links.split_last().ok_or(Fail)?;
    let mut captured = Vec::with_capacity(others.len());
    for link in others {
        captured.push(formatter.capture(child_indent, |formatter| formatter.link(link, child_shape))?);
    }
    let width = shape.right.saturating_sub(start.column);
    let limit = if chain.links.len() == 1 { width } else { width.min(input.widths.chain) };
    let root_width = formatter.pieces.column.saturating_sub(start.column);
    let almost = root_width + captured.iter().map(Captured::width).sum::<u32>() + last.tries;
    let budget = limit.saturating_sub(almost);
    let one_line = !formatter.is_multiline(start)
        && links.iter().all(|link| !link.has_comment)
        && captured.iter().all(|link| !link.is_multiline())
        && budget > 0;
    let last_shape = child_shape.less(formatter.overhead(shape) + last.tries);
    if one_line && try_one_line(formatter, &captured, last, shape, (budget, child_indent, last_shape)) {
        return if formatter.is_fitting(start, shape) { Ok(()) } else { Err(Fail) };
    }
    if formatter.one_line_chain {
        return Err(Fail);
    }
    for (link, captured) in others.iter().zip(&captured) {
        break_before(formatter, link, child_indent)?;
        formatter.put(captured);
    }
    break_before(formatter, last, child_indent)?;
    formatter.link(last, last_shape)?;
    if formatter.is_fitting(start, shape) { Ok(()) } else { Err(Fail) }
}

/// Everything on one line, the last link hanging over if it must; `false`, with nothing written, where lines are better.
fn try_one_line(
    formatter: &mut Formatter<'_>,
    captured: &[Captured],
    last: &Link,
    shape: Shape,
    (budget, child_indent, last_shape): (u32, u32, Shape),
) -> bool {
    let before = formatter.pieces.mark();
    for link in captured {
        formatter.put(link);
    }
    let Ok(mark) = formatter.attempt(|formatter| formatter.link(last, shape)) else {
        formatter.pieces.rewind(before);
        return false;
    };
    let lines = formatter.pieces.lines_since(mark);
    let fits = formatter.pieces.first_line_width(formatter.input, mark) <= budget;
    if fits && lines >= 4 {
        return true;
    }
    if fits && lines == 0 {
        return true;
    }
    let alone = formatter.capture(child_indent, |formatter| formatter.pieces_at(last, last_shape));
    let keeps = match alone {
        Ok(alone) => fits && alone.lines() >= lines,
        Err(Fail) => fits,
    };
    if !keeps {
        formatter.pieces.rewind(before);
    }
    keeps
}

impl Formatter<'_> {
    /// A link tried at another place: what it is behind was written up to its dot.
    fn pieces_at(&mut self, link: &Link, shape: Shape) -> Fit {
        self.pieces.cursor = link.dot;
        self.link(link, shape)
    }
}

fn break_before(formatter: &mut Formatter<'_>, link: &Link, indent: u32) -> Fit {
    if link.has_comment {
        formatter.trailing_comments(link.dot);
        formatter.separate_tight(link.dot, indent);
    } else {
        formatter.pieces.newline(indent);
    }
    Ok(())
}

impl Formatter<'_> {
    /// Comments before a link, each on its own line, without empty lines between.
    fn separate_tight(&mut self, next: usize, indent: u32) {
        for token in self.pieces.cursor..next {
            if matches!(self.input.kind(token), T::LineComment | T::BlockComment) {
                self.pieces.newline(indent);
                self.comment(token);
            }
        }
        self.pieces.newline(indent);
        self.pieces.cursor = next;
    }
}
