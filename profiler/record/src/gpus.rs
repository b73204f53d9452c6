//! Telemetry of the GPUs that the program uses, into the recording.
//!
//! NVML is opened on a thread of its own, as it takes its time and the program need not wait. Samples are kept only while a
//! process is being recorded, so that they never make the recording's time longer than what was recorded.

use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use rustc_hash::FxHashMap;
use rustg_trace::recording::{RecordingWriter, WriteError};

use crate::telemetry::{GpuInfo, Metric, Rates, Sample, Sampling, Telemetry, Unavailable, monotonic_ns};

/// Sampling beside a recording.
pub(crate) struct GpuWatch {
    opening: Option<JoinHandle<Result<Open, Unavailable>>>,
    open: Option<Open>,
    unavailable: Option<Unavailable>,
    series: FxHashMap<(usize, Metric), u32>,
    start_realtime_ns: u64,
}

/// NVML's GPUs, and the threads that sample them.
type Open = (Vec<GpuInfo>, Sampling);

impl GpuWatch {
    /// Begins to open NVML; times are counted from `start_realtime_ns`.
    pub fn start(start_realtime_ns: u64) -> GpuWatch {
        let open = || {
            let telemetry = Telemetry::open()?;
            let sampling = telemetry.start(Rates::default());
            Ok((telemetry.gpus().to_vec(), sampling))
        };
        GpuWatch {
            opening: std::thread::Builder::new().name("rustg-telemetry".to_owned()).spawn(open).ok(),
            open: None,
            unavailable: None,
            series: FxHashMap::default(),
            start_realtime_ns,
        }
    }

    /// Writes what has come since the last call; without `recording`, or for GPUs that the recording does not know, it is
    /// thrown away.
    pub fn drain(&mut self, recording: bool, writer: &mut RecordingWriter) -> Result<(), WriteError> {
        if self.opening.as_ref().is_some_and(JoinHandle::is_finished) {
            match self.opening.take().map(JoinHandle::join) {
                Some(Ok(Ok(open))) => self.open = Some(open),
                Some(Ok(Err(unavailable))) => self.unavailable = Some(unavailable),
                Some(Err(_)) | None => {}
            }
        }
        let Some((gpus, sampling)) = &self.open else { return Ok(()) };
        let since_start_ns = since_start_of_monotonic(self.start_realtime_ns);
        for sample in sampling.drain().filter(|_| recording) {
            let Some(gpu) = gpus.get(sample.gpu).and_then(|gpu| writer.gpu_with_uuid(&gpu.uuid)) else { continue };
            let series = *(self.series.entry((sample.gpu, sample.metric)))
                .or_insert_with(|| writer.series(sample.metric.name(), sample.metric.unit(), Some(gpu)));
            writer.sample(series, sample.monotonic_ns + since_start_ns, kept_digits(&sample))?;
        }
        Ok(())
    }

    /// Why there was no telemetry, if there was none.
    pub fn unavailable(&self) -> Option<String> {
        self.unavailable.as_ref().map(|why| format!("no telemetry: {why}"))
    }
}

/// What to add to `CLOCK_MONOTONIC` for the recording's time.
fn since_start_of_monotonic(start_realtime_ns: u64) -> i64 {
    let realtime_ns = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as i64);
    realtime_ns - monotonic_ns() - start_realtime_ns as i64
}

/// The digits that mean something; the rest would only take room on the disk.
fn kept_digits(sample: &Sample) -> f64 {
    match sample.metric.unit() {
        "%" | "W" => (sample.value * 10.0).round() / 10.0,
        _ => sample.value.round(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_now_are_as_old_as_the_recording() {
        let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 - 5_000_000_000;
        let time = monotonic_ns() + since_start_of_monotonic(start);
        // The two clocks are read one after the other, so that the age may come out a little short as well as long.
        assert!((time - 5_000_000_000).abs() < 1_000_000_000, "{time}");
    }

    #[test]
    fn shares_keep_a_tenth_and_rates_whole_bytes() {
        let sample = |metric, value| Sample { monotonic_ns: 0, gpu: 0, metric, value };
        assert_eq!(kept_digits(&sample(Metric::SmActive, 71.2345)), 71.2);
        assert_eq!(kept_digits(&sample(Metric::PcieSent, 123.7)), 124.0);
    }
}
