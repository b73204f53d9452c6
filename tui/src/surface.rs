//! The surface frames are drawn on: only what changed is sent, at once or not at all, and the terminal is never asked
//! anything (an answer would have to be read past whoever reads the keys).

use std::io::{self, Write};

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::terminal::{SYNC_BEGIN, SYNC_END};

/// What the terminal shows, and the way to it.
pub struct Surface<W: Write> {
    backend: CrosstermBackend<W>,
    shown: Option<Buffer>,
}

impl<W: Write> Surface<W> {
    /// A surface on `out`, of which nothing is known yet.
    pub fn new(out: W) -> Self {
        Surface { backend: CrosstermBackend::new(out), shown: None }
    }

    /// The terminal may show anything now (it was suspended or resized): the next frame is sent whole.
    pub fn forget(&mut self) {
        self.shown = None;
    }

    /// Draws a frame of so many columns and rows.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn draw(&mut self, (width, height): (u16, u16), paint: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        let area = Rect { x: 0, y: 0, width, height };
        let mut next = Buffer::empty(area);
        paint(&mut next);
        self.backend.write_all(SYNC_BEGIN.as_bytes())?;
        let before = match self.shown.take().filter(|shown| shown.area == area) {
            Some(shown) => shown,
            None => {
                // Erase in display (ECMA-48): all of it.
                self.backend.write_all(b"\x1b[0m\x1b[2J")?;
                Buffer::empty(area)
            }
        };
        self.backend.draw(before.diff(&next).into_iter())?;
        self.backend.write_all(SYNC_END.as_bytes())?;
        Write::flush(&mut self.backend)?;
        self.shown = Some(next);
        Ok(())
    }

    /// Sends something that is no part of the picture.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn send(&mut self, text: &str) -> io::Result<()> {
        self.backend.write_all(text.as_bytes())?;
        Write::flush(&mut self.backend)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use ratatui::style::Style;

    use super::*;

    /// A line that remembers what went over it.
    #[derive(Clone, Default)]
    struct Line(Rc<RefCell<Vec<u8>>>);

    impl Write for Line {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn sent(surface: &mut Surface<Line>, line: &Line, size: (u16, u16), text: &str) -> String {
        let paint = |buffer: &mut Buffer| buffer.set_string(0, 0, text, Style::new());
        surface.draw(size, paint).unwrap();
        String::from_utf8(line.0.take()).unwrap()
    }

    #[test]
    fn only_changed_cells_are_sent_and_nothing_is_asked() {
        let line = Line::default();
        let mut surface = Surface::new(line.clone());
        let first = sent(&mut surface, &line, (20, 2), "kernel one");
        assert!(first.starts_with(SYNC_BEGIN) && first.ends_with(SYNC_END));
        assert!(first.contains("kernel one") || first.contains("kernel"), "{first:?}");
        let same = sent(&mut surface, &line, (20, 2), "kernel one");
        assert!(!same.contains("kernel"), "{same:?}");
        let changed = sent(&mut surface, &line, (20, 2), "kernel own");
        assert!(changed.contains("wn") && !changed.contains("kernel"), "{changed:?}");
        for other in [(30, 2), (20, 2)] {
            let whole = sent(&mut surface, &line, other, "kernel own");
            assert!(whole.contains("\x1b[2J") && whole.contains("kernel"), "{whole:?}");
            assert!(!whole.contains("\x1b[6n"), "the cursor's place is not asked");
        }
    }
}
