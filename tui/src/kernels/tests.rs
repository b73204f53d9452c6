use crossterm::event::KeyModifiers;

use super::*;
use crate::headless::{Headless, to_text};
use crate::load::Source;
use crate::run::Options;
use crate::theme::Theme;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sample/transformer-train-h200.json.gz");
const OTHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/traces/kineto-launch-bound.json.gz");

/// The bundled trace on the kernels screen.
fn opened(size: (u16, u16)) -> Headless {
    opened_with(&[SAMPLE], size)
}

fn opened_with(traces: &[&str], size: (u16, u16)) -> Headless {
    let options = Options {
        sources: traces.iter().map(|trace| Source::Path(trace.into())).collect(),
        theme: Theme::default(),
        background_given: true,
        view_file: None,
        sample: false,
        commands: vec!["screen kernels".to_owned()],
    };
    Headless::new(&options, size).expect("the bundled trace opens")
}

fn rows(headless: &Headless) -> Vec<String> {
    let screen = to_text(&headless.screen());
    screen.lines().filter(|line| line.starts_with('▌') || line.starts_with('▶')).map(str::to_owned).collect()
}

fn click(headless: &mut Headless, column: u16, row: u16) {
    let kind = MouseEventKind::Down(MouseButton::Left);
    headless.send(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
}

#[test]
fn the_costliest_kernel_comes_first_and_the_cursor_is_on_it() {
    let headless = opened((100, 30));
    let rows = rows(&headless);
    assert!(rows[0].starts_with("▶ unrolled_elementwise_kernel"), "{rows:#?}");
    assert!(rows[0].contains("1.725 ms") && rows[0].contains("10.5") && rows[0].contains("132"), "{}", rows[0]);
    assert!(rows.len() >= 20);
}

#[test]
fn columns_sort_and_reverse_by_key_and_by_click() {
    let mut headless = opened((100, 30));
    headless.press("<Right><Right>").unwrap();
    assert!(rows(&headless)[0].contains(" 156 "), "by count: {:#?}", rows(&headless));
    headless.press("r").unwrap();
    assert!(!rows(&headless)[0].contains(" 156 "), "reversed");
    let screen = to_text(&headless.screen());
    let heading = screen.lines().nth(2).expect("headings");
    let column = heading.chars().position(|character| character == 'm').expect("median") as u16;
    click(&mut headless, column, 2);
    assert!(to_text(&headless.screen()).contains("median▾"), "the mark of the order has moved");
    headless.press("<Home>").unwrap();
    assert!(rows(&headless)[0].contains("SoftMaxBackward"), "the longest median: {:#?}", rows(&headless));
}

#[test]
fn a_filter_shows_what_has_the_text_as_it_is_typed() {
    let mut headless = opened((100, 30));
    let all = rows(&headless).len();
    headless.press("/softm").unwrap();
    let some = rows(&headless);
    assert!(!some.is_empty() && some.len() < all, "{some:#?}");
    assert!(some.iter().all(|row| row.to_lowercase().contains("softm")), "{some:#?}");
    headless.press("zzz").unwrap();
    assert!(to_text(&headless.screen()).contains("no row has this text"));
    headless.press("<Esc>").unwrap();
    assert_eq!(rows(&headless).len(), all);
}

#[test]
fn excluded_rows_leave_the_percentages_too() {
    let mut headless = opened((100, 30));
    let before = rows(&headless);
    headless.press("x").unwrap();
    let after = rows(&headless);
    assert!(after[0].contains("cunn_SoftMaxBackward"), "{after:#?}");
    assert!(before[1].contains(" 9.9 ") && after[0].contains(" 11.1 "), "{} became {}", before[1], after[0]);
    assert!(to_text(&headless.screen()).contains("1 excluded"));
    headless.press("X").unwrap();
    assert_eq!(rows(&headless), {
        let mut again = before;
        (again[0], again[1]) = (again[0].replacen('▶', "▌", 1), again[1].replacen('▌', "▶", 1));
        again
    });
}

#[test]
fn groups_are_those_of_stats() {
    let mut headless = opened((100, 30));
    headless.send(Msg::Command("group family".to_owned()));
    let screen = to_text(&headless.screen());
    assert!(screen.contains("by family") && screen.contains("elementwise"), "{screen}");
    headless.press("G").unwrap();
    assert!(to_text(&headless.screen()).contains("by short"));
    headless.send(Msg::Command("group nothing".to_owned()));
    assert!(to_text(&headless.screen()).contains("grouped by"));
}

#[test]
fn a_row_leads_to_its_launches_and_to_its_callers() {
    let mut headless = opened((100, 30));
    headless.press("/softmaxforward<Enter><Enter>").unwrap();
    assert_eq!(headless.state.shown(), ScreenId::Timeline);
    assert!(to_text(&headless.screen()).contains("cunn_SoftMaxForward"), "{}", to_text(&headless.screen()));
    headless.send(Msg::Command("screen kernels".to_owned()));
    headless.press("f").unwrap();
    assert_eq!(headless.state.shown(), ScreenId::Flame);
    headless.send(Msg::Command("screen kernels".to_owned()));
    headless.press("v").unwrap();
    assert_eq!(headless.state.shown(), ScreenId::Timeline);
}

#[test]
fn a_click_selects_and_a_second_one_leads_to_the_timeline() {
    let mut headless = opened((100, 30));
    click(&mut headless, 10, 5);
    assert!(rows(&headless)[2].starts_with('▶'), "{:#?}", rows(&headless));
    click(&mut headless, 10, 5);
    assert_eq!(headless.state.shown(), ScreenId::Timeline);
}

#[test]
fn the_command_line_of_the_table_can_be_copied() {
    let mut headless = opened((100, 30));
    headless.press("gy").unwrap();
    assert!(headless.copied[0].ends_with("--tables kernels --top 0 --by short"), "{:?}", headless.copied);
}

#[test]
fn the_key_d_goes_from_one_trace_to_the_other_and_to_their_difference() {
    let mut headless = opened_with(&[SAMPLE, OTHER], (120, 120));
    let first = rows(&headless);
    headless.press("d").unwrap();
    let second = rows(&headless);
    assert_ne!(first, second);
    headless.press("d").unwrap();
    let screen = to_text(&headless.screen());
    let title = "B kineto-launch-bound.json.gz against A transformer-train-h200.json.gz";
    assert!(screen.contains(title) && screen.contains("change▾"), "{screen}");
    let compared = rows(&headless);
    assert!(compared.iter().any(|row| row.contains("new")), "{compared:#?}");
    assert!(compared.iter().any(|row| row.contains("−100")), "what only A has is gone: {compared:#?}");
    headless.press("<Right>").unwrap();
    assert!(to_text(&headless.screen()).contains("%▾"), "by the next column");
    headless.press("d").unwrap();
    assert_eq!(rows(&headless), first);
}

#[test]
fn a_trace_against_itself_has_no_difference() {
    let mut headless = opened_with(&[SAMPLE, SAMPLE], (120, 30));
    headless.send(Msg::Command("compare".to_owned()));
    let rows = rows(&headless);
    assert!(rows.len() >= 20 && rows.iter().all(|row| row.contains(" 0 ns ")), "{rows:#?}");
    headless.press("y").unwrap();
    assert!(headless.copied[0].starts_with("rustg diff ") && headless.copied[0].contains(" --top 0"));
}

#[test]
fn one_trace_has_nothing_to_be_compared_with() {
    let mut headless = opened((100, 30));
    headless.press("d").unwrap();
    assert!(to_text(&headless.screen()).contains("rustg tui A B"));
}

#[test]
fn the_key_i_shows_all_configurations_and_what_bounds_them() {
    let mut headless = opened((100, 40));
    let before = rows(&headless);
    headless.press("i").unwrap();
    let screen = to_text(&headless.screen());
    for words in ["limited by", "regs", "waves", "no source: rustg did not compile this kernel"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert!(rows(&headless).len() < before.len(), "the panel has taken rows of the table");
    headless.press("i").unwrap();
    assert_eq!(rows(&headless), before);
}

#[test]
fn the_cursor_stays_in_view_at_any_size() {
    for (size, keys_before) in [((60, 16), ""), ((80, 24), "i"), ((80, 24), "dd"), ((200, 60), "dd")] {
        let mut headless = opened_with(&[SAMPLE, OTHER], size);
        headless.press(keys_before).unwrap();
        for keys in ["<End>", "<Home>", "<PageDown>", "<Down><Down>", "<PageUp>"] {
            headless.press(keys).unwrap();
            let rows = rows(&headless);
            assert_eq!(rows.iter().filter(|row| row.starts_with('▶')).count(), 1, "{keys} at {size:?}: {rows:#?}");
        }
    }
}
