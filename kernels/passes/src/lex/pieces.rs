//! One large text over several threads: pieces are lexed at once, each as if a token began where the piece begins, and joined in order.
//!
//! What a token is depends on nothing before its start, so a guess needs no proof: lexing goes on from the end of what is known until it
//! meets a start that the next piece has too, and from there on the piece is right. In ordinary code that is the first token; behind a guess
//! that lay in a string or a comment it comes later, and the tokens before it are lexed again.

use super::one::lex_one;
use super::{BLOCK, Isa, Tokens, head, kernel, lex_with};

/// A piece is at least this long: shorter ones are lexed before a thread has begun.
const PIECE_BYTES_MIN: usize = 512 << 10;

/// How many bytes the lexer may look beyond the end of a token to know it: `r#"`, `'a'`, `1..`, with room for characters of four bytes.
const LOOK_BYTES: usize = 16;

/// Tokens that are lexed one by one, in search of a common start, before a kernel takes the rest of the piece.
const SEARCH_TOKENS: usize = 256;

/// Like [`lex_with`], on up to `threads` threads where `text` is large enough to gain from it. The tokens are the same.
///
/// # Panics
/// As [`lex_with`].
pub fn lex_on(isa: Isa, threads: usize, text: &str, tokens: &mut Tokens) {
    lex_in_pieces(isa, threads.min(text.len() / PIECE_BYTES_MIN), text, tokens);
}

/// Like [`lex_with`], in up to `pieces` pieces of about the same length, each on a thread of its own.
///
/// # Panics
/// As [`lex_with`].
pub fn lex_in_pieces(isa: Isa, pieces: usize, text: &str, tokens: &mut Tokens) {
    let cuts = cuts(text, pieces);
    let Some(&first_cut) = cuts.first() else { return lex_with(isa, text, tokens) };
    super::check_fits(isa, text);
    let ends = cuts[1..].iter().copied().chain([text.len()]);
    let guessed: Vec<(usize, usize, Tokens)> = std::thread::scope(|scope| {
        let lex_piece = |begin: usize, end: usize| {
            let mut piece = Tokens::with_room(end - begin);
            kernel(isa, &text[..end], begin, &mut piece);
            (begin, end, piece)
        };
        let workers: Vec<_> =
            cuts.iter().zip(ends).map(|(&begin, end)| scope.spawn(move || lex_piece(begin, end))).collect();
        tokens.clear();
        tokens.reserve_for(text.len());
        let begin = head::push_head(text, tokens);
        if begin < first_cut {
            kernel(isa, &text[..first_cut], begin, tokens);
        }
        workers.into_iter().map(|worker| worker.join().expect("a lexing thread does not panic")).collect()
    });
    // All tokens so far are right but those near the cut, which may go on behind it.
    let mut known = Known { end: head_end(text).max(first_cut), is_exact: head_end(text) >= first_cut };
    for (begin, end, piece) in guessed {
        known = join(isa, text, tokens, known, &piece, begin, end);
    }
    tokens.starts.push(text.len() as u32);
}

/// How far the tokens reach, and whether the last ones are right even so near to it.
#[derive(Clone, Copy)]
struct Known {
    end: usize,
    is_exact: bool,
}

/// Where pieces begin, but the first: behind a newline, in ascending order.
fn cuts(text: &str, pieces: usize) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut cuts: Vec<usize> = Vec::new();
    for piece in 1..pieces {
        let from = (bytes.len() / pieces * piece).max(cuts.last().copied().unwrap_or(0));
        let Some(newline) = bytes[from..].iter().position(|&byte| byte == b'\n') else { break };
        let cut = from + newline + 1;
        if cut < bytes.len() && cuts.last() != Some(&cut) {
            cuts.push(cut);
        }
    }
    cuts
}

fn head_end(text: &str) -> usize {
    head::lex_head(text).last().map_or(0, |&(_, end)| end)
}

/// Appends what is right of `piece`, whose tokens were guessed from `begin` on and seen up to `end`.
fn join(isa: Isa, text: &str, tokens: &mut Tokens, known: Known, piece: &Tokens, begin: usize, end: usize) -> Known {
    let mut at = known.end;
    if !known.is_exact {
        let floor = head_end(text);
        while at > floor && at + LOOK_BYTES > begin {
            let Some(start) = tokens.last_start() else { break };
            at = start as usize;
            tokens.pop();
        }
    }
    let is_last = end == text.len();
    let mut index = 0;
    for searched in 0.. {
        if at >= end {
            return Known { end: at, is_exact: true };
        }
        index += piece.starts[index..].partition_point(|&start| (start as usize) < at);
        if piece.starts.get(index) == Some(&(at as u32)) {
            tokens.kinds.extend_from_slice(&piece.kinds[index..]);
            tokens.starts.extend_from_slice(&piece.starts[index..]);
            return Known { end, is_exact: is_last };
        }
        if searched == SEARCH_TOKENS {
            kernel(isa, &text[..end], at, tokens);
            return Known { end, is_exact: is_last };
        }
        let token = lex_one(text, at);
        tokens.push(token.kind, at);
        at = token.end;
    }
    unreachable!("the search ends after so many tokens")
}

const _: () = assert!(LOOK_BYTES < BLOCK);
