//! The sampling threads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::nvml::{Counters, Library, Readings};
use super::pace::Pace;
use super::{Metric, Sample, clock_ns, monotonic_ns};

/// How often to sample, and at what price.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rates {
    /// Time between two readings of the hardware counters.
    pub counters: Duration,
    /// Time between two readings of power, clocks, temperature and memory.
    pub readings: Duration,
    /// The most that both threads together may take of one core; the rates give way.
    pub cpu_share: f64,
}

impl Default for Rates {
    /// 25 times a second and once a second, for at most 2 % of a core.
    fn default() -> Self {
        Rates { counters: Duration::from_millis(40), readings: Duration::from_secs(1), cpu_share: 0.02 }
    }
}

/// Samples that may wait to be taken; further ones are dropped and counted.
const WAITING_MAX: usize = 1 << 16;

/// Running threads; dropping it ends them.
pub struct Sampling {
    shared: Arc<Shared>,
    samples: Receiver<Sample>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stopped: Mutex<bool>,
    changed: Condvar,
    cpu_ns: AtomicU64,
    dropped: AtomicU64,
}

impl Sampling {
    /// The samples that have come since the last call.
    pub fn drain(&self) -> impl Iterator<Item = Sample> + '_ {
        self.samples.try_iter()
    }

    /// Waits for the next sample; `None` after `timeout`.
    pub fn wait(&self, timeout: Duration) -> Option<Sample> {
        self.samples.recv_timeout(timeout).ok()
    }

    /// Processor time that the threads have taken so far.
    pub fn cpu(&self) -> Duration {
        Duration::from_nanos(self.shared.cpu_ns.load(Ordering::Relaxed))
    }

    /// Samples that nobody took in time.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for Sampling {
    fn drop(&mut self) {
        *self.shared.stopped.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Starts the threads over the first `gpus` GPUs.
pub(super) fn start(library: Library, gpus: usize, rates: Rates) -> Sampling {
    let (sender, samples) = sync_channel(WAITING_MAX);
    let shared = Arc::new(Shared::default());
    let mut threads = Vec::new();
    let mut spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
        // Without threads to be had there is no telemetry, which is no reason to fail.
        threads.extend(std::thread::Builder::new().name(name.to_owned()).spawn(work));
    };

    let (to, with) = (sender.clone(), shared.clone());
    spawn(
        "rustg-counters",
        Box::new(move || {
            let mut all: Vec<Option<Counters>> =
                library.devices().into_iter().take(gpus).map(|device| Counters::of(library, device)).collect();
            if all.iter().any(Option::is_some) {
                rounds(&with, Pace::new(rates.counters, rates.cpu_share * 0.6), || {
                    for (gpu, counters) in all.iter_mut().enumerate() {
                        let lost = counters.as_mut().is_some_and(|counters| {
                            let mut values = Vec::with_capacity(12);
                            let answered = counters.read(|metric, value| values.push((metric, value)));
                            send_all(&with, &to, gpu, &values);
                            !answered
                        });
                        if lost {
                            *counters = None;
                        }
                    }
                });
            }
        }),
    );
    let (to, with) = (sender, shared.clone());
    spawn(
        "rustg-readings",
        Box::new(move || {
            let mut all: Vec<Readings> = library.devices().into_iter().take(gpus).map(Readings::of).collect();
            rounds(&with, Pace::new(rates.readings, rates.cpu_share * 0.4), || {
                for (gpu, readings) in all.iter_mut().enumerate() {
                    let mut values = Vec::with_capacity(8);
                    readings.read(|metric, value| values.push((metric, value)));
                    send_all(&with, &to, gpu, &values);
                }
            });
        }),
    );
    Sampling { shared, samples, threads }
}

/// Gives the values of one reading the time at its end.
fn send_all(shared: &Shared, to: &SyncSender<Sample>, gpu: usize, values: &[(Metric, f64)]) {
    let monotonic_ns = monotonic_ns();
    for &(metric, value) in values {
        if let Err(TrySendError::Full(_)) = to.try_send(Sample { monotonic_ns, gpu, metric, value }) {
            shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Works at the given pace until told to stop.
fn rounds(shared: &Shared, mut pace: Pace, mut work: impl FnMut()) {
    let mut stopped = shared.stopped.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    while !*stopped {
        drop(stopped);
        let (start, cpu) = (Instant::now(), clock_ns(libc::CLOCK_THREAD_CPUTIME_ID));
        work();
        let cpu = Duration::from_nanos((clock_ns(libc::CLOCK_THREAD_CPUTIME_ID) - cpu).max(0) as u64);
        shared.cpu_ns.fetch_add(cpu.as_nanos() as u64, Ordering::Relaxed);
        let until = start + pace.next(cpu);
        stopped = shared.stopped.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while !*stopped {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            stopped = shared.changed.wait_timeout(stopped, left).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_end_when_told_and_count_their_cost() {
        let shared = Arc::new(Shared::default());
        let count = Arc::new(AtomicU64::new(0));
        let thread = {
            let (shared, count) = (shared.clone(), count.clone());
            std::thread::spawn(move || {
                let pace = Pace::new(Duration::from_millis(2), 1.0);
                rounds(&shared, pace, || {
                    // The clock of a thread may tick as rarely as the scheduler does.
                    let before = clock_ns(libc::CLOCK_THREAD_CPUTIME_ID);
                    while clock_ns(libc::CLOCK_THREAD_CPUTIME_ID) == before {
                        std::hint::spin_loop();
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                });
            })
        };
        while count.load(Ordering::Relaxed) < 5 {
            std::thread::yield_now();
        }
        *shared.stopped.lock().unwrap() = true;
        shared.changed.notify_all();
        thread.join().unwrap();
        assert!(shared.cpu_ns.load(Ordering::Relaxed) > 0);
    }

    #[test]
    fn samples_beyond_the_bound_are_dropped_and_counted() {
        let (sender, receiver) = sync_channel(3);
        let shared = Shared::default();
        send_all(&shared, &sender, 1, &[(Metric::Power, 100.0); 5]);
        assert_eq!(receiver.try_iter().filter(|sample| sample.gpu == 1 && sample.value == 100.0).count(), 3);
        assert_eq!(shared.dropped.load(Ordering::Relaxed), 2);
    }
}
