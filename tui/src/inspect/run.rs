//! The loop of `rustg inspect`.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyModifiers};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::low_level::emulate_default_handler;

use super::{InspectCmd, InspectMsg, InspectState, update, view};
use crate::perform::osc52;
use crate::run::Exit;
use crate::surface::Surface;
use crate::terminal::{Taken, ask_background, install_panic_hook, restore, take};

/// How often signals are looked at.
const TICK: Duration = Duration::from_millis(250);
/// How long the terminal may take to tell its background.
const BACKGROUND_PATIENCE: Duration = Duration::from_millis(150);

/// Shows the kernel until the user leaves. The background is asked from the terminal unless `background_given`.
///
/// # Errors
/// When the terminal cannot be used.
pub fn run(mut state: InspectState, background_given: bool) -> io::Result<Exit> {
    install_panic_hook();
    let signal = Arc::new(AtomicUsize::new(0));
    for number in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::flag::register_usize(number, signal.clone(), number as usize)?;
    }
    let taken = Taken::enter()?;
    let mut surface = Surface::new(BufWriter::with_capacity(1 << 16, io::stdout()));
    draw(&mut surface, &state)?;
    if !background_given && let Some(background) = ask_background(BACKGROUND_PATIENCE) {
        state.theme.background = background;
        draw(&mut surface, &state)?;
    }
    let exit = loop {
        let number = signal.load(Ordering::Relaxed);
        if number != 0 {
            break Exit::Signal(number as i32);
        }
        if !event::poll(TICK)? {
            continue;
        }
        let mut commands = Vec::new();
        match event::read()? {
            Event::Key(key) if key.code == KeyCode::Char('z') && key.modifiers == KeyModifiers::CONTROL => {
                restore();
                emulate_default_handler(SIGTSTP)?;
                take()?;
                surface.forget();
            }
            Event::Key(key) => commands = update(&mut state, InspectMsg::Key(key)),
            _ => {}
        }
        if commands.contains(&InspectCmd::Quit) {
            break Exit::Code(0);
        }
        for command in commands {
            if let InspectCmd::Copy(text) = command {
                surface.send(&osc52(&text))?;
            }
        }
        draw(&mut surface, &state)?;
    };
    drop(taken);
    if let Exit::Signal(number) = exit {
        let _ = emulate_default_handler(number);
    }
    Ok(exit)
}

fn draw<W: Write>(surface: &mut Surface<W>, state: &InspectState) -> io::Result<()> {
    surface.draw(crossterm::terminal::size()?, |buffer| view(state, buffer))
}
