//! The screen as text, of samples made by hand.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustg_record::telemetry::{GpuInfo, GpuProcess, Metric, Sample};

use super::{TopState, view};
use crate::headless::to_text;
use crate::theme::{Colours, Theme};

fn state(gpus: usize, theme: Theme) -> TopState {
    let info = |index: usize| GpuInfo {
        index: index as u32,
        name: "NVIDIA H200".into(),
        uuid: format!("GPU-{index}"),
        pci_bus: String::new(),
        memory_bytes: 150_754_820_096,
        power_limit_watts: 700.0,
        has_gpm: true,
    };
    let mut state = TopState::new(theme, (0..gpus).map(info).collect(), "580.159".into());
    for tick in 0..400i64 {
        for gpu in 0..gpus {
            let wave = ((tick + 7 * gpu as i64) % 40) as f64 / 40.0;
            let mut add = |metric, value| {
                state.on_sample(&Sample { monotonic_ns: tick * 250_000_000, gpu, metric, value });
            };
            add(Metric::SmActive, wave * 100.0);
            add(Metric::TensorActive, wave * 60.0);
            add(Metric::DramBandwidth, 16.0);
            add(Metric::SmOccupancy, 14.2);
            add(Metric::PcieSent, 1.2e9 * wave);
            add(Metric::PcieReceived, 0.0);
            if tick % 4 == 0 {
                add(Metric::Power, 120.0 + 500.0 * wave);
                add(Metric::Temperature, 61.0);
                add(Metric::SmClock, 1980.0);
                add(Metric::MemoryUsed, 88.1e9);
                add(Metric::ThrottleReasons, if gpu == 0 { 4.0 } else { 0.0 });
            }
        }
    }
    let process = |pid: u32, gigabytes: u64, share: Option<u32>| GpuProcess {
        pid,
        command: "python train.py --layers 12".into(),
        user: "ada".into(),
        memory_bytes: Some(gigabytes << 30),
        sm_percent: share,
    };
    state.on_processes(vec![(0, process(4127, 40, Some(71))), (0, process(99, 42, None))]);
    state
}

fn screen(state: &TopState, columns: u16, rows: u16) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    view(state, &mut buffer);
    to_text(&buffer)
}

fn line_with<'a>(screen: &'a str, text: &str) -> &'a str {
    screen.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text:?} in\n{screen}"))
}

#[test]
fn one_gpu_shows_its_figures_plots_and_processes_at_80_by_24() {
    let state = state(1, Theme::default());
    let screen = screen(&state, 80, 24);
    assert_eq!(screen.lines().count(), 24);
    assert!(line_with(&screen, "rustg top").contains("NVIDIA H200 · driver 580.159"));
    let title = line_with(&screen, "of 700 W");
    assert!(title.contains("61 °C") && title.contains("1 980 MHz") && title.contains("of 140 GiB"), "{screen}");
    assert!(line_with(&screen, "  SM ").contains('█'), "{screen}");
    assert!(line_with(&screen, "  DRAM ").contains("16 %"), "{screen}");
    let first = screen.lines().position(|line| line.contains("  99 ")).unwrap();
    let second = screen.lines().position(|line| line.contains("  4127 ")).unwrap();
    assert!(first < second, "most memory first\n{screen}");
    assert!(screen.lines().last().unwrap().contains("quit"));
}

#[test]
fn every_size_and_look_is_drawn_without_leaving_the_screen() {
    for gpus in [1, 2, 3, 8, 16] {
        for ascii in [false, true] {
            let state = state(gpus, Theme { ascii, colours: Colours::Ansi, ..Theme::default() });
            for (columns, rows) in [(60, 12), (80, 24), (120, 30), (200, 60), (300, 90)] {
                let screen = screen(&state, columns, rows);
                assert_eq!(screen.lines().count(), usize::from(rows));
                assert!(!ascii || screen.is_ascii());
                assert!(screen.contains("pid"), "{gpus} GPUs at {columns}x{rows}\n{screen}");
            }
        }
    }
    assert!(screen(&state(1, Theme::default()), 40, 10).contains("needs 60 columns"));
}

#[test]
fn sixteen_gpus_fit_on_80_by_24() {
    let screen = screen(&state(16, Theme::default()), 80, 24);
    for gpu in 0..16 {
        assert!(screen.lines().any(|line| line.starts_with(&format!("{gpu:>3} SM "))), "{gpu}\n{screen}");
    }
}

#[test]
fn keys_pause_sort_and_leave() {
    let mut state = state(1, Theme::default());
    let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
    assert!(!state.on_key(&key(KeyCode::Char(' '))));
    let held = screen(&state, 80, 24);
    assert!(held.contains("paused"));
    state.on_sample(&Sample { monotonic_ns: 1 << 40, gpu: 0, metric: Metric::SmActive, value: 3.0 });
    assert_eq!(held, screen(&state, 80, 24));
    for _ in 0..2 {
        state.on_key(&key(KeyCode::Char('s')));
    }
    assert!(line_with(&screen(&state, 80, 24), "pid").contains("pid▾"));
    state.on_key(&key(KeyCode::Char('?')));
    assert!(screen(&state, 80, 24).contains("order processes"));
    assert!(!state.on_key(&key(KeyCode::Char('q'))), "any key closes help");
    assert!(state.on_key(&key(KeyCode::Char('q'))));
}
