//! Keys and mouse in, the frame under the cursor and the commands out.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::app::update;
use crate::headless::{Headless, to_text};
use crate::message::{Cmd, Goto, Msg};
use crate::run::Options;
use crate::theme::Theme;
use crate::{Source, keys::parse_keys};

/// Two launches of one thread: 600 ns of `gemm` under `forward`, 200 ns of `copy` under `backward`, 200 ns idle.
const TRACE: &[u8] = br#"{"traceEvents":[
{"ph":"X","cat":"user_annotation","name":"forward","pid":1,"tid":1,"ts":0.0,"dur":0.2},
{"ph":"X","cat":"cuda_runtime","name":"cudaLaunchKernel","pid":1,"tid":1,"ts":0.0,"dur":0.1,"args":{"correlation":1}},
{"ph":"X","cat":"user_annotation","name":"backward","pid":1,"tid":1,"ts":0.3,"dur":0.2},
{"ph":"X","cat":"cuda_runtime","name":"cudaLaunchKernel","pid":1,"tid":1,"ts":0.35,"dur":0.1,"args":{"correlation":2}},
{"ph":"X","cat":"kernel","name":"void gemm<4>(int)","pid":0,"tid":7,"ts":0.0,"dur":0.6,"args":{"device":0,"stream":7,"correlation":1}},
{"ph":"X","cat":"kernel","name":"copy","pid":0,"tid":7,"ts":0.8,"dur":0.2,"args":{"device":0,"stream":7,"correlation":2}}
]}"#;

fn options(sources: usize) -> Options {
    let sources = (0..sources).map(|_| Source::Bytes { title: "tiny".to_owned(), bytes: TRACE }).collect();
    Options {
        sources,
        theme: Theme::default(),
        background_given: true,
        sample: false,
        view_file: None,
        commands: vec!["screen flame".to_owned()],
    }
}

fn opened(sources: usize) -> Headless {
    Headless::new(&options(sources), (100, 24)).expect("a trace")
}

fn press(headless: &mut Headless, text: &str) {
    for key in parse_keys(text).expect("keys") {
        headless.send(Msg::Key(key));
    }
}

fn lines(headless: &Headless) -> Vec<String> {
    to_text(&headless.screen()).lines().map(str::to_owned).collect()
}

/// What the panel says of the frame under the cursor.
fn panel(headless: &Headless) -> (String, String) {
    let lines = lines(headless);
    (lines[20].trim_end_matches('┄').trim().to_owned(), lines[21].trim().to_owned())
}

fn click(headless: &mut Headless, kind: MouseEventKind, column: u16, row: u16) {
    headless.send(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
}

#[test]
fn widths_are_shares_of_wall_time() {
    let headless = opened(1);
    let lines = lines(&headless);
    assert!(lines[2].starts_with("1.000 µs × 1 GPU  100 %"), "{lines:#?}");
    let threads: Vec<char> = lines[3].chars().collect();
    assert!(lines[3].starts_with("main thread  80.0 %"), "{lines:#?}");
    assert_eq!(threads[80], '▏', "idle time starts at 80 %: {lines:#?}");
    assert!(lines[3].contains("[idle: "), "{lines:#?}");
    assert!(lines[4].starts_with("forward  60.0 %"), "{lines:#?}");
    assert_eq!(lines[7].chars().position(|sign| sign == '▏'), Some(60), "{lines:#?}");
}

#[test]
fn keys_walk_zoom_and_undo() {
    let mut headless = opened(1);
    press(&mut headless, "<Down><Down><Right>");
    assert_eq!(panel(&headless).0, "┄ range ┄ backward");
    press(&mut headless, "<Enter>");
    assert!(lines(&headless)[2].starts_with("backward  20.0 %"), "{:#?}", lines(&headless));
    press(&mut headless, "<Down><Down><Down>");
    assert_eq!(
        panel(&headless),
        ("┄ kernel ┄ copy".to_owned(), "200 ns  20.0 % of all · 100 % of stream 7".to_owned())
    );
    press(&mut headless, "<Backspace>");
    assert!(lines(&headless)[2].starts_with("main thread"), "{:#?}", lines(&headless));
    assert_eq!(panel(&headless).0, "┄ kernel ┄ copy", "the cursor stays");
    press(&mut headless, "uu");
    assert!(lines(&headless)[2].starts_with("1.000 µs"), "{:#?}", lines(&headless));
    press(&mut headless, "U");
    assert!(lines(&headless)[2].starts_with("backward"), "{:#?}", lines(&headless));
    press(&mut headless, "0");
    assert!(lines(&headless)[2].starts_with("1.000 µs"), "{:#?}", lines(&headless));
}

#[test]
fn a_click_selects_a_second_zooms_and_the_wheel_does_both_ways() {
    let mut headless = opened(1);
    let left = MouseEventKind::Down(MouseButton::Left);
    click(&mut headless, left, 70, 4);
    assert_eq!(panel(&headless).0, "┄ range ┄ backward");
    click(&mut headless, left, 70, 4);
    assert!(lines(&headless)[2].starts_with("backward"), "{:#?}", lines(&headless));
    click(&mut headless, MouseEventKind::ScrollDown, 10, 2);
    assert!(lines(&headless)[2].starts_with("main thread"), "{:#?}", lines(&headless));
    click(&mut headless, MouseEventKind::ScrollUp, 10, 4);
    assert!(lines(&headless)[2].starts_with("forward"), "one level towards the pointer: {:#?}", lines(&headless));
}

#[test]
fn search_sums_names_and_families_and_goes_to_matches() {
    let mut headless = opened(1);
    press(&mut headless, "/co");
    assert!(lines(&headless)[1].contains("/co  1 frames  200 ns  20.0 %"), "{:#?}", lines(&headless)[1]);
    press(&mut headless, "<Enter>");
    assert_eq!(panel(&headless).0, "┄ kernel ┄ copy");
    press(&mut headless, "/gemm<Enter>");
    assert_eq!(panel(&headless).0, "┄ kernel ┄ gemm<4>");
    press(&mut headless, "/absent<Enter>");
    assert!(lines(&headless)[23].contains("no frame is called absent"), "{:#?}", lines(&headless)[23]);
    press(&mut headless, "<Esc>");
    assert!(!lines(&headless)[1].contains("absent"));
}

#[test]
fn another_screen_can_ask_for_a_kernel() {
    let mut headless = opened(1);
    headless.send(Msg::Command("screen timeline".to_owned()));
    headless.send(Msg::Goto(Goto::Flame("gemm<4>".to_owned())));
    assert_eq!(panel(&headless).0, "┄ kernel ┄ gemm<4>");
    let mut fresh = Headless::new(&Options { commands: Vec::new(), ..options(1) }, (100, 24)).expect("a trace");
    fresh.send(Msg::Goto(Goto::Flame("copy".to_owned())));
    assert_eq!(panel(&fresh).0, "┄ kernel ┄ copy");
}

#[test]
fn weight_direction_and_idle_time_can_be_changed() {
    let mut headless = opened(1);
    press(&mut headless, "i");
    assert!(lines(&headless)[2].starts_with("800 ns busy of 1.000 µs × 1 GPU"), "{:#?}", lines(&headless));
    press(&mut headless, "b");
    assert!(lines(&headless)[3].starts_with("gemm<4>  75.0 %"), "{:#?}", lines(&headless));
    press(&mut headless, "w");
    assert!(lines(&headless)[2].starts_with("2 launches on 1 GPU"), "{:#?}", lines(&headless));
    press(&mut headless, "w");
    assert!(lines(&headless)[3].contains("nothing was copied"), "{:#?}", lines(&headless));
    press(&mut headless, "y");
    assert_eq!(headless.copied, ["rustg flame --weight bytes --reverse > flame.svg"]);
}

#[test]
fn the_svg_is_of_exactly_this_view() {
    let mut headless = opened(1);
    press(&mut headless, "<Down><Down><Right><Enter>");
    let key = parse_keys("e").expect("a key")[0];
    let commands = update(&mut headless.state, Msg::Key(key));
    let [Cmd::WriteFile { path, bytes }] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(path.to_str(), Some("tiny.flame.svg"));
    let svg = String::from_utf8_lossy(bytes);
    assert!(svg.contains("backward of 1.000 µs × 1 GPU (200 ns, 100%)"));
    assert!(svg.contains("copy (200 ns") && !svg.contains("gemm"));
}

#[test]
fn two_traces_are_compared_and_equal_ones_have_no_change() {
    let mut headless = opened(2);
    assert!(lines(&headless)[1].contains("tiny against tiny"), "{:#?}", lines(&headless)[1]);
    press(&mut headless, "<Down>");
    assert!(panel(&headless).1.contains("was 800 ns (+0 ns)"), "{:?}", panel(&headless));
    press(&mut headless, "d");
    assert!(!panel(&headless).1.contains("was"), "{:?}", panel(&headless));
}

#[test]
fn any_size_and_any_keys_leave_a_frame_under_the_cursor() {
    let mut headless = opened(1);
    for (columns, rows) in [(60, 16), (61, 17), (400, 100), (1, 1), (80, 24)] {
        headless.send(Msg::Resize(columns, rows));
        press(&mut headless, "<Down><Right><Down><Enter><Up><Left><Backspace><PageDown><PageUp>nNbwobwww0<Esc><Esc>");
        let _drawn = headless.screen();
    }
    assert!(panel(&headless).0.contains('┄'), "{:?}", panel(&headless));
}
