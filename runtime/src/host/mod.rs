//! Kernels as host code: one fiber a thread, block after block. Barriers and warp operations are where fibers wait for one another.
//!
//! It is for tests without any PTX, and for stepping through a kernel in a host debugger; what it computes is what the words of [`crate::thread`],
//! [`crate::warp`] and the others mean. Blocks run one after the other, so kernels whose blocks wait for one another do not end: a block that
//! cannot go on panics and says where its threads wait.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};

use crate::launch::Launch;

/// Bytes of a fiber's stack.
const STACK_BYTES: usize = 256 << 10;
/// Lanes of a warp.
const LANES: usize = 32;

/// What the address of dynamic shared memory is a multiple of: more than any kernel asks for.
pub(crate) const DYNAMIC_ALIGN_BYTES: usize = 4096;

/// Where a fiber waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wait {
    /// Nowhere: it can run.
    Ready,
    Barrier,
    /// For the lanes of the mask.
    Warp(u32),
    /// It has ended.
    Done,
}

/// What a thread knows of itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    pub thread: [u32; 3],
    pub block: [u32; 3],
    pub threads: [u32; 3],
    pub blocks: [u32; 3],
}

impl Place {
    /// The thread's number in its block.
    pub fn linear(&self) -> u32 {
        let ([x, y, z], [width, height, _]) = (self.thread, self.threads);
        (z * height + y) * width + x
    }
}

/// A block that runs.
struct Block {
    waits: Vec<Wait>,
    /// What each thread has brought to the warp operation that it waits in.
    brought: Vec<u64>,
    /// What the lanes of its warp had brought when it was let go, and which lanes took part.
    taken: Vec<([u64; LANES], u32)>,
    /// Its dynamic shared memory.
    dynamic: Vec<Page>,
    dynamic_bytes: usize,
}

/// A piece of dynamic shared memory, so that its first byte is aligned.
#[derive(Clone)]
#[repr(align(4096))]
struct Page(#[expect(dead_code, reason = "kernels reach it by its address")] [u8; DYNAMIC_ALIGN_BYTES]);

/// The thread that runs now.
#[derive(Clone)]
struct Current {
    place: Place,
    block: Rc<RefCell<Block>>,
    yielder: *const Yielder<(), ()>,
}

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

/// One at a time: shared arrays are statics of the process, and stand for the running block's memory.
static RUNNING: Mutex<()> = Mutex::new(());

/// Runs `kernel` once for each thread of the launch.
///
/// # Panics
/// As the kernel does, and when the threads of a block wait for one another at different places.
pub fn run(launch: Launch, kernel: impl Fn()) {
    let _running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let shape = launch.host_shape();
    let count = shape.threads.iter().product::<u32>() as usize;
    assert!((1..=1024).contains(&count), "a block of {count} threads; it may have 1 to 1024");
    let mut stacks: Vec<DefaultStack> = Vec::new();
    for block in indices(shape.blocks) {
        stacks = run_block(block, [shape.blocks, shape.threads], shape.shared_bytes as usize, &kernel, stacks);
    }
}

/// All coordinates of an extent, x fastest.
fn indices([width, height, depth]: [u32; 3]) -> impl Iterator<Item = [u32; 3]> {
    (0..depth).flat_map(move |z| (0..height).flat_map(move |y| (0..width).map(move |x| [x, y, z])))
}

fn run_block(
    block: [u32; 3],
    [blocks, threads]: [[u32; 3]; 2],
    dynamic_bytes: usize,
    kernel: &dyn Fn(),
    mut stacks: Vec<DefaultStack>,
) -> Vec<DefaultStack> {
    let count = threads.iter().product::<u32>() as usize;
    // SAFETY: the fibers are locals of this function: each has ended, or is unwound, before it returns, and so before the closure goes.
    let kernel: &'static dyn Fn() = unsafe { std::mem::transmute::<&dyn Fn(), &'static dyn Fn()>(kernel) };
    let state = Rc::new(RefCell::new(Block {
        waits: vec![Wait::Ready; count],
        brought: vec![0; count],
        taken: vec![([0; LANES], 0); count],
        dynamic: vec![Page([0; DYNAMIC_ALIGN_BYTES]); dynamic_bytes.div_ceil(DYNAMIC_ALIGN_BYTES)],
        dynamic_bytes,
    }));
    let mut fibers: Vec<_> = indices(threads)
        .map(|thread| {
            let place = Place { thread, block, threads, blocks };
            let state = state.clone();
            let stack = stacks.pop().unwrap_or_else(|| DefaultStack::new(STACK_BYTES).expect("memory for a stack"));
            let fiber = Coroutine::with_stack(stack, move |yielder: &Yielder<(), ()>, ()| {
                // What is `CURRENT` is set at each resumption, from here.
                let current = Current { place, block: state, yielder };
                CURRENT.with(|slot| *slot.borrow_mut() = Some(current));
                kernel();
            });
            (place, fiber)
        })
        .collect();
    loop {
        let mut ran = false;
        for (at, (_, fiber)) in fibers.iter_mut().enumerate() {
            if state.borrow().waits[at] != Wait::Ready {
                continue;
            }
            ran = true;
            if let CoroutineResult::Return(()) = fiber.resume(()) {
                state.borrow_mut().waits[at] = Wait::Done;
            }
            CURRENT.with(|slot| *slot.borrow_mut() = None);
        }
        let mut state = state.borrow_mut();
        if state.waits.iter().all(|wait| *wait == Wait::Done) {
            break;
        }
        if !ran || state.waits.iter().all(|wait| *wait != Wait::Ready) {
            let freed = free_warps(&mut state) || free_barrier(&mut state);
            assert!(
                freed,
                "the threads of block {block:?} wait for one another at different places: {}",
                waiting(&state)
            );
        }
    }
    fibers.into_iter().map(|(_, fiber)| fiber.into_stack()).collect()
}

/// Lets the lanes go of which every one that an operation names is there, or has ended.
fn free_warps(block: &mut Block) -> bool {
    let mut freed = false;
    for warp in (0..block.waits.len()).step_by(LANES) {
        let lanes = (warp..(warp + LANES).min(block.waits.len())).collect::<Vec<_>>();
        for &lane in &lanes {
            let Wait::Warp(mask) = block.waits[lane] else { continue };
            let named: Vec<usize> = lanes.iter().copied().filter(|other| mask >> (other - warp) & 1 != 0).collect();
            let all = named
                .iter()
                .all(|other| matches!(block.waits[*other], Wait::Done) || block.waits[*other] == Wait::Warp(mask));
            if !all || !named.contains(&lane) {
                continue;
            }
            let mut values = [0; LANES];
            let mut present = 0;
            for &other in named.iter().filter(|other| block.waits[**other] != Wait::Done) {
                values[other - warp] = block.brought[other];
                present |= 1 << (other - warp);
            }
            for other in named {
                if block.waits[other] != Wait::Done {
                    block.waits[other] = Wait::Ready;
                    block.taken[other] = (values, present);
                }
            }
            freed = true;
        }
    }
    freed
}

/// Lets everybody go where all that have not ended are at the barrier.
fn free_barrier(block: &mut Block) -> bool {
    if !block.waits.iter().all(|wait| matches!(wait, Wait::Barrier | Wait::Done)) {
        return false;
    }
    block.waits.iter_mut().filter(|wait| **wait == Wait::Barrier).for_each(|wait| *wait = Wait::Ready);
    true
}

fn waiting(block: &Block) -> String {
    let count = |is: fn(&Wait) -> bool| block.waits.iter().filter(|wait| is(wait)).count();
    format!(
        "{} at a barrier, {} in a warp operation",
        count(|wait| *wait == Wait::Barrier),
        count(|wait| matches!(wait, Wait::Warp(_)))
    )
}

fn current(what: &str) -> Current {
    let found = CURRENT.with(|slot| slot.borrow().clone());
    found.unwrap_or_else(|| {
        panic!("`{what}` is a word of kernels: launch the kernel on a device, or run it as host code with `KERNEL::on_host`")
    })
}

/// Where the calling thread is.
pub(crate) fn place(what: &str) -> Place {
    current(what).place
}

/// The address of the block's dynamic shared memory, and its size in bytes.
pub(crate) fn dynamic_shared(what: &str) -> (*mut u8, usize) {
    let current = current(what);
    let mut block = current.block.borrow_mut();
    (block.dynamic.as_mut_ptr().cast(), block.dynamic_bytes)
}

fn suspend(current: Current, wait: Wait) {
    current.block.borrow_mut().waits[current.place.linear() as usize] = wait;
    // SAFETY: the yielder lives on the fiber's own stack, below this frame.
    unsafe { &*current.yielder }.suspend(());
    CURRENT.with(|slot| *slot.borrow_mut() = Some(current));
}

/// Waits for the block.
pub(crate) fn barrier(what: &str) {
    suspend(current(what), Wait::Barrier);
}

/// Brings a value to the lanes of the mask; what they brought, and which of them were there.
pub(crate) fn exchange(what: &str, mask: u32, value: u64) -> ([u64; LANES], u32) {
    let current = current(what);
    let at = current.place.linear() as usize;
    assert!(mask >> (at % LANES) & 1 != 0, "`{what}` with a mask that does not name the calling lane");
    current.block.borrow_mut().brought[at] = value;
    suspend(current.clone(), Wait::Warp(mask));
    let taken = current.block.borrow().taken[at];
    taken
}

/// The lanes of the calling thread's warp that have not ended.
pub(crate) fn live_lanes(what: &str) -> u32 {
    let current = current(what);
    let (at, block) = (current.place.linear() as usize, current.block.borrow());
    let warp = at - at % LANES;
    let lanes = warp..(warp + LANES).min(block.waits.len());
    lanes.filter(|lane| block.waits[*lane] != Wait::Done).fold(0, |mask, lane| mask | 1 << (lane - warp))
}
