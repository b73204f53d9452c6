//! Tallies of votes: for each proposal the choice that more than half of the voters made, if there is one.

use rustg::prelude::*;

/// What stands for a proposal without a majority.
pub const UNDECIDED: u32 = u32::MAX;

/// Decides a proposal a thread. `votes` holds `voters` choices of each proposal one behind the other; choices are small numbers, and
/// [`UNDECIDED`] abstains. By majority vote in one pass and a count (Boyer and Moore, 1981).
#[kernel]
pub fn tally(voters: u32, votes: &[u32], mut decisions: DisjointSlice<u32>) {
    let index = thread::index_1d();
    let first = index.get() * voters as usize;
    if let Some(decision) = decisions.get_mut(index) {
        let mut candidate = UNDECIDED;
        let mut lead = 0_u32;
        for at in 0..voters as usize {
            let vote = votes[first + at];
            if vote == UNDECIDED {
                continue;
            }
            if lead == 0 {
                candidate = vote;
                lead = 1;
            } else if vote == candidate {
                lead += 1;
            } else {
                lead -= 1;
            }
        }
        let mut count = 0_u32;
        for at in 0..voters as usize {
            if votes[first + at] == candidate {
                count += 1;
            }
        }
        *decision = if candidate != UNDECIDED && count > voters / 2 { candidate } else { UNDECIDED };
    }
}

/// The same on the CPU, by counting every choice.
pub fn reference(voters: u32, votes: &[u32]) -> Vec<u32> {
    let decide = |votes: &[u32]| {
        let count = |choice: u32| votes.iter().filter(|vote| **vote == choice).count() as u32;
        let winner = votes.iter().find(|vote| **vote != UNDECIDED && count(**vote) > voters / 2);
        winner.copied().unwrap_or(UNDECIDED)
    };
    votes.chunks_exact(voters as usize).map(decide).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[gpu_test]
    fn majorities_are_found_and_pluralities_are_not(device: &Device) -> rustg::Result<()> {
        let voters = 9;
        let votes: Vec<u32> = (0..500 * voters)
            .map(|i: u32| match (i.wrapping_mul(2_654_435_761) >> 28, i / voters % 3) {
                (0, _) => UNDECIDED,
                (part, 0) => u32::from(part > 11),
                (part, 1) => u32::from(part > 4),
                (part, _) => part % 4,
            })
            .collect();
        let want = reference(voters, &votes);
        assert!(want.contains(&UNDECIDED) && want.contains(&0) && want.contains(&1));
        let mut decisions = device.zeros::<u32>(500)?;
        tally::launch(device, Launch::cover(500), voters, &device.upload(&votes)?, &mut decisions)?;
        assert_eq!(decisions.download()?, want);
        Ok(())
    }

    #[test]
    fn it_decides_the_same_as_host_code() {
        let votes: Vec<u32> = (0..100 * 7_u32).map(|i| (i * i + i / 7) % 3).collect();
        let mut decisions = vec![0; 100];
        tally::on_host(Launch::cover(100), 7, &votes, &mut decisions);
        assert_eq!(decisions, reference(7, &votes));
    }
}
