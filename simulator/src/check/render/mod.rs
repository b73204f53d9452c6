//! Findings as text, JSON and SARIF.

mod json;
mod sarif;
mod text;

pub use json::json;
pub use sarif::sarif;
pub use text::{Sources, text};

use super::subject::Subject;
use crate::observe::{AccessKind, Scope};

fn action(kind: AccessKind) -> &'static str {
    match kind {
        AccessKind::Load => "load",
        AccessKind::Store => "store",
        AccessKind::Atomic => "atomic",
        AccessKind::Reduction => "reduction",
        AccessKind::AsyncRead => "async-read",
        AccessKind::AsyncWrite => "async-write",
    }
}

fn scope(scope: Scope) -> Option<&'static str> {
    match scope {
        Scope::None => None,
        Scope::Block => Some("cta"),
        Scope::Cluster => Some("cluster"),
        Scope::Gpu => Some("gpu"),
        Scope::System => Some("sys"),
    }
}

/// How to see the same again.
fn replay(subject: &Subject<'_>) -> String {
    match &subject.replay {
        Some(command) => format!("seed {}; replay: {command}", subject.seed),
        None => format!("seed {}", subject.seed),
    }
}
