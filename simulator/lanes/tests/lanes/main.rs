//! The meaning of instructions, held against references that share no code with it: big-integer floats, wide integers, and what a GPU recorded.

mod cases;
mod edges;
mod evaluate;
mod floats;
mod operands;
mod oracle;
mod variants;
mod warps;
