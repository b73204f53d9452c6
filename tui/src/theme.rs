//! Colours and signs for every kind of terminal: truecolor, 256, 16, none; dark and light; Unicode and ASCII.
//!
//! Screens ask for roles ([`Theme::dim`], [`Theme::event`]), never for colours. ASCII is not the screens' business either:
//! [`to_ascii`] rewrites a finished buffer cell by cell, so nothing can be forgotten.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};
use rustg_analyze::figures::Figures;
use rustg_trace::names::{KernelFamily, Rgb, name_hash};

/// How many colours the terminal shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Colours {
    /// 24 bits.
    Truecolor,
    /// xterm's 256.
    #[default]
    Indexed,
    /// The 16 of ANSI.
    Ansi,
    /// None (`NO_COLOR`): bold, dim and reversed carry the meaning.
    None,
}

/// Whether the terminal's background is dark or light.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Background {
    /// Light text on dark.
    #[default]
    Dark,
    /// Dark text on light.
    Light,
}

/// Everything that decides what a role looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Theme {
    /// The terminal's colours.
    pub colours: Colours,
    /// Its background.
    pub background: Background,
    /// Plain ASCII instead of Unicode.
    pub ascii: bool,
}

/// What a name is painted with: a family and a shade of it, and whether it means waiting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paint {
    /// Whose hue.
    pub family: KernelFamily,
    /// −4 to 4, from the name's stable hash.
    pub shade: i8,
    /// On a host row: muted, so that GPU work stands out.
    pub muted: bool,
    /// A call that waits for the GPU.
    pub waits: bool,
}

impl Paint {
    /// The paint of a kernel or copy.
    pub fn gpu(name: &str) -> Self {
        let hash = name_hash(name);
        Paint { family: KernelFamily::of(name), shade: shade_of(hash), muted: false, waits: false }
    }

    /// The paint of anything on the host: hues by hash.
    pub fn host(name: &str) -> Self {
        const HUES: [KernelFamily; 7] = [
            KernelFamily::Gemm,
            KernelFamily::Attention,
            KernelFamily::Convolution,
            KernelFamily::Elementwise,
            KernelFamily::Reduction,
            KernelFamily::Communication,
            KernelFamily::Other,
        ];
        let hash = name_hash(name);
        let family = HUES[(hash >> 17) as usize % HUES.len()];
        Paint { family, shade: shade_of(hash), muted: true, waits: is_wait(name) }
    }
}

fn shade_of(hash: u64) -> i8 {
    ((hash ^ (hash >> 32)) % 9) as i8 - 4
}

/// Whether an API call of this name does nothing but wait for the GPU.
pub fn is_wait(name: &str) -> bool {
    (name.starts_with("cuda") || name.starts_with("cu")) && name.contains("Synchronize")
}

impl Theme {
    /// What the environment says: `NO_COLOR`, `COLORTERM`, `TERM`, `COLORFGBG`.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        let depth = variable("COLORTERM").unwrap_or_default();
        let colours = if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) || term == "dumb" {
            Colours::None
        } else if depth == "truecolor" || depth == "24bit" || term.ends_with("-direct") {
            Colours::Truecolor
        } else if term.contains("256") || ["xterm-kitty", "alacritty", "foot", "wezterm"].contains(&term.as_str()) {
            Colours::Indexed
        } else {
            Colours::Ansi
        };
        // rxvt's and Konsole's "foreground;background" in the 16 colours.
        let behind = variable("COLORFGBG").and_then(|value| value.rsplit(';').next()?.parse::<u8>().ok());
        let background = if matches!(behind, Some(7 | 15)) { Background::Light } else { Background::Dark };
        Theme { colours, background, ascii: false }
    }

    /// How figures are written.
    pub fn figures(&self) -> Figures {
        Figures { ascii: self.ascii }
    }

    /// Plain text.
    pub fn text(&self) -> Style {
        Style::new()
    }

    /// Secondary text.
    pub fn dim(&self) -> Style {
        match self.colours {
            Colours::None => Style::new().add_modifier(Modifier::DIM),
            Colours::Ansi => Style::new().fg(Color::DarkGray),
            _ => Style::new().fg(self.rgb(if self.dark() { Rgb(0x8a, 0x8f, 0x98) } else { Rgb(0x6a, 0x6f, 0x78) })),
        }
    }

    /// The faintest: grid and ruler lines.
    pub fn faint(&self) -> Style {
        match self.colours {
            Colours::None => Style::new().add_modifier(Modifier::DIM),
            Colours::Ansi => Style::new().fg(Color::DarkGray),
            _ => Style::new().fg(self.rgb(if self.dark() { Rgb(0x55, 0x5a, 0x63) } else { Rgb(0xa5, 0xaa, 0xb2) })),
        }
    }

    /// A figure or word that matters.
    pub fn strong(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What the eye should find: selection, window, arrows.
    pub fn accent(&self) -> Style {
        match self.colours {
            Colours::None => Style::new().add_modifier(Modifier::BOLD),
            Colours::Ansi => Style::new().fg(if self.dark() { Color::Yellow } else { Color::Red }),
            _ => Style::new().fg(self.rgb(if self.dark() { Rgb(0xff, 0xd7, 0x5f) } else { Rgb(0x9a, 0x3b, 0x00) })),
        }
    }

    /// Something is wrong.
    pub fn warning(&self) -> Style {
        match self.colours {
            Colours::None => Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            Colours::Ansi => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
            _ => {
                let colour = if self.dark() { Rgb(0xff, 0x87, 0x5f) } else { Rgb(0xb0, 0x2a, 0x1a) };
                Style::new().fg(self.rgb(colour)).add_modifier(Modifier::BOLD)
            }
        }
    }

    /// Behind the selected cells or row.
    pub fn selected(&self) -> Style {
        match self.colours {
            Colours::None | Colours::Ansi => Style::new().add_modifier(Modifier::REVERSED),
            _ => Style::new().bg(self.rgb(if self.dark() { Rgb(0x30, 0x38, 0x46) } else { Rgb(0xd5, 0xe3, 0xf5) })),
        }
    }

    /// A GPU's busy time where no kernel is meant.
    pub fn busy(&self) -> Style {
        match self.colours {
            Colours::None => Style::new(),
            Colours::Ansi => Style::new().fg(if self.dark() { Color::Cyan } else { Color::Blue }),
            _ => Style::new().fg(self.rgb(if self.dark() { Rgb(0x7f, 0xb0, 0xc8) } else { Rgb(0x2d, 0x6c, 0x8c) })),
        }
    }

    /// Cells of an event drawn as blocks.
    pub fn event(&self, paint: Paint) -> Style {
        match self.paint(paint) {
            Some(colour) => Style::new().fg(colour),
            None => Style::new(),
        }
    }

    /// Cells of an event drawn as a labelled bar.
    pub fn bar(&self, paint: Paint) -> Style {
        match self.colours {
            Colours::None => Style::new().add_modifier(Modifier::REVERSED),
            Colours::Ansi => Style::new().fg(Color::Black).bg(self.paint(paint).unwrap_or(Color::Gray)),
            _ => {
                let rgb = self.shaded(paint);
                let light = luminance(rgb) > 0.32;
                let text = if light { Rgb(0x10, 0x12, 0x16) } else { Rgb(0xf6, 0xf6, 0xf6) };
                Style::new().fg(self.rgb(text)).bg(self.rgb(rgb))
            }
        }
    }

    /// Cells of a bar of any colour, subdued so that [`Theme::bar`] stands out beside it.
    pub fn tinted(&self, Rgb(red, green, blue): Rgb) -> Style {
        let rgb = match (self.colours, self.dark()) {
            (Colours::None, _) => return Style::new().add_modifier(Modifier::REVERSED),
            (Colours::Ansi, true) => return Style::new().fg(Color::White).bg(Color::DarkGray),
            (Colours::Ansi, false) => return Style::new().fg(Color::Black).bg(Color::Gray),
            (_, true) => {
                let darker = |channel: u8| (u16::from(channel) * 3 / 8) as u8;
                Rgb(darker(red), darker(green), darker(blue))
            }
            (_, false) => Rgb(red, green, blue),
        };
        let text = if luminance(rgb) > 0.32 { Rgb(0x10, 0x12, 0x16) } else { Rgb(0xf0, 0xf0, 0xf0) };
        Style::new().fg(self.rgb(text)).bg(self.rgb(rgb))
    }

    fn dark(&self) -> bool {
        self.background == Background::Dark
    }

    fn paint(&self, paint: Paint) -> Option<Color> {
        match self.colours {
            Colours::None => None,
            Colours::Ansi => Some(ansi(paint.family)),
            _ => Some(self.rgb(self.shaded(paint))),
        }
    }

    fn shaded(&self, paint: Paint) -> Rgb {
        let Rgb(red, green, blue) = paint.family.colour();
        let mix = |channel: u8, towards: i32, sixteenths: i32| -> u8 {
            let channel = i32::from(channel);
            (channel + (towards - channel) * sixteenths / 16) as u8
        };
        let towards = if paint.shade < 0 { 0 } else { 255 };
        let amount = i32::from(paint.shade.unsigned_abs());
        let mut rgb = [red, green, blue].map(|channel| mix(channel, towards, amount));
        if paint.muted {
            let grey = if self.dark() { 0x48 } else { 0xb0 };
            rgb = rgb.map(|channel| mix(channel, grey, 8));
        }
        if !self.dark() {
            rgb = rgb.map(|channel| mix(channel, 0, 3));
        }
        Rgb(rgb[0], rgb[1], rgb[2])
    }

    fn rgb(&self, Rgb(red, green, blue): Rgb) -> Color {
        if self.colours == Colours::Truecolor {
            Color::Rgb(red, green, blue)
        } else {
            Color::Indexed(nearest_indexed(red, green, blue))
        }
    }
}

fn luminance(Rgb(red, green, blue): Rgb) -> f32 {
    let linear = |channel: u8| (f32::from(channel) / 255.0).powf(2.2);
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

fn ansi(family: KernelFamily) -> Color {
    match family {
        KernelFamily::Gemm => Color::LightBlue,
        KernelFamily::Attention => Color::Magenta,
        KernelFamily::Convolution => Color::LightRed,
        KernelFamily::Elementwise => Color::Yellow,
        KernelFamily::Reduction => Color::Green,
        KernelFamily::Memory => Color::LightYellow,
        KernelFamily::Communication => Color::Blue,
        KernelFamily::Other => Color::Gray,
    }
}

/// The nearest of xterm's colour cube (16–231) and grey ramp (232–255).
fn nearest_indexed(red: u8, green: u8, blue: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |channel: u8| (0..6usize).min_by_key(|&index| STEPS[index].abs_diff(channel)).unwrap_or(0);
    let distance = |r: u8, g: u8, b: u8| {
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        square(r, red) + square(g, green) + square(b, blue)
    };
    let (r, g, b) = (step(red), step(green), step(blue));
    let cube = distance(STEPS[r], STEPS[g], STEPS[b]);
    let mean = (u32::from(red) + u32::from(green) + u32::from(blue)) / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23) as u8;
    let level = 8 + 10 * grey;
    if distance(level, level, level) < cube { 232 + grey } else { (16 + 36 * r + 6 * g + b) as u8 }
}

/// Rewrites a finished screen in ASCII, cell by cell.
pub fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if !symbol.is_ascii() {
            let plain = symbol.chars().next().map_or(' ', ascii_of);
            cell.set_char(plain);
        }
    }
}

fn ascii_of(sign: char) -> char {
    match sign {
        '▁' => '.',
        '▂' => ':',
        '▃' => '-',
        '▄' => '=',
        '▅' => '+',
        '▆' => '*',
        '▇' => '%',
        '█' => '#',
        '░' | '▒' | '▓' => '~',
        '─' | '┄' | '━' | '−' | '–' | '—' => '-',
        '│' | '┊' | '▏' | '▌' | '▐' | '·' | '┃' | '▎' => '|',
        '┼' | '├' | '┤' | '┬' | '┴' | '╭' | '╮' | '╰' | '╯' | '┌' | '┐' | '└' | '┘' => '+',
        '…' => '.',
        '╵' | '╷' => '\'',
        '▾' | '▼' | '↓' => 'v',
        '▲' | '↑' => '^',
        '▸' | '▶' | '▷' | '→' | '›' => '>',
        '◀' | '◁' | '←' | '‹' => '<',
        '⇄' => '=',
        '↵' => '~',
        '⌫' => '<',
        '×' => 'x',
        'µ' => 'u',
        'σ' => 's',
        'Δ' => 'd',
        '≥' => '>',
        '≤' => '<',
        '■' | '▮' => '#',
        '°' => 'o',
        '●' | '◆' | '•' => '*',
        '○' => 'o',
        '\u{a0}' | '\u{202f}' => ' ',
        '⠀'..='⣿' => braille_ascii(sign),
        _ => '?',
    }
}

fn braille_ascii(sign: char) -> char {
    match (sign as u32 - 0x2800).count_ones() {
        0 => ' ',
        1..=2 => '.',
        3..=5 => ':',
        _ => '#',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme_of(pairs: &[(&str, &str)]) -> Theme {
        Theme::from_environment(|name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned()))
    }

    #[test]
    fn the_environment_decides_colours_and_background() {
        assert_eq!(theme_of(&[("TERM", "xterm")]).colours, Colours::Ansi);
        assert_eq!(theme_of(&[("TERM", "xterm-256color")]).colours, Colours::Indexed);
        assert_eq!(theme_of(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]).colours, Colours::Truecolor);
        assert_eq!(theme_of(&[("COLORTERM", "truecolor"), ("NO_COLOR", "1")]).colours, Colours::None);
        assert_eq!(theme_of(&[("COLORTERM", "truecolor"), ("NO_COLOR", "")]).colours, Colours::Truecolor);
        assert_eq!(theme_of(&[("COLORFGBG", "0;15")]).background, Background::Light);
    }

    #[test]
    fn families_stay_apart_in_every_palette() {
        for colours in [Colours::Truecolor, Colours::Indexed, Colours::Ansi] {
            for background in [Background::Dark, Background::Light] {
                let theme = Theme { colours, background, ascii: false };
                let paint = |family| Paint { family, shade: 0, muted: false, waits: false };
                let distinct: std::collections::HashSet<_> =
                    KernelFamily::ALL.iter().map(|&family| theme.event(paint(family)).fg).collect();
                assert_eq!(distinct.len(), KernelFamily::ALL.len(), "{colours:?} {background:?}");
            }
        }
    }

    #[test]
    fn indexed_colours_are_the_nearest() {
        assert_eq!(nearest_indexed(0, 0, 0), 16);
        assert_eq!(nearest_indexed(255, 255, 255), 231);
        assert_eq!(nearest_indexed(0x80, 0x80, 0x80), 244);
        assert_eq!(nearest_indexed(0xd7, 0x5f, 0x00), 166);
    }
}
