//! Many schedules of one launch, several at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rustg_simulator::device::LaunchShape;
use rustg_simulator::progress::Progress;

use super::kernel::Chosen;
use super::plan::Plan;
use super::run::{self, Outcome};
use crate::failure::Failure;

/// What the seeds came to.
pub struct Explored {
    /// Seeds that ran to the end and count: all up to the first with a finding, or all.
    pub count: u64,
    /// Seeds that showed something, of those.
    pub failing: Vec<u64>,
    /// The outcomes to tell, by seed: the first failing one; with `keep_going` all that showed something new; without a failure the first seed's.
    pub outcomes: Vec<Outcome>,
}

/// Memory that a seed should have at least while others run: fewer run at once where the limit does not allow it.
const MEMORY_A_SEED: u64 = 1 << 30;

/// Runs seeds on all cores, one seed a core. Without `keep_going`, seeds behind the lowest failing one are not counted even if they ran, so that the answer
/// does not depend on the number of cores. `progress` is called with the number of seeds done.
pub fn explore(
    plan: &Plan,
    chosen: &Chosen,
    shape: &LaunchShape,
    keep_going: bool,
    cores: usize,
    stop: &Arc<Progress>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Explored, Failure> {
    let next = AtomicU64::new(0);
    let lowest_failing = AtomicU64::new(u64::MAX);
    let done = AtomicU64::new(0);
    let kept: Mutex<Vec<Outcome>> = Mutex::default();
    let failing: Mutex<Vec<u64>> = Mutex::default();
    let failure: Mutex<Option<Failure>> = Mutex::default();
    // Each seed that runs has a device of its own, and all of them together stay within the limit.
    let workers = cores.min(plan.seeds as usize).min((plan.memory_bytes / MEMORY_A_SEED) as usize).max(1);
    let memory_bytes = plan.memory_bytes / workers as u64;
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let beyond = !keep_going && index > lowest_failing.load(Ordering::Relaxed);
            if index >= plan.seeds || beyond || stop.is_stopped() || lock(&failure).is_some() {
                return;
            }
            match run::run(plan, chosen, shape, plan.seed.wrapping_add(index), (1, memory_bytes), stop) {
                Err(error) => *lock(&failure) = Some(error),
                Ok(outcome) => {
                    let fine = outcome.is_fine();
                    if !fine {
                        lowest_failing.fetch_min(index, Ordering::Relaxed);
                        lock(&failing).push(index);
                    }
                    if !fine || index == 0 {
                        lock(&kept).push(outcome);
                    }
                }
            }
            if !stop.is_stopped() {
                progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            }
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        work();
        for other in others {
            other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    if let Some(failure) = lock(&failure).take() {
        return Err(failure);
    }
    let lowest = lowest_failing.load(Ordering::Relaxed);
    let mut failing = std::mem::take(&mut *lock(&failing));
    failing.retain(|index| keep_going || *index == lowest);
    failing.sort_unstable();
    let mut outcomes = std::mem::take(&mut *lock(&kept));
    outcomes.sort_by_key(|outcome| outcome.seed.wrapping_sub(plan.seed));
    if let Some(&first) = failing.first() {
        let first = plan.seed.wrapping_add(first);
        outcomes.retain(|outcome| !outcome.is_fine() && (keep_going || outcome.seed == first));
        drop_known(&mut outcomes);
    }
    let count = match () {
        () if stop.is_stopped() => done.load(Ordering::Relaxed),
        () if keep_going || lowest == u64::MAX => plan.seeds,
        () => lowest + 1,
    };
    Ok(Explored { count, failing: failing.iter().map(|index| plan.seed.wrapping_add(*index)).collect(), outcomes })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics while it holds this lock")
}

/// Takes findings away that an earlier seed showed at the same instructions, and outcomes that have nothing left to tell.
fn drop_known(outcomes: &mut Vec<Outcome>) {
    let mut known: Vec<(&'static str, Vec<u32>)> = Vec::new();
    let mut is_first = true;
    outcomes.retain_mut(|outcome| {
        let unmet = outcome.comparisons.iter().any(|(_, _, comparison)| !comparison.holds());
        outcome.findings.findings.retain(|finding| {
            let mut places: Vec<u32> = finding.spots.iter().map(|spot| spot.place.pc).collect();
            places.sort_unstable();
            let key = (finding.rule.code, places);
            let is_new = !known.contains(&key);
            if is_new {
                known.push(key);
            }
            is_new
        });
        let keep = !outcome.findings.findings.is_empty() || unmet && is_first;
        is_first = false;
        keep
    });
}
