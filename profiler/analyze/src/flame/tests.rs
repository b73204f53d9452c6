//! A tiny trace in, a table out; and random traces against brute force.

use proptest::prelude::*;
use rustg_trace::{
    EventKind, Frame, FrameKind, GpuId, KernelConfig, Lost, NONE, NewEvent, SourceFormat, TimeRange, Trace,
    TraceBuilder, TrackKey, TrackKind, Transfer, TransferKind,
};

use super::*;

/// Builds traces of one process whose main thread is 1.
struct Sketch {
    builder: TraceBuilder,
    correlation: u32,
}

impl Sketch {
    fn new() -> Self {
        Sketch { builder: TraceBuilder::new(), correlation: 0 }
    }

    fn host(&mut self, tid: i64, kind: TrackKind, name: &str, start_ns: i64, end_ns: i64) {
        let event = match kind {
            TrackKind::Nvtx => EventKind::Nvtx,
            TrackKind::Python => EventKind::Python,
            TrackKind::Operator => EventKind::Operator,
            TrackKind::Api => EventKind::Api,
            TrackKind::Overhead => EventKind::Overhead,
            _ => EventKind::Other,
        };
        self.push_host(tid, kind, event, name, start_ns..end_ns, NONE, NONE);
    }

    #[allow(clippy::too_many_arguments, reason = "a row of a table")]
    fn push_host(
        &mut self,
        tid: i64,
        track: TrackKind,
        kind: EventKind,
        name: &str,
        time: std::ops::Range<i64>,
        detail: u32,
        link: u32,
    ) {
        let process = self.builder.process(1);
        let thread = self.builder.thread(process, tid);
        let track = self.builder.track(TrackKey::host(track, process, thread));
        let name = self.builder.strings.intern(name);
        let dur_ns = (time.end - time.start) as u64;
        self.builder.push(NewEvent { track, start_ns: time.start, dur_ns, name, kind, detail, link });
    }

    /// A call of thread `tid` at `called_ns` for a nanosecond, and its kernel on a stream.
    fn launch(&mut self, tid: i64, called_ns: i64, stream: (u32, u64), name: &str, start_ns: i64, end_ns: i64) {
        self.launch_with(tid, called_ns, stream, name, start_ns..end_ns, NONE, KernelConfig::default());
    }

    #[allow(clippy::too_many_arguments, reason = "a row of a table")]
    fn launch_with(
        &mut self,
        tid: i64,
        called_ns: i64,
        stream: (u32, u64),
        name: &str,
        time: std::ops::Range<i64>,
        stack: u32,
        config: KernelConfig,
    ) {
        self.correlation += 1;
        let call = called_ns..called_ns + 1;
        self.push_host(tid, TrackKind::Api, EventKind::Api, "cudaLaunchKernel", call, self.correlation, stack);
        let detail = self.builder.kernel_config(config);
        self.push_gpu(stream, EventKind::Kernel, name, time, detail, self.correlation);
    }

    fn push_gpu(
        &mut self,
        (device, stream): (u32, u64),
        kind: EventKind,
        name: &str,
        time: std::ops::Range<i64>,
        detail: u32,
        link: u32,
    ) {
        let gpu = self.builder.gpu(device, "");
        let process = self.builder.process(1);
        let track = self.builder.track(TrackKey::stream(TrackKind::Stream, Some(process), gpu, 1, stream));
        let name = self.builder.strings.intern(name);
        let dur_ns = (time.end - time.start) as u64;
        self.builder.push(NewEvent { track, start_ns: time.start, dur_ns, name, kind, detail, link });
    }

    fn finish(self) -> Trace {
        self.builder.finish("sketch".into(), SourceFormat::Recording)
    }
}

fn folded(trace: &Trace, options: FlameOptions) -> Vec<String> {
    folded_tree(&FlameTree::of(trace, &options))
}

fn folded_tree(tree: &FlameTree) -> Vec<String> {
    let mut bytes = Vec::new();
    emit_folded(tree, &mut bytes).expect("memory takes it");
    String::from_utf8(bytes).expect("names are UTF-8").lines().map(str::to_owned).collect()
}

/// Two streams whose kernels overlap from 40 to 60; the range 0..130 has a wait and ends without work.
fn two_streams() -> Trace {
    let mut sketch = Sketch::new();
    sketch.host(1, TrackKind::Nvtx, "step", 0, 100);
    sketch.host(1, TrackKind::Python, "train.py(3): main", 0, 130);
    sketch.host(1, TrackKind::Operator, "aten::mm", 5, 12);
    sketch.launch(1, 10, (0, 7), "void gemm<4>(int)", 20, 60);
    sketch.launch(1, 15, (0, 8), "copy_kernel", 40, 70);
    sketch.host(1, TrackKind::Api, "cudaStreamSynchronize", 68, 88);
    sketch.launch(1, 90, (0, 7), "void gemm<4>(int)", 95, 100);
    sketch.finish()
}

#[test]
fn gpu_time_stands_under_its_code_and_idle_time_beside_it() {
    let table = folded(&two_streams(), FlameOptions::default());
    let expected = [
        "main thread;train.py(3): main;step;aten::mm;cudaLaunchKernel;stream 7;void gemm<4>(int) 30",
        "main thread;train.py(3): main;step;cudaLaunchKernel;stream 8;copy_kernel 20",
        "main thread;train.py(3): main;step;cudaLaunchKernel;stream 7;void gemm<4>(int) 5",
        "[idle: after the last work] 30",
        "[idle: sync] 25",
        "[idle: before the first work] 20",
    ];
    assert_eq!(table, expected);
}

#[test]
fn overlap_counted_in_full_exceeds_wall_time() {
    let tree = FlameTree::of(&two_streams(), &FlameOptions { overlap: Overlap::Sum, ..FlameOptions::default() });
    assert_eq!(tree.total(), 130 + 20);
    assert_eq!(tree.sum_where(|node| tree.name(node) == "void gemm<4>(int)"), 45);
    assert_eq!(tree.notes.len(), 1);
}

#[test]
fn idle_weight_names_the_code_that_ran_meanwhile() {
    let table = folded(&two_streams(), FlameOptions { weight: Weight::Idle, ..FlameOptions::default() });
    let expected = [
        "[idle: after the last work] 30",
        "main thread;train.py(3): main;step;[idle: before the first work] 12",
        "main thread;train.py(3): main;step;[idle: sync] 6",
        "main thread;train.py(3): main;step;aten::mm;[idle: before the first work] 6",
        "main thread;train.py(3): main;step;aten::mm;cudaLaunchKernel;[idle: before the first work] 1",
        "main thread;train.py(3): main;step;cudaLaunchKernel;[idle: before the first work] 1",
        "main thread;train.py(3): main;step;cudaLaunchKernel;[idle: sync] 1",
        "main thread;train.py(3): main;step;cudaStreamSynchronize;[idle: sync] 18",
    ];
    let mut sorted = table.clone();
    sorted.sort();
    let mut wanted = expected.map(str::to_owned).to_vec();
    wanted.sort();
    // Idle 0..20, 70..95 and 100..130.
    let sum: u64 =
        table.iter().map(|line| line.rsplit(' ').next().expect("a weight").parse::<u64>().expect("a number")).sum();
    assert_eq!(sum, 20 + 25 + 30);
    assert_eq!(sorted, wanted);
}

#[test]
fn launches_and_bytes_are_counted_where_they_were_asked_for() {
    let mut sketch = Sketch::new();
    sketch.launch(1, 0, (0, 7), "k", 5, 9);
    sketch.launch(1, 1, (0, 7), "k", 9, 10);
    sketch.push_host(1, TrackKind::Api, EventKind::Api, "cudaMemcpyAsync_v3020", 2..3, 77, NONE);
    let transfer = Transfer { kind: TransferKind::HostToDevice, size_bytes: 4096, ..Transfer::default() };
    let detail = sketch.builder.transfer(transfer);
    sketch.push_gpu((0, 7), EventKind::Memcpy, "Memcpy HtoD", 20..30, detail, 77);
    let trace = sketch.finish();
    let launches = folded(&trace, FlameOptions { weight: Weight::Launches, ..FlameOptions::default() });
    assert_eq!(
        launches,
        ["main thread;cudaLaunchKernel;stream 7;k 2", "main thread;cudaMemcpyAsync;stream 7;Memcpy HtoD 1"]
    );
    let bytes = folded(&trace, FlameOptions { weight: Weight::Bytes, ..FlameOptions::default() });
    assert_eq!(bytes, ["main thread;cudaMemcpyAsync;stream 7;Memcpy HtoD 4096"]);
    let range = Some(TimeRange { start_ns: 6, end_ns: 15 });
    let late = folded(&trace, FlameOptions { weight: Weight::Launches, range, ..FlameOptions::default() });
    assert_eq!(late, ["main thread;cudaLaunchKernel;stream 7;k 1"]);
}

#[test]
fn recorded_stacks_stand_below_the_ranges_around_the_call() {
    let mut sketch = Sketch::new();
    let mut stack = None;
    for (name, line, kind) in [("main", 3, FrameKind::Python), ("_ZN2at4mmulEv", 0, FrameKind::Native)] {
        let name = sketch.builder.strings.intern(name);
        let file =
            sketch.builder.strings.intern(if kind == FrameKind::Python { "/src/train.py" } else { "libtorch.so" });
        let frame = sketch.builder.stacks.intern_frame(Frame { name, file, line, kind });
        stack = Some(sketch.builder.stacks.push(stack, frame));
    }
    let stack = stack.expect("two frames").0;
    sketch.host(1, TrackKind::Nvtx, "forward", 0, 50);
    let graph = KernelConfig { graph: 3, ..KernelConfig::default() };
    sketch.launch_with(1, 10, (0, 7), "_Z4gemmi", 10..40, stack, graph);
    sketch.launch_with(1, 45, (0, 7), "_Z4gemmi", 45..50, stack, KernelConfig::default());
    let trace = sketch.finish();
    let table = folded(&trace, FlameOptions::default());
    let path = "main thread;forward;main (train.py);at::mmul();cudaLaunchKernel";
    assert_eq!(table[0], format!("{path};graph 3;gemm(int) 30"));
    assert_eq!(table[1], format!("{path};stream 7;gemm(int) 5"));
    let lines = folded(&trace, FlameOptions { lines: true, ..FlameOptions::default() });
    assert!(lines[0].contains(";main (train.py:3);"), "{lines:?}");
    let idle = folded(&trace, FlameOptions { weight: Weight::Idle, ..FlameOptions::default() });
    assert_eq!(idle, [format!("{path};[idle: before the first work] 10"), format!("{path};[idle: host] 5")]);
}

#[test]
fn overhead_and_lost_records_are_told_from_idleness() {
    let mut sketch = Sketch::new();
    sketch.launch(1, 0, (0, 7), "k", 0, 10);
    sketch.host(2, TrackKind::Overhead, "Buffer Flush", 5, 30);
    sketch.push_host(1, TrackKind::Api, EventKind::Api, "cudaLaunchKernel", 52..53, 99, NONE);
    sketch.launch(1, 40, (0, 7), "k", 40, 50);
    sketch.launch(1, 80, (0, 7), "k", 80, 90);
    sketch.builder.lost.push(Lost { what: "kernel records".into(), count: 1 });
    let trace = sketch.finish();
    let table = folded(&trace, FlameOptions::default());
    assert_eq!(table, ["main thread;cudaLaunchKernel;stream 7;k 30", "[lost records] 30", "[profiler overhead] 30",]);
    assert_eq!(FlameTree::of(&trace, &FlameOptions::default()).notes, ["1 kernel records were lost"]);
}

#[test]
fn threads_and_gpus_are_named_so_that_runs_compare() {
    let mut sketch = Sketch::new();
    for (tid, device) in [(1, 0), (41, 1), (42, 1)] {
        sketch.launch(tid, tid, (device, 7), "k", 100 * tid, 100 * tid + 10);
    }
    let process = sketch.builder.process(1);
    let thread = sketch.builder.thread(process, 41);
    sketch.builder.name_thread(thread, "pt_autograd_0");
    let table = folded(&sketch.finish(), FlameOptions::default());
    assert_eq!(
        table[..3],
        [
            "main thread;cudaLaunchKernel;GPU 0 stream 7;k 10",
            "thread 2;cudaLaunchKernel;GPU 1 stream 7;k 10",
            "thread pt_autograd_0;cudaLaunchKernel;GPU 1 stream 7;k 10",
        ]
    );
    assert!(table.iter().any(|line| line.starts_with("[idle: before the first work];GPU\u{a0}1 ")), "{table:?}");
}

#[test]
fn many_numbered_ranges_become_one() {
    let mut sketch = Sketch::new();
    for step in 0..20 {
        sketch.host(1, TrackKind::Nvtx, &format!("step {step}"), step * 10, step * 10 + 10);
        sketch.host(1, TrackKind::Nvtx, &format!("layer {}", step % 2), step * 10 + 1, step * 10 + 9);
        sketch.launch(1, step * 10 + 2, (0, 7), "k", step * 10 + 3, step * 10 + 5);
    }
    let trace = sketch.finish();
    let table = folded(&trace, FlameOptions::default());
    assert_eq!(table[0], "main thread;step *;layer 0;cudaLaunchKernel;stream 7;k 20");
    let apart = folded(&trace, FlameOptions { numbered: true, ..FlameOptions::default() });
    assert!(apart.iter().any(|line| line.starts_with("main thread;step 13;layer 1;")), "{apart:?}");
}

#[test]
fn crossing_slices_give_the_path_that_was_open_at_the_time() {
    let mut sketch = Sketch::new();
    sketch.host(1, TrackKind::Nvtx, "a", 0, 10);
    sketch.host(1, TrackKind::Nvtx, "b", 5, 20);
    sketch.launch(1, 7, (0, 7), "first", 7, 8);
    sketch.launch(1, 12, (0, 7), "second", 12, 13);
    sketch.launch(1, 21, (0, 7), "third", 21, 22);
    let table = folded(&sketch.finish(), FlameOptions::default());
    assert!(table.contains(&"main thread;a;b;cudaLaunchKernel;stream 7;first 1".to_owned()), "{table:?}");
    assert!(table.contains(&"main thread;b;cudaLaunchKernel;stream 7;second 1".to_owned()), "{table:?}");
    assert!(table.contains(&"main thread;cudaLaunchKernel;stream 7;third 1".to_owned()), "{table:?}");
}

#[test]
fn folded_stacks_pass_through() {
    let text = "main;work;inner 5\nmain;idle 2\nmain;work 3\nother 1\n";
    let options = rustg_trace::read::OpenOptions::default();
    let trace = rustg_trace::read::open_bytes(text.as_bytes(), "t", &options).expect("well-formed");
    let mut table = folded(&trace, FlameOptions::default());
    table.sort();
    assert_eq!(table, ["main;idle 2", "main;work 3", "main;work;inner 5", "other 1"]);
}

#[test]
fn bottom_up_starts_at_the_kernel_and_keeps_the_sum() {
    let tree = FlameTree::of(&two_streams(), &FlameOptions::default());
    let reversed = tree.reversed();
    assert_eq!(reversed.total(), tree.total());
    let table = folded_tree(&reversed);
    assert_eq!(table[0], "void gemm<4>(int);stream 7;cudaLaunchKernel;aten::mm;step;train.py(3): main;main thread 30");
    assert!(table.contains(&"[idle: sync] 25".to_owned()), "{table:?}");
    let most = [("void gemm<4>(int)", 35), ("copy_kernel", 20)];
    assert_eq!((tree.heaviest(9), reversed.heaviest(2)), (most.to_vec(), most.to_vec()));
    assert_eq!(reversed.nodes()[1].total, 35);
}

#[test]
fn one_branch_alone_keeps_its_path_and_weight() {
    let tree = FlameTree::of(&two_streams(), &FlameOptions::default());
    let node = (0..tree.nodes().len() as u32).find(|&node| tree.name(node) == "aten::mm").expect("an operator");
    let alone = tree.focused(node);
    assert_eq!(alone.total(), 30);
    assert_eq!(alone.root_label, "aten::mm of 130 ns × 1 GPU");
    let path = "main thread;train.py(3): main;step;aten::mm;cudaLaunchKernel;stream 7;void gemm<4>(int)";
    assert_eq!(folded_tree(&alone), [format!("{path} 30")]);
    assert_eq!(folded_tree(&tree.focused(0)), folded_tree(&tree));
    let idle = tree.children(0).find(|&node| tree.name(node) == "[idle: sync]").expect("idle time");
    assert!(tree.explanation(idle).expect("a sentence").contains("waited for the GPU"));
    assert_eq!(tree.explanation(node), None);
}

#[test]
fn without_idle_time_the_whole_is_the_busy_time() {
    let tree = FlameTree::of(&two_streams(), &FlameOptions::default()).without_idle();
    assert_eq!((tree.total(), tree.root_label.as_str()), (55, "55 ns busy of 130 ns × 1 GPU"));
    assert!(tree.nodes().iter().all(|node| !node.kind.is_idle()));
}

#[test]
fn comparison_has_both_weights_of_each_stack() {
    let mut sketch = Sketch::new();
    sketch.launch(1, 0, (0, 7), "a", 0, 30);
    sketch.launch(1, 2, (0, 7), "only after", 30, 40);
    let after = FlameTree::of(&sketch.finish(), &FlameOptions::default());
    let mut sketch = Sketch::new();
    sketch.launch(1, 0, (0, 7), "a", 0, 10);
    sketch.launch(1, 2, (0, 7), "only before", 10, 15);
    let before = FlameTree::of(&sketch.finish(), &FlameOptions::default());
    let both = after.compare(&before);
    assert_eq!((both.total(), both.nodes()[0].before), (40, 15));
    let mut bytes = Vec::new();
    emit_folded_difference(&both, &mut bytes).expect("memory takes it");
    let path = "main thread;cudaLaunchKernel;stream 7";
    let expected = format!("{path};a 10 30\n{path};only after 0 10\n{path};only before 5 0\n");
    assert_eq!(String::from_utf8(bytes).expect("UTF-8"), expected);
}

#[test]
fn the_svg_shows_the_whole_and_every_frame() {
    let tree = FlameTree::of(&two_streams(), &FlameOptions::default());
    let mut bytes = Vec::new();
    emit_svg(&tree, &SvgOptions { width: Some(1200), root_at_bottom: false }, &mut bytes).expect("memory takes it");
    let svg = String::from_utf8(bytes).expect("UTF-8");
    assert!(svg.contains("<title>130 ns × 1 GPU (130 ns, 100%)</title>"), "the root's label");
    assert!(svg.contains("total_samples=\"130\""), "the root's weight");
    assert!(svg.contains("<title>gemm&lt;4&gt; — void gemm&lt;4&gt;(int) (30 ns, 23.08%)</title>"), "a kernel");
    for (node, frame) in tree.nodes().iter().enumerate().skip(1) {
        let name = tree.name(node as u32).replace('<', "&lt;").replace('>', "&gt;");
        assert!(svg.contains(&format!("{name} ({} ns, ", frame.total)), "{name}");
    }
    let empty = FlameTree::of(&two_streams(), &FlameOptions { weight: Weight::Bytes, ..FlameOptions::default() });
    let error = emit_svg(&empty, &SvgOptions::default(), &mut Vec::new()).expect_err("nothing to draw");
    assert!(error.to_string().contains("no copies or fills"), "{error}");
}

#[test]
fn speedscope_profiles_sum_to_their_trees() {
    let trace = two_streams();
    let tree = FlameTree::of(&trace, &FlameOptions { gpu: Some(GpuId(0)), ..FlameOptions::default() });
    let mut bytes = Vec::new();
    emit_speedscope("sketch", &[("GPU 0".to_owned(), &tree)], &mut bytes).expect("memory takes it");
    let file: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(file["$schema"], "https://www.speedscope.app/file-format-schema.json");
    let profile = &file["profiles"][0];
    assert_eq!((&profile["type"], &profile["unit"]), (&"sampled".into(), &"nanoseconds".into()));
    let weights: u64 = profile["weights"].as_array().expect("weights").iter().filter_map(|w| w.as_u64()).sum();
    assert_eq!((weights, profile["endValue"].as_u64()), (130, Some(130)));
    let frames = file["shared"]["frames"].as_array().expect("frames").len() as u64;
    let samples = profile["samples"].as_array().expect("samples");
    assert_eq!(samples.len(), profile["weights"].as_array().expect("weights").len());
    let ids = samples.iter().flat_map(|stack| stack.as_array().expect("a stack")).map(|id| id.as_u64().expect("an id"));
    assert!(ids.max().expect("a frame") < frames);
}

#[test]
fn deep_stacks_are_cut_and_keep_their_kernels() {
    let mut sketch = Sketch::new();
    for depth in 0..5_000 {
        sketch.host(1, TrackKind::Python, "recurse", depth, 20_000 - depth);
    }
    sketch.launch(1, 6_000, (0, 7), "k", 6_000, 6_010);
    let table = folded(&sketch.finish(), FlameOptions::default());
    assert!(table.iter().any(|line| line.ends_with(";[deeper frames];stream 7;k 10")), "{}", table[0]);
    assert!(table.iter().all(|line| line.split(';').count() < 520));
}

/// Kernels of a random trace: (gpu, stream, start, duration).
fn kernels() -> impl Strategy<Value = Vec<(u32, u64, i64, i64)>> {
    prop::collection::vec((0..2u32, 0..4u64, 0..120i64, 0..40i64), 1..40)
}

fn trace_of(kernels: &[(u32, u64, i64, i64)]) -> Trace {
    let mut sketch = Sketch::new();
    for (index, &(device, stream, start_ns, dur_ns)) in kernels.iter().enumerate() {
        sketch.launch(1, start_ns, (device, stream), &format!("k{index}"), start_ns, start_ns + dur_ns);
    }
    sketch.finish()
}

/// The name of a slice of a random trace.
fn name_of(slice: usize) -> String {
    format!("slice {slice}")
}

fn name_index(name: &str) -> usize {
    name.trim_start_matches("slice ").parse().expect("a number")
}

/// The same cases on every run and machine; `RUSTG_TEST_FULL=1` takes others each time, and more.
fn cases(count: u32) -> ProptestConfig {
    let full = std::env::var_os("RUSTG_TEST_FULL").is_some();
    let rng_seed = if full { proptest::test_runner::RngSeed::Random } else { proptest::test_runner::RngSeed::Fixed(1) };
    ProptestConfig {
        cases: if full { 20 * count } else { count },
        failure_persistence: None,
        rng_seed,
        ..Default::default()
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn the_whole_is_wall_time_times_gpus(kernels in kernels(), cut in prop::option::of((0..100i64, 1..60i64))) {
        let trace = trace_of(&kernels);
        let range = cut.map(|(start_ns, dur_ns)| TimeRange { start_ns, end_ns: start_ns + dur_ns });
        let wall_ns = range.map_or(trace.span, |range| range.intersect(trace.span)).dur_ns();
        let tree = FlameTree::of(&trace, &FlameOptions { range, ..FlameOptions::default() });
        prop_assert_eq!(tree.total(), wall_ns * trace.gpus_with_work() as u64);
        prop_assert_eq!(tree.reversed().total(), tree.total());
        let idle = FlameTree::of(&trace, &FlameOptions { range, weight: Weight::Idle, ..FlameOptions::default() });
        prop_assert_eq!(idle.total(), tree.sum_where(|node| tree.nodes()[node as usize].kind.is_idle()));
        let parents_hold = tree.nodes().iter().enumerate().all(|(index, node)| {
            node.total == node.own + tree.children(index as u32).map(|child| tree.nodes()[child as usize].total).sum::<u64>()
        });
        prop_assert!(parents_hold);
    }

    #[test]
    fn a_launch_stands_under_the_slices_open_at_its_time(
        slices in prop::collection::vec((0..60i64, 0..40i64), 0..25),
        launches in prop::collection::vec(0..100i64, 1..8),
    ) {
        let mut sketch = Sketch::new();
        for (index, &(start_ns, dur_ns)) in slices.iter().enumerate() {
            sketch.host(1, TrackKind::Nvtx, &name_of(index), start_ns, start_ns + dur_ns);
        }
        for (index, &at_ns) in launches.iter().enumerate() {
            // On their own thread-wide API track, a nanosecond each; equal times would nest.
            sketch.launch(1, at_ns * 2 + 1_000 * i64::from(index > 0 && launches[..index].contains(&at_ns)), (0, 7), &format!("k{index}"), at_ns, at_ns + 1);
        }
        let trace = sketch.finish();
        let options = FlameOptions { weight: Weight::Launches, numbered: true, ..FlameOptions::default() };
        let tree = FlameTree::of(&trace, &options);
        prop_assert_eq!(tree.total(), launches.len() as u64);
        for (index, &at_ns) in launches.iter().enumerate() {
            if launches[..index].contains(&at_ns) {
                continue;
            }
            let called_ns = at_ns * 2;
            let kernel = format!("k{index}");
            let node = (0..tree.nodes().len() as u32).find(|&node| tree.name(node) == kernel).expect("a kernel");
            let path: Vec<String> = tree.path(node).into_iter().map(|node| tree.name(node).to_owned()).collect();
            let mut open: Vec<usize> = (0..slices.len())
                .filter(|&slice| slices[slice].0 <= called_ns && called_ns < slices[slice].0 + slices[slice].1)
                .collect();
            open.sort_by_key(|&slice| (slices[slice].0, std::cmp::Reverse(slices[slice].1)));
            let shown: Vec<&String> = path.iter().filter(|name| name.starts_with("slice ")).collect();
            prop_assert_eq!(shown.len(), open.len(), "{:?}", path);
            let times = |name: &str| slices[name_index(name)];
            prop_assert!(shown.is_sorted_by_key(|name| (times(name).0, std::cmp::Reverse(times(name).1))), "{:?}", path);
            prop_assert!(open.iter().all(|&slice| shown.contains(&&name_of(slice))), "{:?}", path);
        }
    }

    #[test]
    fn k_kernels_at_once_get_a_kth_each(kernels in kernels()) {
        let trace = trace_of(&kernels);
        let tree = FlameTree::of(&trace, &FlameOptions::default());
        // Parts of a nanosecond that every k up to 40 divides would be huge; floating point is near enough for one.
        let mut shares = vec![0f64; kernels.len()];
        for at_ns in 0..200 {
            for device in 0..2 {
                let running: Vec<usize> = (0..kernels.len())
                    .filter(|&index| {
                        let (gpu, _, start_ns, dur_ns) = kernels[index];
                        gpu == device && start_ns <= at_ns && at_ns < start_ns + dur_ns
                    })
                    .collect();
                for &index in &running {
                    shares[index] += 1.0 / running.len() as f64;
                }
            }
        }
        for (index, share) in shares.iter().enumerate() {
            let name = format!("k{index}");
            let shown = tree.sum_where(|node| tree.name(node) == name) as f64;
            prop_assert!((shown - share).abs() < 1.0 + 1e-9, "{} has {} of {}", name, shown, share);
            if share.fract() == 0.0 && (share - shown).abs() > 1e-9 {
                // A whole share may only move where rounding of sums made it look whole.
                prop_assert!(kernels.iter().filter(|other| other.0 == kernels[index].0).count() > 1);
            }
        }
        let sum = FlameTree::of(&trace, &FlameOptions { overlap: Overlap::Sum, ..FlameOptions::default() });
        for (index, &(_, _, _, dur_ns)) in kernels.iter().enumerate() {
            let name = format!("k{index}");
            prop_assert_eq!(sum.sum_where(|node| sum.name(node) == name), dur_ns as u64);
        }
    }
}
