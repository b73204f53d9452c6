//! The loop of `rustg top`.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyCode, KeyModifiers};
use rustg_record::telemetry::{GpuProcess, Rates, Telemetry};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::low_level::emulate_default_handler;

use super::{TopState, view};
use crate::run::Exit;
use crate::surface::Surface;
use crate::terminal::{Taken, ask_background, install_panic_hook, restore, take};
use crate::theme::Theme;

/// Time between two pictures.
const FRAME: Duration = Duration::from_millis(250);
/// Time between two looks at the processes, which cost the driver milliseconds.
const PROCESSES: Duration = Duration::from_secs(2);
/// How long the terminal may take to tell its background.
const BACKGROUND_PATIENCE: Duration = Duration::from_millis(150);

/// Shows all GPUs until the user leaves. The background is asked from the terminal unless `background_given`.
///
/// # Errors
/// When the terminal cannot be used.
pub fn run(telemetry: &Arc<Telemetry>, rates: Rates, theme: Theme, background_given: bool) -> io::Result<Exit> {
    install_panic_hook();
    let signal = Arc::new(AtomicUsize::new(0));
    for number in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::flag::register_usize(number, signal.clone(), number as usize)?;
    }
    let taken = Taken::enter()?;
    let mut surface = Surface::new(BufWriter::with_capacity(1 << 16, io::stdout()));
    let driver = telemetry.driver_version().unwrap_or_default();
    let mut state = TopState::new(theme, telemetry.gpus().to_vec(), driver);
    draw(&mut surface, &state)?;
    if !background_given && let Some(background) = ask_background(BACKGROUND_PATIENCE) {
        state.theme.background = background;
    }
    let sampling = telemetry.start(rates);
    let processes = watch_processes(telemetry);
    let mut next = Instant::now();
    let exit = loop {
        let number = signal.load(Ordering::Relaxed);
        if number != 0 {
            break Exit::Signal(number as i32);
        }
        let mut changed = Instant::now() >= next;
        if event::poll(next.saturating_duration_since(Instant::now()).min(FRAME))? {
            changed = true;
            match event::read()? {
                Event::Key(key) if key.code == KeyCode::Char('z') && key.modifiers == KeyModifiers::CONTROL => {
                    restore();
                    emulate_default_handler(SIGTSTP)?;
                    take()?;
                    surface.forget();
                }
                Event::Key(key) if state.on_key(&key) => break Exit::Code(0),
                _ => {}
            }
        }
        for sample in sampling.drain() {
            state.on_sample(&sample);
        }
        if let Some(latest) = processes.try_iter().last() {
            state.on_processes(latest);
        }
        if changed {
            draw(&mut surface, &state)?;
            next = Instant::now() + FRAME;
        }
    };
    drop(taken);
    if let Exit::Signal(number) = exit {
        let _ = emulate_default_handler(number);
    }
    Ok(exit)
}

fn draw<W: Write>(surface: &mut Surface<W>, state: &TopState) -> io::Result<()> {
    surface.draw(crossterm::terminal::size()?, |buffer| view(state, buffer))
}

type Processes = Vec<(usize, GpuProcess)>;

fn watch_processes(telemetry: &Arc<Telemetry>) -> Receiver<Processes> {
    let (sender, receiver) = channel();
    let telemetry = telemetry.clone();
    thread::spawn(move || {
        loop {
            let start = Instant::now();
            let gpus = 0..telemetry.gpus().len();
            let all = gpus.flat_map(|gpu| telemetry.processes(gpu).into_iter().map(move |process| (gpu, process)));
            if sender.send(all.collect()).is_err() {
                return;
            }
            // A machine of many GPUs is asked less often: at most a fiftieth of the time goes into asking.
            thread::sleep(PROCESSES.max(start.elapsed() * 50));
        }
    });
    receiver
}
