//! Key tables: one row a key, from which dispatch, footer and help all follow.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key as a table names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chord {
    /// A character, as typed (so `?` needs no Shift).
    Char(char),
    /// A key without a character.
    Key(KeyCode),
    /// A key without a character, with Shift.
    Shift(KeyCode),
    /// A character with Ctrl.
    Ctrl(char),
}

impl Chord {
    /// Whether `event` is this key.
    pub fn matches(self, event: &KeyEvent) -> bool {
        let (control, shift) = (event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT), KeyModifiers::SHIFT);
        match self {
            Chord::Char(wanted) => event.code == KeyCode::Char(wanted) && control.is_empty(),
            Chord::Key(code) => event.code == code && control.is_empty() && !event.modifiers.contains(shift),
            Chord::Shift(code) => event.code == code && control.is_empty() && event.modifiers.contains(shift),
            Chord::Ctrl(wanted) => event.code == KeyCode::Char(wanted) && control == KeyModifiers::CONTROL,
        }
    }

    /// The event that pressing this key makes.
    pub fn event(self) -> KeyEvent {
        match self {
            Chord::Char(character) => KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE),
            Chord::Key(code) => KeyEvent::new(code, KeyModifiers::NONE),
            Chord::Shift(code) => KeyEvent::new(code, KeyModifiers::SHIFT),
            Chord::Ctrl(character) => KeyEvent::new(KeyCode::Char(character), KeyModifiers::CONTROL),
        }
    }
}

/// A row of a key table.
#[derive(Clone, Copy, Debug)]
pub struct Binding<A: 'static> {
    /// The keys that trigger it.
    pub chords: &'static [Chord],
    /// How the keys are shown: `+−`.
    pub shown: &'static str,
    /// The word in the footer; empty for keys that only help shows.
    pub label: &'static str,
    /// What it does, for help.
    pub what: &'static str,
    /// What it does, for the program; one action for each chord, or one for all.
    pub actions: &'static [A],
}

/// A key table: the type of the actions, then a line for each [`Binding`]: chords, how they are shown, the footer's word, what
/// help says, and an action for each chord or one for all.
macro_rules! bindings {
    ($actions:ident: $([$($chord:expr),*] $shown:literal $label:literal $what:literal $($action:ident),*;)*) => {
        &[$($crate::keys::Binding {
            chords: &[$($chord),*],
            shown: $shown,
            label: $label,
            what: $what,
            actions: &[$($actions::$action),*],
        }),*]
    };
}
pub(crate) use bindings;

/// A row of a key table without its action, for footer and help.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyLine {
    /// How the keys are shown.
    pub shown: &'static str,
    /// The word in the footer, or empty.
    pub label: &'static str,
    /// What it does.
    pub what: &'static str,
    /// The key that a click on the footer presses.
    pub chord: Option<Chord>,
}

/// The action of `table` that `event` triggers.
pub fn action_of<A: Copy>(table: &[Binding<A>], event: &KeyEvent) -> Option<A> {
    table.iter().find_map(|binding| {
        let index = binding.chords.iter().position(|chord| chord.matches(event))?;
        binding.actions.get(index).or(binding.actions.last()).copied()
    })
}

/// The lines of `table` for footer and help.
pub fn lines<A>(table: &[Binding<A>]) -> Vec<KeyLine> {
    let line = |binding: &Binding<A>| KeyLine {
        shown: binding.shown,
        label: binding.label,
        what: binding.what,
        chord: binding.chords.first().copied(),
    };
    table.iter().map(line).collect()
}

/// Keys as scripts write them: characters stand for themselves, others are named in angle brackets: `+++<Right>/gemm<Enter>`.
///
/// # Errors
/// A sentence about the name that is none.
pub fn parse_keys(text: &str) -> Result<Vec<KeyEvent>, String> {
    let mut events = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let named = (character == '<').then(|| rest.find('>')).flatten().filter(|&end| end > 1);
        let chord = match named {
            Some(end) => {
                let name = &rest[1..end];
                rest = &rest[end + 1..];
                named_key(name)
                    .ok_or_else(|| format!("<{name}> is no key: try <Enter>, <Left>, <S-Left>, <C-c>, <Esc>"))?
            }
            None => {
                rest = &rest[character.len_utf8()..];
                Chord::Char(character)
            }
        };
        events.push(chord.event());
    }
    Ok(events)
}

fn named_key(name: &str) -> Option<Chord> {
    if let Some(character) = name.strip_prefix("C-") {
        let mut characters = character.chars();
        return characters.next().filter(|_| characters.next().is_none()).map(Chord::Ctrl);
    }
    if let Some(rest) = name.strip_prefix("S-") {
        return match named_key(rest)? {
            Chord::Key(code) => Some(Chord::Shift(code)),
            _ => None,
        };
    }
    const NAMES: [(&str, KeyCode); 15] = [
        ("enter", KeyCode::Enter),
        ("esc", KeyCode::Esc),
        ("left", KeyCode::Left),
        ("right", KeyCode::Right),
        ("up", KeyCode::Up),
        ("down", KeyCode::Down),
        ("tab", KeyCode::Tab),
        ("backspace", KeyCode::Backspace),
        ("home", KeyCode::Home),
        ("end", KeyCode::End),
        ("pageup", KeyCode::PageUp),
        ("pagedown", KeyCode::PageDown),
        ("delete", KeyCode::Delete),
        ("space", KeyCode::Char(' ')),
        ("lt", KeyCode::Char('<')),
    ];
    let found = NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known))?;
    Some(match found.1 {
        KeyCode::Char(character) => Chord::Char(character),
        code => Chord::Key(code),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_name_keys_and_wrong_names_are_refused() {
        let events = parse_keys("+<S-Left>a<lt><C-c>").unwrap();
        assert_eq!(events.len(), 5);
        assert!(Chord::Shift(KeyCode::Left).matches(&events[1]));
        assert!(!Chord::Key(KeyCode::Left).matches(&events[1]));
        assert!(Chord::Char('<').matches(&events[3]));
        assert!(Chord::Ctrl('c').matches(&events[4]));
        assert!(!Chord::Char('c').matches(&events[4]));
        assert!(parse_keys("<Nowhere>").unwrap_err().contains("<Nowhere>"));
        assert_eq!(parse_keys("<>").unwrap().len(), 2);
    }
}
