//! Host call stacks: a prefix tree of frames, so that a stack is one `u32` and shared callers are stored once.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;
use rustg_base::StringId;

/// A node of the prefix tree: a frame and everything that called it.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct StackId(pub u32);

/// A frame in [`Stacks`].
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FrameId(pub u32);

/// Which language's frame it is.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum FrameKind {
    /// A frame of the Python interpreter.
    Python,
    /// A machine frame, symbolised or not.
    Native,
    /// A frame from a format that does not say.
    Unknown,
}

impl FrameKind {
    /// The kind stored as `value`; [`FrameKind::Unknown`] for a value of a newer version.
    pub fn from_u8(value: u8) -> Self {
        match value {
            0 => FrameKind::Python,
            1 => FrameKind::Native,
            _ => FrameKind::Unknown,
        }
    }
}

/// One host frame: a function and the line it was at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Frame {
    /// Function name; for native frames without a symbol `module+0xoffset`.
    pub name: StringId,
    /// Source file, or the module (shared library) of a native frame without line tables; may be empty.
    pub file: StringId,
    /// 1-based line, 0 when unknown.
    pub line: u32,
    /// Language of the frame.
    pub kind: FrameKind,
}

/// The table of frames and the prefix tree over them.
#[derive(Clone, Default, Debug)]
pub struct Stacks {
    frames: Vec<Frame>,
    nodes: Vec<(Option<StackId>, FrameId)>,
    frame_ids: FxHashMap<Frame, FrameId>,
    node_ids: FxHashMap<(Option<StackId>, FrameId), StackId>,
}

impl Stacks {
    /// The id of `frame`, added if it is new.
    pub fn intern_frame(&mut self, frame: Frame) -> FrameId {
        match self.frame_ids.entry(frame) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let id = *entry.insert(FrameId(self.frames.len() as u32));
                self.frames.push(frame);
                id
            }
        }
    }

    /// The stack `caller` + `frame`, added if it is new. `caller` is `None` for an outermost frame.
    pub fn push(&mut self, caller: Option<StackId>, frame: FrameId) -> StackId {
        match self.node_ids.entry((caller, frame)) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let id = *entry.insert(StackId(self.nodes.len() as u32));
                self.nodes.push((caller, frame));
                id
            }
        }
    }

    /// The frames table; a [`FrameId`] is an index into it.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The tree's nodes as (caller, frame); a [`StackId`] is an index into it, and a caller's id is below its callees'.
    pub fn nodes(&self) -> &[(Option<StackId>, FrameId)] {
        &self.nodes
    }

    /// The frame of `id`.
    pub fn frame(&self, id: FrameId) -> Frame {
        self.frames[id.0 as usize]
    }

    /// The frames of `stack`, innermost first.
    pub fn innermost_first(&self, stack: StackId) -> impl Iterator<Item = Frame> {
        let mut next = Some(stack);
        std::iter::from_fn(move || {
            let (caller, frame) = self.nodes[next?.0 as usize];
            next = caller;
            Some(self.frame(frame))
        })
    }
}
