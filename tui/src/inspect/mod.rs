//! `rustg inspect`: a kernel's source, MIR, PTX and machine code side by side; the line under the cursor shows what it became, and what it came from.
//!
//! The same halves as the trace screens: [`update`] changes [`InspectState`] by keys and knows neither terminal nor clock, [`view`] draws it, [`run`]
//! feeds it. Compiling is done before: the screen shows an [`Inspection`].

mod run;
#[cfg(test)]
mod tests;
mod view;

use crossterm::event::{KeyCode, KeyEvent};
use rustg_build::inspect::{Inspection, Line, Place};

use crate::keys::{Binding, Chord, KeyLine, action_of, bindings, lines};
use crate::theme::Theme;

pub use run::run;
pub use view::view;

/// What the screen shows.
pub struct InspectState {
    /// The look.
    pub theme: Theme,
    /// The kernel.
    pub inspection: Inspection,
    /// The file that the source's pane shows.
    file: u32,
    /// Which pane has the cursor: 0 the source, then the listings.
    focus: usize,
    /// The line of each pane that is kept in sight.
    cursors: Vec<usize>,
    help: bool,
}

/// What happens to the screen.
#[derive(Clone, Debug)]
pub enum InspectMsg {
    /// A key was pressed.
    Key(KeyEvent),
}

/// What the loop shall do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InspectCmd {
    /// End.
    Quit,
    /// Put a text on the clipboard.
    Copy(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    Quit,
    Help,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    NextPane,
    PreviousPane,
    NextCode,
    PreviousCode,
    NextFile,
    Copy,
}

const KEYS: &[Binding<Action>] = bindings!(Action:
    [Chord::Key(KeyCode::Down), Chord::Char('j'), Chord::Key(KeyCode::Up), Chord::Char('k')] "↑↓" "line"
        "the line below or above" Down, Down, Up, Up;
    [Chord::Key(KeyCode::Tab), Chord::Key(KeyCode::BackTab), Chord::Shift(KeyCode::BackTab)] "Tab" "pane"
        "the next pane: source, MIR, PTX, SASS" NextPane, PreviousPane, PreviousPane;
    [Chord::Char('n'), Chord::Char('N')] "n N" "code"
        "the next or previous line of the source that became code" NextCode, PreviousCode;
    [Chord::Key(KeyCode::PageDown), Chord::Key(KeyCode::PageUp)] "PgDn PgUp" "" "20 lines further or back" PageDown, PageUp;
    [Chord::Char('g'), Chord::Key(KeyCode::Home), Chord::Char('G'), Chord::Key(KeyCode::End)] "g G" ""
        "the first or last line" First, First, Last, Last;
    [Chord::Char('f')] "f" "file" "the next file that code comes from" NextFile;
    [Chord::Char('y')] "y" "copy" "copy the line" Copy;
    [Chord::Char('?'), Chord::Key(KeyCode::F(1))] "?" "help" "this" Help;
    [Chord::Char('q'), Chord::Ctrl('c'), Chord::Key(KeyCode::Esc)] "q" "quit" "leave" Quit;
);

/// Lines that a page key moves by.
const PAGE: usize = 20;

impl InspectState {
    /// The cursor stands at the kernel's name.
    pub fn new(theme: Theme, inspection: Inspection) -> InspectState {
        let (file, line) = (inspection.place.file, inspection.place.line.saturating_sub(1) as usize);
        let mut cursors = vec![0; inspection.listings.len() + 1];
        cursors[0] = line;
        let mut state = InspectState { theme, inspection, file, focus: 0, cursors, help: false };
        state.follow();
        state
    }

    /// The key table, for footer and help.
    fn key_lines() -> Vec<KeyLine> {
        lines(KEYS)
    }

    fn len(&self, pane: usize) -> usize {
        match pane {
            0 => self.inspection.files.get(self.file as usize).map_or(0, |file| file.lines.len()),
            _ => self.inspection.listings[pane - 1].lines.len(),
        }
    }

    /// The source line under the cursor, or that the line under the cursor came from.
    fn place(&self) -> Option<Place> {
        match self.focus {
            0 => Some(Place { file: self.file, line: self.cursors[0] as u32 + 1 }),
            pane => self.inspection.place_in_source(self.line(pane)?),
        }
    }

    fn line(&self, pane: usize) -> Option<&Line> {
        self.inspection.listings.get(pane.checked_sub(1)?)?.lines.get(self.cursors[pane])
    }

    /// Whether a line of a pane belongs to what is under the cursor.
    fn is_linked(&self, pane: usize, row: usize) -> bool {
        let Some(place) = self.place() else { return false };
        match pane {
            0 => place == Place { file: self.file, line: row as u32 + 1 },
            _ => {
                let Some(line) = self.inspection.listings[pane - 1].lines.get(row) else { return false };
                match self.focus {
                    0 => line.is_of(place),
                    // From code to code by the innermost place: what was inlined stays apart from where it was.
                    _ => self.line(self.focus).is_some_and(|own| own.places.first() == line.places.first()),
                }
            }
        }
    }

    /// Brings the other panes to where the cursor leads.
    fn follow(&mut self) {
        if let Some(place) = self.place().filter(|_| self.focus != 0) {
            self.file = place.file;
            self.cursors[0] = place.line.saturating_sub(1) as usize;
        }
        for pane in (1..self.cursors.len()).filter(|pane| *pane != self.focus) {
            if let Some(row) = (0..self.len(pane)).find(|row| self.is_linked(pane, *row)) {
                self.cursors[pane] = row;
            }
        }
    }

    fn move_to(&mut self, row: usize) {
        self.cursors[self.focus] = row.min(self.len(self.focus).saturating_sub(1));
        self.follow();
    }

    /// The next line of the source, in the direction of `step`, that a listing has something of.
    fn move_to_code(&mut self, step: isize) {
        let becomes_code = |row: usize| {
            let place = Place { file: self.file, line: row as u32 + 1 };
            self.inspection.listings.iter().any(|listing| listing.lines.iter().any(|line| line.is_of(place)))
        };
        let mut row = self.cursors[0] as isize + step;
        while (0..self.len(0) as isize).contains(&row) {
            if becomes_code(row as usize) {
                self.focus = 0;
                return self.move_to(row as usize);
            }
            row += step;
        }
    }

    fn next_file(&mut self) {
        let count = self.inspection.files.len() as u32;
        let has_text = |file: &u32| !self.inspection.files[*file as usize].lines.is_empty();
        if let Some(file) = (1..=count).map(|step| (self.file + step) % count).find(has_text)
            && file != self.file
        {
            (self.file, self.focus) = (file, 0);
            let places = self.inspection.listings.iter().flat_map(|listing| &listing.lines);
            let mut lines = places.flat_map(|line| &line.places).filter(|place| place.file == file);
            let row = lines.next().map_or(0, |place| place.line.saturating_sub(1) as usize);
            self.move_to(row);
        }
    }

    fn text_under_cursor(&self) -> String {
        let row = self.cursors[self.focus];
        let text = match self.focus {
            0 => self.inspection.files.get(self.file as usize).and_then(|file| file.lines.get(row)).cloned(),
            pane => self.line(pane).map(|line| line.text.clone()),
        };
        text.unwrap_or_default().trim().to_owned()
    }
}

/// Changes the state by a message; what the loop shall do.
pub fn update(state: &mut InspectState, message: InspectMsg) -> Vec<InspectCmd> {
    let InspectMsg::Key(key) = message;
    let action = action_of(KEYS, &key);
    if state.help {
        // Any key closes help.
        state.help = false;
        let leaves = action == Some(Action::Quit) && key.code == KeyCode::Char('c');
        return if leaves { vec![InspectCmd::Quit] } else { Vec::new() };
    }
    let (row, panes) = (state.cursors[state.focus], state.cursors.len());
    match action {
        Some(Action::Quit) => return vec![InspectCmd::Quit],
        Some(Action::Copy) => return vec![InspectCmd::Copy(state.text_under_cursor())],
        Some(Action::Help) => state.help = true,
        Some(Action::Down) => state.move_to(row + 1),
        Some(Action::Up) => state.move_to(row.saturating_sub(1)),
        Some(Action::PageDown) => state.move_to(row + PAGE),
        Some(Action::PageUp) => state.move_to(row.saturating_sub(PAGE)),
        Some(Action::First) => state.move_to(0),
        Some(Action::Last) => state.move_to(usize::MAX),
        Some(Action::NextPane) => state.focus = (state.focus + 1) % panes,
        Some(Action::PreviousPane) => state.focus = (state.focus + panes - 1) % panes,
        Some(Action::NextCode) => state.move_to_code(1),
        Some(Action::PreviousCode) => state.move_to_code(-1),
        Some(Action::NextFile) => state.next_file(),
        None => {}
    }
    Vec::new()
}
