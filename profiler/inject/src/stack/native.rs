//! The calling thread's native frames: unwound once, found again by comparing return addresses.
//!
//! Unwinding costs microseconds. But where a frame's return address lies, relative to the stack pointer at the capture, is
//! settled by the frames inside it: so the frames that were unwound before are kept as a tree, whose edges are (where the
//! next return address lies, what it is), and a stack is recognised by loading the words at those places, innermost first,
//! down to the thread's start. One wrong return address anywhere is a miss, and a miss unwinds.
//!
//! What could deceive it: a function whose frame differs in size from call to call (`alloca`) has its caller's return
//! address at another place each time. If the old place still holds the old return address inside the grown frame,
//! and all places further out match as well, the old stack is reported. The places further out then all belong to the older,
//! shifted stack, so that this needs two whole stale stacks in agreement.

use std::ffi::{c_int, c_void};

use super::memory::{WordMap, read};

/// Native frames taken of one stack; what called them is left out.
pub(super) const MAX_FRAMES: usize = 256;

/// Nodes a thread keeps; when they are full it starts anew.
const MAX_NODES: usize = 1 << 16;
/// Different places at which one node's caller is looked for.
const MAX_PLACES: usize = 8;

const NONE: u32 = u32::MAX;

/// A native frame as the unwinder gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unwound {
    /// Where the frame will continue.
    pub return_address: usize,
    /// An address inside the instruction that is executing there.
    pub address: usize,
    /// Where on the stack the return address is kept; 0 where that is not known.
    pub place: usize,
}

/// A stack as unwound, innermost first.
pub(super) struct Backtrace {
    frames: [Unwound; MAX_FRAMES],
    count: usize,
    above: usize,
    previous: usize,
    /// Whether the stack has more frames than fit.
    pub cut: bool,
}

#[repr(C)]
struct Context {
    _opaque: [u8; 0],
}

const CONTINUE: c_int = 0;
const STOP: c_int = 4;

// The Itanium C++ ABI's unwinder: libgcc_s, which the standard library links as well.
unsafe extern "C" {
    fn _Unwind_Backtrace(visit: unsafe extern "C" fn(*mut Context, *mut c_void) -> c_int, data: *mut c_void) -> c_int;
    fn _Unwind_GetIPInfo(context: *mut Context, before_instruction: *mut c_int) -> usize;
    fn _Unwind_GetCFA(context: *mut Context) -> usize;
}

/// The stack pointer of the function that this is inlined into.
#[inline(always)]
pub(super) fn stack_pointer() -> usize {
    let pointer: usize;
    // SAFETY: copies a register.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        std::arch::asm!("mov {}, rsp", out(reg) pointer, options(nomem, nostack, preserves_flags));
        #[cfg(target_arch = "aarch64")]
        std::arch::asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    pointer
}

impl Backtrace {
    /// Unwinds the calling thread's stack from the first frame whose return address lies above `stack_pointer`.
    #[inline(never)]
    pub fn take(stack_pointer: usize) -> Backtrace {
        let none = Unwound { return_address: 0, address: 0, place: 0 };
        let mut trace =
            Backtrace { frames: [none; MAX_FRAMES], count: 0, above: stack_pointer, previous: 0, cut: false };
        // SAFETY: `visit_frame` has the signature the unwinder wants and gets the record it expects.
        unsafe { _Unwind_Backtrace(visit_frame, (&raw mut trace).cast()) };
        trace
    }

    /// The frames, innermost first.
    pub fn frames(&self) -> &[Unwound] {
        &self.frames[..self.count]
    }

    fn add(&mut self, return_address: usize, before_instruction: bool, canonical: usize) -> c_int {
        let from = std::mem::replace(&mut self.previous, canonical);
        if canonical <= self.above {
            return CONTINUE;
        }
        if return_address == 0 {
            return STOP;
        }
        if self.count == MAX_FRAMES {
            self.cut = true;
            return STOP;
        }
        let place = place_of(return_address, from.max(self.above), canonical);
        let address = if before_instruction { return_address } else { return_address - 1 };
        self.frames[self.count] = Unwound { return_address, address, place };
        self.count += 1;
        CONTINUE
    }
}

unsafe extern "C" fn visit_frame(context: *mut Context, data: *mut c_void) -> c_int {
    let mut before_instruction = 0;
    // SAFETY: the unwinder's context is good for these calls; `data` is the record that `take` lent.
    unsafe {
        let return_address = _Unwind_GetIPInfo(context, &mut before_instruction);
        let canonical = _Unwind_GetCFA(context);
        (*data.cast::<Backtrace>()).add(return_address, before_instruction != 0, canonical)
    }
}

/// Where in a callee's frame, `low..high`, the return address is kept; 0 where it is not found (a signal frame, a signed
/// pointer). On x86-64 it is the frame's last word; on AArch64 it stands beside the saved frame pointer.
fn place_of(return_address: usize, low: usize, high: usize) -> usize {
    const FARTHEST: usize = 4096;
    let mut place = high.wrapping_sub(8) & !7;
    while place >= low && high - place <= FARTHEST {
        // SAFETY: the words of a frame of this thread that the unwinder has just stepped over.
        if unsafe { read::<usize>(place) } == return_address {
            return place;
        }
        if cfg!(target_arch = "x86_64") {
            break;
        }
        place -= 8;
    }
    0
}

/// A return address, seen with the same frames inside it: sixteen bytes, as a walk reads a node a frame.
#[derive(Clone, Copy)]
struct Node {
    return_address: usize,
    /// Where it was found: words above the stack pointer of the capture.
    place: u32,
    /// The caller seen last from here, [`NONE`], or [`END`] where stacks end.
    recent: u32,
}

const _: () = assert!(std::mem::size_of::<Node>() == 16);

/// [`Node::recent`] where a stack ends.
const END: u32 = NONE - 1;

/// The stacks of one thread that have been unwound.
#[derive(Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// The places where callers of each node were found, nearest first.
    places: Vec<[u32; MAX_PLACES]>,
    callers: WordMap<(u32, u32, usize), u32>,
}

impl Tree {
    pub const fn new() -> Tree {
        let callers = WordMap::with_hasher(std::hash::BuildHasherDefault::new());
        Tree { nodes: Vec::new(), places: Vec::new(), callers }
    }

    /// Forgets all stacks.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.places.clear();
        self.callers.clear();
    }

    /// Whether a stack of any depth may not find room.
    pub fn is_full(&self) -> bool {
        self.nodes.len() + MAX_FRAMES + 1 > MAX_NODES
    }

    /// The stack above `stack_pointer` where it was unwound before; its number is good until [`Tree::clear`].
    ///
    /// # Safety
    /// The words from `stack_pointer` to `stack_end` are the calling thread's stack.
    #[inline]
    pub unsafe fn find(&mut self, stack_pointer: usize, stack_end: usize) -> Option<u32> {
        let words = stack_end.checked_sub(stack_pointer)? / 8;
        // SAFETY: the place is below the number of words, which are the caller's promise.
        let load = |place: u32| unsafe { read::<usize>(stack_pointer + place as usize * 8) };
        let mut at = 0u32;
        let mut next = self.nodes.first()?.recent;
        while next != END {
            if let Some(recent) = self.nodes.get(next as usize)
                && (recent.place as usize) < words
                && load(recent.place) == recent.return_address
            {
                (at, next) = (next, recent.recent);
                continue;
            }
            let places =
                self.places[at as usize].iter().take_while(|&&place| (place as usize) < words && place != NONE);
            let mut callers = places.filter_map(|&place| self.callers.get(&(at, place, load(place))).copied());
            let caller = callers.next()?;
            self.nodes[at as usize].recent = caller;
            (at, next) = (caller, self.nodes[caller as usize].recent);
        }
        Some(at)
    }

    /// Adds a stack; `None` where it cannot be recognised again (or memory is short).
    pub fn insert(&mut self, stack_pointer: usize, frames: &[Unwound]) -> Option<u32> {
        if frames.is_empty() || self.is_full() {
            return None;
        }
        self.nodes.try_reserve(frames.len() + 1).ok()?;
        self.places.try_reserve(frames.len() + 1).ok()?;
        self.callers.try_reserve(frames.len()).ok()?;
        if self.nodes.is_empty() {
            self.nodes.push(Node { return_address: 0, place: 0, recent: NONE });
            self.places.push([NONE; MAX_PLACES]);
        }
        let mut at = 0u32;
        for frame in frames {
            let words = frame.place.checked_sub(stack_pointer)? / 8;
            let place = u32::try_from(words).ok().filter(|&place| place < END)?;
            let key = (at, place, frame.return_address);
            at = match self.callers.get(&key) {
                Some(&caller) => caller,
                None => {
                    let caller = self.nodes.len() as u32;
                    let places = &mut self.places[at as usize];
                    if !places.contains(&place) {
                        let free = places.iter_mut().find(|free| **free == NONE)?;
                        *free = place;
                        // Nearer places first: a word further out may lie beyond a shallower stack.
                        places.sort_unstable();
                    }
                    // Where a stack ended here earlier, it goes on now: that end is not trusted any more.
                    self.nodes[at as usize].recent = caller;
                    self.callers.insert(key, caller);
                    self.nodes.push(Node { return_address: frame.return_address, place, recent: NONE });
                    self.places.push([NONE; MAX_PLACES]);
                    caller
                }
            };
        }
        if self.places[at as usize][0] != NONE {
            return None;
        }
        self.nodes[at as usize].recent = END;
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn deep(tree: &mut Tree, depth: u32, end: usize, visit: &mut dyn FnMut(&mut Tree, usize, usize)) -> u32 {
        if depth == 0 {
            visit(tree, stack_pointer(), end);
            return 1;
        }
        std::hint::black_box(deep(tree, depth - 1, end, visit)) + 1
    }

    #[test]
    fn every_unwound_return_address_is_where_the_tree_looks_for_it() {
        let trace = Backtrace::take(stack_pointer());
        assert!(trace.frames().len() > 3 && !trace.cut);
        for frame in trace.frames().iter().take(trace.count - 1) {
            assert_ne!(frame.place, 0);
        }
    }

    #[test]
    fn a_stack_is_found_again_and_another_one_is_not() {
        let mut tree = Tree::new();
        let (_, end) = super::super::system::thread_stack();
        let mut leaves = Vec::new();
        for round in 0..2 {
            for depth in [3, 0, 9] {
                deep(&mut tree, depth, end, &mut |tree, pointer, end| {
                    // SAFETY: the thread's own stack.
                    let found = unsafe { tree.find(pointer, end) };
                    let unwound = Backtrace::take(pointer);
                    let leaf = tree.insert(pointer, unwound.frames());
                    assert!(leaf.is_some());
                    assert_eq!(found, if round == 0 { None } else { leaf });
                    leaves.push(leaf);
                });
            }
        }
        assert_eq!(leaves[..3], leaves[3..]);
        assert!(leaves[0] != leaves[1] && leaves[1] != leaves[2] && leaves[0] != leaves[2]);
    }

    #[test]
    fn a_shallow_stack_is_never_read_beyond_its_end() {
        let stack = [10usize, 20, 30, 40];
        let pointer = stack.as_ptr() as usize;
        let frame = |index: usize| Unwound {
            return_address: stack[index],
            address: stack[index] - 1,
            place: pointer + index * 8,
        };
        let mut tree = Tree::new();
        let long = tree.insert(pointer, &[frame(0), frame(2), frame(3)]);
        let short = tree.insert(pointer, &[frame(0), frame(1)]);
        // SAFETY: the words are the array's.
        unsafe {
            assert_eq!(tree.find(pointer, pointer + 2 * 8), short);
            assert_eq!(tree.find(pointer, pointer + 8), None);
            assert!([long, short].contains(&tree.find(pointer, pointer + 4 * 8)));
        }
        assert_eq!(tree.insert(pointer, &[frame(0)]), None, "a stack that ends where others go on is not remembered");
    }
}
