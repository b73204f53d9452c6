//! The compiler's intermediate representation after monomorphisation: what a kernel does, in scalar values.
//!
//! # What a function means
//!
//! A *function* is a graph of *blocks*; a block is a run of *instructions* of which the last, and only the last, is a
//! *terminator*. Each instruction yields zero or more *values* of scalar [`types::Type`]s, assigned once; what differs by the way that
//! was taken is a *parameter* of the block where the ways join. A value may be used wherever its definition has surely happened
//! (it dominates the use).
//!
//! Every *lane* executes the function for itself. An instruction that is *convergent* is where lanes meet (barriers,
//! shuffles, votes, calls): it must not be executed by other lanes than those that the source says, so no pass moves it across
//! control that may differ between lanes, merges it with its equal, or makes two of one.
//!
//! *Memory* is bytes; aggregates exist only there, and only until scalar replacement. Addresses are `i64`; what they point into is known by
//! where they come from (`slot_address`, `global_address`, a parameter, a load), which `offset` keeps and integer arithmetic loses.
//! Plain accesses of different lanes must not conflict without synchronisation, as in Rust; so a plain load yields what this lane can know.
//!
//! *Integer* operations wrap and never fail; signs are the operation's (`_s`, `_u`). What Rust checks stands before it as an `assert`, which ends
//! the thread with its site's panic where its operand is false. Division by zero yields all ones, as PTX's does, so that a division may be
//! executed before its check. *Float* operations are IEEE 754 in the nearest rounding and are never contracted; which NaN an operation yields is
//! not said, but moves, `float_neg`, `float_abs` and `copy_sign` keep and change exactly the bits they say.
//!
//! # What the crate owns
//!
//! The tables ([`function`], [`module`], [`opcode`]), the text form ([`print`], [`parse`]), what must hold ([`verify`]), what it computes
//! ([`interpret`]) and the passes ([`opt`]). It knows neither Rust's types nor PTX.

pub mod build;
pub mod evaluate;
pub mod function;
pub mod graph;
pub mod ids;
pub mod immediate;
pub mod interpret;
pub mod module;
pub mod opcode;
pub mod opt;
pub mod parse;
pub mod print;
pub mod types;
pub mod verify;
