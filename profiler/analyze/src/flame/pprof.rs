//! pprof's profile, gzipped: for `go tool pprof`, Grafana, Parca and speedscope.
//!
//! Source of the message's names and field numbers: `profile.proto` of github.com/google/pprof, written by hand so that no
//! compiler of protobuf is needed.

use std::collections::HashMap;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;

use super::FlameTree;

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(int64, tag = "9")]
    time_nanos: i64,
    #[prost(int64, tag = "10")]
    duration_nanos: i64,
    #[prost(message, optional, tag = "11")]
    period_type: Option<ValueType>,
    #[prost(int64, tag = "12")]
    period: i64,
    #[prost(int64, repeated, tag = "13")]
    comment: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    r#type: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    /// Innermost first.
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
}

/// Writes the tree as a profile with one kind of sample, the tree's weight. `start_ns` is the wall-clock time at which the
/// trace starts, in nanoseconds since 1970, where it is known; `dur_ns` how long it is.
///
/// # Errors
/// Those of `writer`.
pub fn emit_pprof(tree: &FlameTree, start_ns: Option<i64>, dur_ns: u64, writer: &mut impl Write) -> io::Result<()> {
    let mut builder = Builder::default();
    builder.text("");
    let value_type = ValueType {
        r#type: builder.text(&format!("gpu_{}", tree.weight.name())),
        unit: builder.text(if tree.weight.unit() == "ns" { "nanoseconds" } else { tree.weight.unit() }),
    };
    let mut path: Vec<u64> = Vec::new();
    for index in 1..tree.nodes().len() as u32 {
        let node = &tree.nodes()[index as usize];
        path.truncate(node.depth as usize - 1);
        path.push(builder.location(tree.name(index)));
        if node.own > 0 {
            let location_id = path.iter().rev().copied().collect();
            builder.profile.sample.push(Sample { location_id, value: vec![node.own.min(i64::MAX as u64) as i64] });
        }
    }
    let comment = std::iter::once(&tree.root_label).chain(&tree.notes).map(|text| builder.text(text)).collect();
    let profile = Profile {
        sample_type: vec![value_type.clone()],
        period_type: Some(value_type),
        period: 1,
        time_nanos: start_ns.unwrap_or(0),
        duration_nanos: dur_ns.min(i64::MAX as u64) as i64,
        comment,
        ..builder.profile
    };
    let mut packed = GzEncoder::new(writer, Compression::default());
    packed.write_all(&profile.encode_to_vec())?;
    packed.finish()?.flush()
}

/// Tables of texts and of functions; a location is a function, with the same id.
#[derive(Default)]
struct Builder {
    profile: Profile,
    texts: HashMap<String, i64>,
    functions: HashMap<i64, u64>,
}

impl Builder {
    fn text(&mut self, text: &str) -> i64 {
        if let Some(&index) = self.texts.get(text) {
            return index;
        }
        let index = self.profile.string_table.len() as i64;
        self.profile.string_table.push(text.to_owned());
        self.texts.insert(text.to_owned(), index);
        index
    }

    fn location(&mut self, name: &str) -> u64 {
        let name = self.text(name);
        let profile = &mut self.profile;
        *self.functions.entry(name).or_insert_with(|| {
            let id = profile.function.len() as u64 + 1;
            profile.function.push(Function { id, name });
            profile.location.push(Location { id, line: vec![Line { function_id: id }] });
            id
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use rustg_trace::recording::{Synthetic, import, write_synthetic};

    use super::*;
    use crate::flame::FlameOptions;

    #[test]
    fn a_profiles_samples_sum_to_the_tree_and_resolve_to_its_names() {
        let dir = tempfile::tempdir().unwrap();
        let what = Synthetic { events: 3_000, gpus: 1, streams: 2, threads: 1 };
        let path = write_synthetic(&dir.path().join("synthetic.rgt"), what).unwrap();
        let trace = import(&path, "synthetic", &Default::default()).unwrap();
        let tree = FlameTree::of(&trace, &FlameOptions::default());
        let mut bytes = Vec::new();
        emit_pprof(&tree, trace.epoch_offset_ns, trace.span.dur_ns(), &mut bytes).unwrap();

        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
        let profile = Profile::decode(&plain[..]).unwrap();
        assert_eq!(profile.string_table[0], "");
        assert_eq!(profile.sample.iter().map(|sample| sample.value[0] as u64).sum::<u64>(), tree.total());
        let name = |location: u64| {
            let location = profile.location.iter().find(|known| known.id == location).unwrap();
            let function = profile.function.iter().find(|known| known.id == location.line[0].function_id).unwrap();
            profile.string_table[function.name as usize].as_str()
        };
        let stacks: Vec<Vec<&str>> =
            profile.sample.iter().map(|sample| sample.location_id.iter().map(|&id| name(id)).collect()).collect();
        let gemm = stacks.iter().find(|stack| stack[0].contains("gemm")).expect("kernels are innermost");
        assert!(gemm.contains(&"train_step") || gemm.iter().any(|frame| frame.contains("train_step")), "{gemm:?}");
        assert_eq!(profile.string_table[profile.sample_type[0].unit as usize], "nanoseconds");
    }
}
