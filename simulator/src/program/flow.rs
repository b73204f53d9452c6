//! Where lanes that part at a branch come together again: immediate post-dominators of a function's control-flow graph.
//!
//! PTX does not say where threads reconverge; the machine chooses the first instruction that all paths from a branch reach.

/// What an instruction does to control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Goes on to the next instruction.
    Next,
    /// May go to each of these instructions; `falls_through` also to the next.
    Branch {
        /// Instruction indices in the function.
        targets: Vec<u32>,
        /// Whether some lanes may go on.
        falls_through: bool,
    },
    /// Returns to the caller.
    Return,
    /// Ends its threads.
    End,
}

/// The instructions at which lanes that parted at a branch of the function should meet, sorted.
///
/// Ends of threads are not paths: lanes that are gone need not be waited for.
pub fn meeting_points(flows: &[Flow]) -> Vec<u32> {
    let blocks = Blocks::of(flows);
    let Some(immediate) = post_dominators(&blocks) else { return Vec::new() };
    let mut points: Vec<u32> = (blocks.successors.iter().enumerate())
        .filter(|(_, successors)| successors.len() > 1)
        .filter_map(|(block, _)| immediate[block].map(|at| blocks.starts[at]))
        .collect();
    points.sort_unstable();
    points.dedup();
    points
}

/// Basic blocks; block `i` is instructions `starts[i]..starts[i + 1]`.
struct Blocks {
    starts: Vec<u32>,
    successors: Vec<Vec<usize>>,
    returns: Vec<bool>,
    ends: Vec<bool>,
}

impl Blocks {
    fn of(flows: &[Flow]) -> Self {
        let mut leads = vec![false; flows.len() + 1];
        leads[0] = true;
        for (index, flow) in flows.iter().enumerate() {
            if let Flow::Branch { targets, .. } = flow {
                targets.iter().for_each(|target| leads[(*target as usize).min(flows.len())] = true);
            }
            leads[index + 1] |= *flow != Flow::Next;
        }
        let starts: Vec<u32> = (0..flows.len()).filter(|index| leads[*index]).map(|index| index as u32).collect();
        let block_at = |instruction: u32| starts.binary_search(&instruction).ok();
        let mut blocks = Self { successors: Vec::new(), returns: Vec::new(), ends: Vec::new(), starts: Vec::new() };
        for (block, start) in starts.iter().enumerate() {
            let end = starts.get(block + 1).copied().unwrap_or(flows.len() as u32);
            let last = &flows[(end - 1).max(*start) as usize];
            let mut successors = Vec::new();
            let (targets, falls): (&[u32], bool) = match last {
                Flow::Next => (&[], true),
                Flow::Branch { targets, falls_through } => (targets, *falls_through),
                Flow::Return | Flow::End => (&[], false),
            };
            successors.extend(targets.iter().filter_map(|target| block_at(*target)));
            if falls {
                successors.extend(block_at(end));
            }
            successors.sort_unstable();
            successors.dedup();
            blocks.returns.push(*last == Flow::Return || (falls && end as usize == flows.len()));
            blocks.ends.push(*last == Flow::End);
            blocks.successors.push(successors);
        }
        blocks.starts = starts;
        blocks
    }
}

/// Every block's immediate post-dominator, where it has one that is a block. The algorithm is Cooper, Harvey and Kennedy's, on the reversed graph.
fn post_dominators(blocks: &Blocks) -> Option<Vec<Option<usize>>> {
    let count = blocks.successors.len();
    // Only blocks from which a return is reached count as paths; a function without returns counts its ends.
    let leaves: Vec<usize> = {
        let returns: Vec<usize> = (0..count).filter(|block| blocks.returns[*block]).collect();
        if returns.is_empty() { (0..count).filter(|block| blocks.ends[*block]).collect() } else { returns }
    };
    let mut predecessors = vec![Vec::new(); count];
    for (block, successors) in blocks.successors.iter().enumerate() {
        successors.iter().for_each(|successor| predecessors[*successor].push(block));
    }
    // Post-order of the reversed graph from a virtual exit, which gets the number `count`.
    let exit = count;
    let mut order = Vec::with_capacity(count + 1);
    let mut seen = vec![false; count];
    let mut stack: Vec<(usize, usize)> = Vec::new();
    for leaf in &leaves {
        if std::mem::replace(&mut seen[*leaf], true) {
            continue;
        }
        stack.push((*leaf, 0));
        while let Some((block, next)) = stack.last_mut() {
            match predecessors[*block].get(*next) {
                Some(predecessor) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[*predecessor], true) {
                        stack.push((*predecessor, 0));
                    }
                }
                None => {
                    order.push(*block);
                    stack.pop();
                }
            }
        }
    }
    if order.is_empty() {
        return None;
    }
    let mut rank = vec![usize::MAX; count + 1];
    order.iter().enumerate().for_each(|(index, block)| rank[*block] = index);
    rank[exit] = order.len();
    let is_leaf = |block: usize| leaves.contains(&block);
    let mut immediate = vec![usize::MAX; count + 1];
    immediate[exit] = exit;
    loop {
        let mut changed = false;
        for block in order.iter().rev().copied() {
            let mut found = if is_leaf(block) { exit } else { usize::MAX };
            for successor in &blocks.successors[block] {
                if immediate[*successor] == usize::MAX || !seen[*successor] {
                    continue;
                }
                found = if found == usize::MAX { *successor } else { meet(&immediate, &rank, found, *successor) };
            }
            if found != usize::MAX && immediate[block] != found {
                immediate[block] = found;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    Some(immediate[..count].iter().map(|at| (*at < exit).then_some(*at)).collect())
}

fn meet(immediate: &[usize], rank: &[usize], mut a: usize, mut b: usize) -> usize {
    while a != b {
        while rank[a] < rank[b] {
            a = immediate[a];
        }
        while rank[b] < rank[a] {
            b = immediate[b];
        }
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch(target: u32) -> Flow {
        Flow::Branch { targets: vec![target], falls_through: true }
    }
    fn jump(target: u32) -> Flow {
        Flow::Branch { targets: vec![target], falls_through: false }
    }

    #[test]
    fn the_two_sides_of_an_if_meet_behind_it() {
        // 0: @p bra 3; 1: a; 2: bra 4; 3: b; 4: ret
        assert_eq!(meeting_points(&[branch(3), Flow::Next, jump(4), Flow::Next, Flow::Return]), [4]);
    }

    #[test]
    fn a_loop_is_left_together() {
        // 0: a; 1: b; 2: @p bra 1; 3: c; 4: ret
        assert_eq!(meeting_points(&[Flow::Next, Flow::Next, branch(1), Flow::Next, Flow::Return]), [3]);
    }

    #[test]
    fn lanes_that_end_are_not_waited_for() {
        // 0: @p bra 3; 1: a; 2: bra 4; 3: trap; 4: @q bra 6; 5: b; 6: ret
        let flows = [branch(3), Flow::Next, jump(4), Flow::End, branch(6), Flow::Next, Flow::Return];
        // Of the ways from 0 only the one through 1 goes on, so that they "meet" there at once.
        assert_eq!(meeting_points(&flows), [1, 6]);
    }

    #[test]
    fn endless_loops_have_no_meeting_point() {
        assert_eq!(meeting_points(&[branch(0), jump(0)]), Vec::<u32>::new());
        assert_eq!(meeting_points(&[]), Vec::<u32>::new());
    }

    #[test]
    fn many_ways_meet_where_all_come_together() {
        let table = Flow::Branch { targets: vec![1, 3, 5], falls_through: false };
        let flows = [table, Flow::Next, jump(6), Flow::Next, jump(6), Flow::Next, Flow::Return];
        assert_eq!(meeting_points(&flows), [6]);
    }
}
