//! The terminal screens: one program, one visual language, one file a screen.
//!
//! `update(&mut State, Msg) -> Vec<Cmd>` is pure: it reads no file and no clock. `view(&State, …)` cannot mutate. The loop
//! in [`run`](crate::run::run) performs the commands and posts what comes of them as messages, so a bug is a list of
//! messages and a recorded list is a test ([`headless`]).

pub mod app;
pub mod context;
pub mod draw;
pub mod flame;
pub mod headless;
mod help;
pub mod inspect;
pub mod kernels;
pub mod keys;
pub mod load;
pub mod message;
pub mod perform;
pub mod picture;
pub mod run;
pub mod screen;
pub mod surface;
pub mod telemetry;
pub mod terminal;
pub mod theme;
pub mod timeline;
pub mod top;

pub use app::{State, update, view};
pub use context::{Context, Loaded, Slot};
pub use load::Source;
pub use message::{Cmd, Goto, Msg};
pub use run::{Exit, Options, run};
pub use screen::{Screen, ScreenId};
pub use theme::{Background, Colours, Theme};
