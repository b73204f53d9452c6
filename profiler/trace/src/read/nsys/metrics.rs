//! Sampled GPU metrics, as counters.

use rustc_hash::FxHashMap;

use super::Importer;
use crate::Counter;
use crate::read::ReadError;

impl Importer {
    /// `GPU_METRICS` has a row for each sample of each metric; the type id's low byte is the GPU.
    pub(super) fn read_metrics(&mut self) -> Result<(), ReadError> {
        let mut names: FxHashMap<(i64, i64), String> = FxHashMap::default();
        let columns = ["typeId", "metricId", "metricName"];
        self.database.each("TARGET_INFO_GPU_METRICS", &columns, |row| {
            if let (Some(type_id), Some(metric), Some(name)) = (row.integer(0), row.integer(1), row.text(2)) {
                names.insert((type_id, metric), name.into_owned());
            }
            Ok(())
        })?;
        let mut series: FxHashMap<(i64, i64), usize> = FxHashMap::default();
        let (builder, gpus) = (&mut self.builder, &self.gpus);
        self.database.each("GPU_METRICS", &["timestamp", "typeId", "metricId", "value"], |row| {
            let (Some(ts_ns), Some(value)) = (row.integer(0), row.real(3)) else { return Ok(()) };
            let key = (row.integer(1).unwrap_or(0), row.integer(2).unwrap_or(0));
            let index = *series.entry(key).or_insert_with(|| {
                let name = names.get(&key).cloned().unwrap_or_else(|| format!("metric {}", key.1));
                let (name, unit) = split_unit(&name);
                let (name, unit) = (name.to_owned(), unit.to_owned());
                let gpu = gpus.get(&(key.0 & 0xFF)).copied();
                builder.counters.push(Counter { name, unit, gpu, ts_ns: Vec::new(), values: Vec::new() });
                builder.counters.len() - 1
            });
            builder.cover(ts_ns, ts_ns);
            builder.counters[index].ts_ns.push(ts_ns);
            builder.counters[index].values.push(value);
            Ok(())
        })
    }
}

/// `SM Active [Throughput %]` is a name and a unit.
fn split_unit(name: &str) -> (&str, &str) {
    match name.trim_end().strip_suffix(']').and_then(|name| name.rsplit_once('[')) {
        Some((name, unit)) if unit.ends_with('%') => (name.trim_end(), "%"),
        Some((name, unit)) => (name.trim_end(), unit),
        None => (name, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::split_unit;

    #[test]
    fn units_are_taken_from_the_brackets() {
        assert_eq!(split_unit("SM Active [Throughput %]"), ("SM Active", "%"));
        assert_eq!(split_unit("GPC Clock Frequency [MHz]"), ("GPC Clock Frequency", "MHz"));
        assert_eq!(split_unit("Warps"), ("Warps", ""));
    }
}
