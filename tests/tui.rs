//! Screens: (trace, keys) → screen as text, at the design sizes, in every palette; scripts over the binary; messages replayed.

use ratatui::buffer::Buffer;
use ratatui::style::Color;
use rustg_trace::{
    Counter, EventKind, Gpu, KernelConfig, NONE, NewEvent, SourceFormat, TimeRange, Trace, TraceBuilder, TrackKey,
    TrackKind, Transfer, TransferKind,
};
use rustg_tui::headless::{Headless, to_text};
use rustg_tui::{Background, Colours, Goto, Loaded, Msg, Options, ScreenId, Source, Theme};

use crate::golden;

/// Three steps of a launch-bound program on one GPU: NVTX, Python, operators, calls, two streams, a copy, telemetry.
fn small_trace() -> Trace {
    let mut builder = TraceBuilder::new();
    let process = builder.process(4127);
    let thread = builder.thread(process, 4127);
    let gpu = builder.gpu(0, "GPU-0");
    builder.gpus[0] = Gpu {
        device: 0,
        uuid: "GPU-0".into(),
        name: "NVIDIA H200".into(),
        compute_capability: (9, 0),
        sm_count: 132,
        ..Gpu::default()
    };
    let host = |builder: &mut TraceBuilder, kind| builder.track(TrackKey::host(kind, process, thread));
    let (nvtx, api) = (host(&mut builder, TrackKind::Nvtx), host(&mut builder, TrackKind::Api));
    let operators = host(&mut builder, TrackKind::Operator);
    let mut stream = |number| builder.track(TrackKey::stream(TrackKind::Stream, Some(process), gpu, 1, number));
    let (compute, copies) = (stream(7), stream(20));
    let kernel = builder.kernel_config(KernelConfig {
        grid: [132, 1, 1],
        block: [384, 1, 1],
        registers: 168,
        shared_dynamic_bytes: 200 << 10,
        ..KernelConfig::default()
    });
    let transfer =
        builder.transfer(Transfer { kind: TransferKind::HostToDevice, size_bytes: 4 << 20, ..Transfer::default() });
    let mut correlation = 100;
    let mut push = |track, start_us: i64, dur_us: u64, name: &str, kind, detail, link| {
        let name = builder.strings.intern(name);
        let (start_ns, dur_ns) = (5_000_000 + start_us * 1000, dur_us * 1000);
        builder.push(NewEvent { track, start_ns, dur_ns, name, kind, detail, link });
    };
    for step in 0..3i64 {
        let at = step * 1000;
        push(nvtx, at, 980, &format!("step {step}"), EventKind::Nvtx, NONE, NONE);
        push(nvtx, at + 10, 400, "forward", EventKind::Nvtx, NONE, NONE);
        push(nvtx, at + 450, 500, "backward", EventKind::Nvtx, NONE, NONE);
        push(copies, at + 60, 120, "Memcpy HtoD (Pinned -> Device)", EventKind::Memcpy, transfer, NONE);
        for launch in 0..6i64 {
            let start = at + 30 + launch * 100;
            correlation += 1;
            push(operators, start - 10, 60, "aten::mm", EventKind::Operator, NONE, NONE);
            push(api, start, 20, "cudaLaunchKernel", EventKind::Api, correlation, NONE);
            let name = ["_Z4gemmPf", "void flash_fwd_kernel<64, true>(Params)"][(launch % 2) as usize];
            push(compute, start + 25, 40 + 8 * launch as u64, name, EventKind::Kernel, kernel, correlation);
        }
        push(api, at + 640, 300, "cudaStreamSynchronize", EventKind::Api, NONE, NONE);
    }
    let samples = 0..31i64;
    builder.counters.push(Counter {
        name: "SM active".into(),
        unit: "%".into(),
        gpu: Some(gpu),
        ts_ns: samples.clone().map(|n| 5_000_000 + n * 100_000).collect(),
        values: samples.clone().map(|n| (n * 37 % 100) as f64).collect(),
    });
    builder.counters.push(Counter {
        name: "power".into(),
        unit: "W".into(),
        gpu: Some(gpu),
        ts_ns: samples.clone().map(|n| 5_000_000 + n * 100_000).collect(),
        values: samples.map(|n| 300.0 + (n * 91 % 400) as f64).collect(),
    });
    builder.finish("small.rgt".into(), SourceFormat::Recording)
}

fn options(theme: Theme, slots: usize) -> Options {
    let source = Source::Bytes { title: "small.rgt".into(), bytes: b"" };
    let (background_given, view_file) = (true, None);
    Options { sources: vec![source; slots], theme, background_given, sample: false, view_file, commands: Vec::new() }
}

fn opened(theme: Theme, size: (u16, u16)) -> Headless {
    let mut headless = Headless::empty(&options(theme, 1), size);
    headless.send(Msg::Loaded { slot: 0, loaded: Loaded::new(None, small_trace()).into() });
    headless
}

fn after(keys: &str, size: (u16, u16)) -> String {
    let mut headless = opened(Theme::default(), size);
    headless.press(keys).unwrap();
    to_text(&headless.screen())
}

#[test]
fn screens_look_as_drawn() {
    let cases = [
        ("open", ""),
        ("gap", "g+"),
        ("kernel", "<Down><Down><Enter>++"),
        ("launch", "<Down><Down><Enter>++<Enter>"),
        ("search", "/flash<Enter>"),
        ("folded", "kkkkkkkk <Space>"),
        ("help", "?"),
    ];
    for (name, keys) in cases {
        for (width, height) in [(80, 24), (200, 60)] {
            golden::check(&format!("tui/{name}-{width}x{height}.txt"), &after(keys, (width, height)));
        }
    }
    let mut range = opened(Theme::default(), (80, 24));
    range.send(Msg::Command("range 0.4ms..1.6ms".into()));
    golden::check("tui/range-80x24.txt", &to_text(&range.screen()));
    range.send(Msg::Command("screen telemetry".into()));
    assert_eq!(range.state.shown(), ScreenId::Telemetry);
    golden::check("tui/telemetry-80x24.txt", &to_text(&range.screen()));
}

#[test]
fn two_traces_stand_beside_each_other() {
    let mut headless = Headless::empty(&options(Theme::default(), 2), (100, 30));
    for slot in 0..2 {
        headless.send(Msg::Loaded { slot, loaded: Loaded::new(None, small_trace()).into() });
    }
    golden::check("tui/compare-100x30.txt", &to_text(&headless.screen()));
    headless.press("d").unwrap();
    assert!(!to_text(&headless.screen()).contains("B stream 7"));
    headless.press("d").unwrap();
    assert!(!to_text(&headless.screen()).contains("A stream 7"));
}

#[test]
fn ascii_screens_have_no_other_sign() {
    let theme = Theme { ascii: true, ..Theme::default() };
    for keys in ["", "g+", "<Down><Down><Enter>++", "/flash<Enter>", "?", "2", "3", "4"] {
        for size in [(80, 24), (200, 60), (60, 16)] {
            let mut headless = opened(theme, size);
            headless.press(keys).unwrap();
            let text = to_text(&headless.screen());
            let strange: Vec<char> = text.chars().filter(|sign| !sign.is_ascii()).collect();
            assert!(strange.is_empty(), "{keys:?} at {size:?}: {strange:?}");
            assert!(!text.contains('?') || keys == "?" || text.matches('?').count() <= 1, "{keys:?}: {text}");
        }
    }
    let mut headless = opened(theme, (80, 24));
    headless.press("g+").unwrap();
    golden::check("tui/ascii-80x24.txt", &to_text(&headless.screen()));
}

fn colours_of(buffer: &Buffer) -> Vec<Color> {
    buffer.content.iter().flat_map(|cell| [cell.fg, cell.bg]).filter(|&colour| colour != Color::Reset).collect()
}

#[test]
fn every_palette_uses_only_its_own_colours() {
    for background in [Background::Dark, Background::Light] {
        for colours in [Colours::Truecolor, Colours::Indexed, Colours::Ansi, Colours::None] {
            for keys in ["", "<Down><Down><Enter>++", "/flash<Enter>", "?", "2", "3", "4"] {
                let mut headless = opened(Theme { colours, background, ascii: false }, (120, 40));
                headless.press(keys).unwrap();
                let used = colours_of(&headless.screen());
                let fits = |colour: &Color| match colours {
                    Colours::Truecolor => matches!(colour, Color::Rgb(..)),
                    Colours::Indexed => matches!(colour, Color::Indexed(_)),
                    Colours::Ansi => !matches!(colour, Color::Rgb(..) | Color::Indexed(_)),
                    Colours::None => false,
                };
                let strange: Vec<_> = used.iter().filter(|colour| !fits(colour)).collect();
                assert!(strange.is_empty(), "{colours:?} {keys:?}: {strange:?}");
                assert_eq!(used.is_empty(), colours == Colours::None, "{colours:?} {keys:?}");
            }
        }
    }
}

#[test]
fn any_size_is_drawn_and_small_ones_say_what_is_needed() {
    for width in [1, 20, 59, 60, 61, 100, 333] {
        for height in [1, 5, 15, 16, 17, 24, 100] {
            let text = after("g+<Down><Down><Enter>/a<Enter>", (width, height));
            if width >= 40 && (width < 60 || height < 16) {
                assert!(text.contains("rustg needs 60x16"), "{width}x{height}: {text}");
            }
        }
    }
}

#[test]
fn a_random_list_of_messages_never_panics_and_windows_stay_inside() {
    let keys = "+-+-hlHLgGnN[]kjzO0uUd'a'A y\u{1b}123?:/f";
    for seed in 0..40u64 {
        let mut headless = opened(Theme::default(), (80, 24));
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        for _ in 0..150 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let pick = |bound: u64| (random >> 20) % bound;
            use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
            let mouse = |kind| {
                let (column, row) = (pick(80) as u16, (random >> 40) as u16 % 24);
                Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
            };
            let message = match random % 12 {
                0 => mouse(MouseEventKind::ScrollUp),
                1 => mouse(MouseEventKind::ScrollDown),
                2 => mouse(MouseEventKind::Down(MouseButton::Left)),
                3 => mouse(MouseEventKind::Drag(MouseButton::Left)),
                4 => mouse(MouseEventKind::Up(MouseButton::Left)),
                5 => mouse(MouseEventKind::Down(MouseButton::Right)),
                6 => Msg::Resize(60 + pick(140) as u16, 16 + pick(44) as u16),
                7 => Msg::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)),
                8 => Msg::Loaded { slot: 0, loaded: Loaded::new(None, small_trace()).into() },
                _ => {
                    let key = keys.chars().nth(pick(keys.chars().count() as u64) as usize).unwrap();
                    let code = if key == '\u{1b}' { KeyCode::Esc } else { KeyCode::Char(key) };
                    Msg::Key(KeyEvent::new(code, KeyModifiers::NONE))
                }
            };
            headless.send(message);
            headless.screen();
            let (window, whole) = (headless.state.context.window, headless.state.context.whole());
            assert!(whole.start_ns <= window.start_ns && window.end_ns <= whole.end_ns && window.dur_ns() > 0);
        }
    }
}

#[test]
fn undo_goes_back_and_redo_forth() {
    let mut headless = opened(Theme::default(), (80, 24));
    let whole = headless.state.context.window;
    headless.press("++").unwrap();
    let zoomed = headless.state.context.window;
    assert_eq!(zoomed.dur_ns(), whole.dur_ns() / 4);
    headless.press("<Right><Right>").unwrap();
    let panned = headless.state.context.window;
    headless.press("u").unwrap();
    assert_eq!(headless.state.context.window, zoomed);
    headless.press("u").unwrap();
    assert_eq!(headless.state.context.window, whole);
    headless.press("UU").unwrap();
    assert_eq!(headless.state.context.window, panned);
}

#[test]
fn enter_follows_a_kernel_to_its_launch_and_back() {
    use rustg_tui::context::Selection;
    let mut headless = opened(Theme::default(), (80, 24));
    let selected = |headless: &Headless| match headless.state.context.selection {
        Some(Selection::Event { event, .. }) => event,
        other => panic!("no event is selected: {other:?}"),
    };
    headless.press("<Enter>").unwrap();
    let kernel = selected(&headless);
    let loaded = headless.state.context.trace(0).unwrap().clone();
    assert_eq!(loaded.trace.events.kind[kernel.index()], EventKind::Kernel);
    headless.press("<Enter>").unwrap();
    assert_eq!(Some(selected(&headless)), loaded.trace.launch_of(kernel));
    headless.press("<Enter>").unwrap();
    assert_eq!(selected(&headless), kernel);
}

#[test]
fn the_copied_command_line_shows_the_same_window() {
    let mut headless = opened(Theme::default(), (80, 24));
    headless.press("g++<Right>y").unwrap();
    let line = headless.copied.last().unwrap().clone();
    let at = line.split_whitespace().skip_while(|&word| word != "--at").nth(1).unwrap().to_owned();
    let mut again = opened(Theme::default(), (80, 24));
    again.send(Msg::Command(format!("at {at}")));
    let (one, other) = (headless.state.context.window, again.state.context.window);
    assert!(one.start_ns.abs_diff(other.start_ns) * 500 < one.dur_ns(), "{line}: {one:?} {other:?}");
    assert!(one.end_ns.abs_diff(other.end_ns) * 500 < one.dur_ns(), "{line}: {one:?} {other:?}");
}

#[test]
fn a_view_is_kept_and_restored() {
    let mut headless = opened(Theme::default(), (80, 24));
    headless.press("g+'A<Down>").unwrap();
    let kept = headless.state.save();
    let mut again = Headless::empty(&options(Theme::default(), 1), (80, 24));
    again.state.restore(&kept);
    again.send(Msg::Loaded { slot: 0, loaded: Loaded::new(None, small_trace()).into() });
    assert_eq!(again.state.context.window, headless.state.context.window);
    again.press("0'a").unwrap();
    assert_eq!(again.state.context.window, headless.state.context.window);
    let mut hostile = Headless::empty(&options(Theme::default(), 1), (80, 24));
    hostile.state.restore(&serde_json::json!({"Timeline": {"version": 1, "window": [5, "x"], "marks": 3, "row": [] }}));
    hostile.send(Msg::Loaded { slot: 0, loaded: Loaded::new(None, small_trace()).into() });
    assert_eq!(hostile.state.context.window, hostile.state.context.whole());
}

#[test]
fn a_drag_selects_a_range_and_its_figures_are_exact() {
    let mut headless = opened(Theme::default(), (80, 24));
    headless.send(Msg::Goto(Goto::Window(TimeRange { start_ns: 0, end_ns: 1_000_000 })));
    headless.send(Msg::Command("range 0us..1000us".into()));
    let text = to_text(&headless.screen());
    assert!(text.contains("6 kernels"), "{text}");
    assert!(text.contains("1 transfer of 4.00 MiB"), "{text}");
    assert!(text.contains("7 CUDA calls"), "{text}");
}

#[test]
fn batch_prints_the_bundled_trace_and_wrong_commands_are_named() {
    let run = |arguments: &[&str]| {
        let dir = tempfile::tempdir().unwrap();
        let output = crate::program::rustg().current_dir(&dir).args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, out, _) = run(&["tui", "--batch", "gap 1ms", "--size", "80x24"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("bundled sample from an H200") && out.contains("stream 7"), "{out}");
    assert_eq!(out.lines().count(), 24);
    let (_, out, _) = run(&["tui", "--batch", "fly away", "--size", "80x24"]);
    assert!(out.contains("no command fly"), "{out}");
    let (code, _, err) = run(&["tui", "absent.json", "--batch", ""]);
    assert_eq!(code, Some(2));
    assert!(err.contains("absent.json"), "{err}");
    let (code, _, err) = run(&["tui"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("terminal"), "{err}");
}

#[test]
fn a_growing_recording_is_followed_until_its_recorder_is_done() {
    use rustg_trace::recording::{ApiRow, RecordingMeta, RecordingWriter};
    use rustg_tui::message::Cancel;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("live.rgt");
    let mut writer = RecordingWriter::create(&path, RecordingMeta::default()).unwrap();
    let process = writer.process(7, "train");
    let thread = writer.thread(process, 7, "main");
    let name = writer.name("cudaLaunchKernel");
    let call = |writer: &mut RecordingWriter, start_ns| {
        let row = ApiRow { process, thread, start_ns, dur_ns: 5, correlation: None, name, stack: None };
        writer.api(row).unwrap();
        writer.flush().unwrap();
    };
    call(&mut writer, 10);
    let (sender, receiver) = std::sync::mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let source = Source::Path(path.clone());
    let mut headless = Headless::empty(&options(Theme::default(), 1), (80, 24));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            rustg_tui::load::load(&source, 0, &Cancel::new(), &|message| sender.lock().unwrap().send(message).unwrap());
        });
        let mut writer = Some(writer);
        let (mut counts, mut told) = (Vec::new(), false);
        loop {
            let message = receiver.recv_timeout(crate::program::PATIENCE).expect("the follower goes on");
            let loaded = matches!(message, Msg::Loaded { .. });
            let done = matches!(message, Msg::Live { live: false, .. });
            headless.send(message);
            headless.screen();
            if done {
                break;
            }
            if loaded {
                counts.push(headless.state.context.trace(0).unwrap().trace.events.len());
                assert!(headless.state.context.slots[0].live && headless.state.context.follow);
                // A look may come while a batch is being written, and then finds as much as the one before it.
                counts.dedup();
                match (counts.len(), writer.take()) {
                    (1, Some(mut recorder)) if !told => {
                        call(&mut recorder, 2_000);
                        (told, writer) = (true, Some(recorder));
                    }
                    (2, Some(recorder)) => drop(recorder.finish().unwrap()),
                    (_, recorder) => writer = recorder,
                }
            }
        }
        assert_eq!(counts, [1, 2]);
    });
    assert!(!headless.state.context.slots[0].live);
    assert_eq!(headless.state.context.window, headless.state.context.whole());
}

#[test]
fn a_screen_is_written_as_picture_and_text() {
    let dir = tempfile::tempdir().unwrap();
    let mut headless = opened(Theme::default(), (80, 24));
    for ending in ["svg", "txt", "ansi"] {
        let path = dir.path().join(format!("screen.{ending}"));
        headless.send(Msg::Command(format!("write {}", path.display())));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("stream 20") && text.contains("largest gap on GPU 0"), "{ending}: {text}");
    }
    headless.send(Msg::Command("write screen.png".into()));
    assert!(headless.state.context.notice.as_ref().is_some_and(|notice| notice.contains(".svg")));
}

/// The command that makes the picture in the README, on the bundled trace.
const PICTURE: &str = "at 13ms..22ms; select multi_tensor; write timeline.svg";

#[test]
fn the_picture_in_the_readme_is_what_the_screens_show() {
    let dir = tempfile::tempdir().unwrap();
    let arguments = ["tui", "--palette", "truecolor", "--background", "dark", "--size", "130x36", "--batch", PICTURE];
    let output = crate::program::rustg()
        .current_dir(&dir)
        .args(arguments)
        .env("LANG", "C.UTF-8")
        .env_remove("LC_ALL")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let made = std::fs::read_to_string(dir.path().join("timeline.svg")).unwrap();
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/timeline.svg");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&kept, &made).unwrap();
    }
    let same = std::fs::read_to_string(&kept).is_ok_and(|kept| kept == made);
    assert!(same, "docs/timeline.svg is not what the screens show now; BLESS=1 makes it anew");
}
