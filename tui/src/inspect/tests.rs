//! The screen as text, of a kernel made by hand.

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustg_build::cubin::Resources;
use rustg_build::inspect::{File, Inspection, Line, Listing, Machine, Place};
use rustg_build::occupancy::occupancy;

use super::{InspectCmd, InspectMsg, InspectState, update, view};
use crate::headless::to_text;
use crate::keys::parse_keys;
use crate::theme::{Colours, Theme};

fn line(text: &str, places: &[(u32, u32)]) -> Line {
    Line { text: text.to_owned(), places: places.iter().map(|&(file, line)| Place { file, line }).collect() }
}

fn state() -> InspectState {
    let source = [
        "use rustg::prelude::*;",
        "",
        "#[kernel]",
        "fn twice(mut y: DisjointSlice<u32>) {",
        "    let i = index();",
        "    *y.get_mut(i).unwrap() *= 2;",
        "}",
    ];
    let files = vec![
        File { path: "src/main.rs".to_owned(), lines: source.map(str::to_owned).to_vec() },
        File { path: "<rustg>/device.rs".to_owned(), lines: Vec::new() },
    ];
    let mir = vec![
        line("kernel %twice() {", &[]),
        line("    v1 = thread_index", &[(1, 9), (0, 5)]),
        line("    v2 = multiply v1, 2", &[(0, 6)]),
    ];
    let ptx = vec![
        line("mov.u32 %r1, %tid.x;", &[(1, 9), (0, 5)]),
        line("shl.b32 %r2, %r1, 1;", &[(0, 6)]),
        line("ret;", &[]),
    ];
    let inspection = Inspection {
        kernel: "twice".to_owned(),
        place: Place { file: 0, line: 4 },
        files,
        listings: vec![Listing { title: "MIR", lines: mir }, Listing { title: "PTX", lines: ptx }],
        machine: Some(Machine {
            arch: "sm_90".to_owned(),
            resources: Resources { symbol: "twice".to_owned(), registers: 16, ..Resources::default() },
            threads: 256,
            occupancy: occupancy(90, 256, 16, 0),
        }),
        missing: vec!["nvdisasm is not installed".to_owned()],
    };
    let theme = Theme { colours: Colours::None, ..Theme::from_environment(|_| None) };
    InspectState::new(theme, inspection)
}

fn press(state: &mut InspectState, keys: &str) -> Vec<InspectCmd> {
    let keys: Vec<KeyEvent> = parse_keys(keys).unwrap();
    keys.into_iter().flat_map(|key| update(state, InspectMsg::Key(key))).collect()
}

fn screen(state: &InspectState, width: u16, height: u16) -> String {
    let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width, height });
    view(state, &mut buffer);
    to_text(&buffer)
}

#[test]
fn the_line_under_the_cursor_is_linked_with_what_it_became() {
    let mut state = state();
    assert!(press(&mut state, "n").is_empty());
    let shown = screen(&state, 120, 12);
    for part in [
        "twice  src/main.rs:4",
        "16 registers",
        "100 % occupancy",
        "▌   5     let i = index();",
        "▸     v1 = thread_index",
        "▸ mov.u32 %r1, %tid.x;",
    ] {
        assert!(shown.contains(part), "{part:?} in\n{shown}");
    }
    assert!(!shown.contains("▸     v2") && !shown.contains("▸ shl"), "{shown}");
}

#[test]
fn a_line_of_ptx_is_linked_with_its_source_and_its_mir() {
    let mut state = state();
    press(&mut state, "<Tab><Tab>j");
    let shown = screen(&state, 120, 12);
    for part in ["▸   6     *y.get_mut(i)", "▸     v2 = multiply", "▌ shl.b32"] {
        assert!(shown.contains(part), "{part:?} in\n{shown}");
    }
    // A line without a place is linked with nothing.
    press(&mut state, "G");
    assert!(!screen(&state, 120, 12).contains('▸'));
    assert_eq!(press(&mut state, "gy"), [InspectCmd::Copy("mov.u32 %r1, %tid.x;".to_owned())]);
    assert_eq!(press(&mut state, "q"), [InspectCmd::Quit]);
}

#[test]
fn a_narrow_screen_shows_the_source_and_the_listing_with_the_cursor() {
    let mut state = state();
    let shown = screen(&state, 80, 24);
    assert!(shown.contains("MIR") && !shown.contains("PTX"), "{shown}");
    press(&mut state, "<Tab><Tab>");
    let shown = screen(&state, 80, 24);
    assert!(!shown.contains("MIR") && shown.contains("PTX") && shown.contains("src/main.rs"), "{shown}");
    assert!(screen(&state, 40, 8).contains("needs 60 columns"));
}

#[test]
fn help_shows_every_key_and_any_key_closes_it() {
    let mut state = state();
    press(&mut state, "?");
    let shown = screen(&state, 80, 24);
    assert!(shown.contains("the next pane") && shown.contains("nvdisasm is not installed"), "{shown}");
    assert!(press(&mut state, "q").is_empty());
    assert!(screen(&state, 80, 24).contains("fn twice"));
}
