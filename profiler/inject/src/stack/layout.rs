//! Where each CPython keeps what a stack needs.
//!
//! Offsets of 3.9–3.12 were taken with `offsetof` from those versions' headers (`Include/cpython/frameobject.h`, `code.h`,
//! `pystate.h`, `Include/internal/pycore_frame.h`), which do not change within a minor version. From 3.13 on the interpreter
//! publishes them itself, in the `_Py_DebugOffsets` block at the start of `_PyRuntime` (`pycore_debug_offsets.h`).

use super::memory::read;

/// How a frame says which instruction it is at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Instruction {
    /// An `i32` that counts units of so many bytes: `f_lasti`.
    Index(i64),
    /// The address of the instruction inside the code object.
    Address,
}

/// How a code object says which line an instruction belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LineTable {
    /// `co_lnotab`, up to 3.9: (bytes, signed lines) pairs.
    Lnotab,
    /// `co_linetable` of 3.10: (bytes, signed lines or -128 for none) pairs (PEP 626).
    Deltas,
    /// `co_linetable` since 3.11: location entries (PEP 657).
    Locations,
}

/// What ends the frames of one run of the evaluation loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Entry {
    /// Every Python frame has its own run.
    EachFrame,
    /// A byte of the frame is non-zero in the outermost frame of a run.
    Flag(usize),
    /// A frame of the interpreter itself lies below; its owner byte, at this offset, is [`INTERPRETER_OWNED`] or more.
    ShimFrame(usize),
}

/// `FRAME_OWNED_BY_CSTACK` in 3.12 and 3.13, `FRAME_OWNED_BY_INTERPRETER` in 3.14 (`enum _frameowner`).
pub(super) const INTERPRETER_OWNED: u8 = 3;
/// `FRAME_OWNED_BY_GENERATOR`.
pub(super) const GENERATOR_OWNED: u8 = 1;

/// Offsets in bytes, for one version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the fields are named after CPython's")]
pub(super) struct Layout {
    /// Thread state → `cframe`, a record on the C stack of the running evaluation loop, in 3.10 to 3.12.
    pub cframe: Option<usize>,
    /// `cframe` → that of the loop that called this one, where nothing else tells the loops apart.
    pub cframe_previous: Option<usize>,
    /// Whether the current frame is found in `cframe` and not in the thread state.
    pub frame_in_cframe: bool,
    /// Thread state, or `cframe` → current frame.
    pub current_frame: usize,
    pub frame_previous: usize,
    pub frame_code: usize,
    pub frame_instruction: usize,
    pub instruction: Instruction,
    pub entry: Entry,
    /// `owner` of an interpreter frame, since 3.11.
    pub frame_owner: Option<usize>,
    pub code_first_line: usize,
    pub code_file: usize,
    pub code_name: usize,
    pub code_line_table: usize,
    pub line_table: LineTable,
    /// `co_version`, which no two code objects of a process share, since 3.12.
    pub code_version: Option<usize>,
    /// First byte of the code inside the code object, since 3.11.
    pub code_start: usize,
    /// `_co_firsttraceable`, since 3.11.
    pub code_first_traceable: Option<usize>,
    /// Size of `PyASCIIObject`, after which the text of an ASCII string follows.
    pub ascii_header: usize,
    /// Size of `PyCompactUnicodeObject`, after which the text of any other compact string follows.
    pub compact_header: usize,
}

/// `ob_type` in every object.
pub(super) const OBJECT_TYPE: usize = 8;
/// `length` in `PyASCIIObject`; `ob_size` in `PyVarObject`.
pub(super) const LENGTH: usize = 16;
/// `state` in `PyASCIIObject`.
pub(super) const UNICODE_STATE: usize = 32;
/// `ob_sval` in `PyBytesObject`.
pub(super) const BYTES_START: usize = 32;

const V3_10: Layout = Layout {
    cframe: Some(48),
    cframe_previous: Some(8),
    frame_in_cframe: false,
    current_frame: 24,
    frame_previous: 24,
    frame_code: 32,
    frame_instruction: 96,
    instruction: Instruction::Index(2),
    entry: Entry::EachFrame,
    frame_owner: None,
    code_first_line: 40,
    code_file: 104,
    code_name: 112,
    code_line_table: 120,
    line_table: LineTable::Deltas,
    code_version: None,
    code_start: 0,
    code_first_traceable: None,
    ascii_header: 48,
    compact_header: 72,
};

const V3_9: Layout = Layout {
    cframe: None,
    cframe_previous: None,
    frame_instruction: 104,
    instruction: Instruction::Index(1),
    line_table: LineTable::Lnotab,
    ..V3_10
};

const V3_11: Layout = Layout {
    cframe: Some(56),
    cframe_previous: Some(16),
    frame_in_cframe: true,
    current_frame: 8,
    frame_previous: 48,
    frame_code: 32,
    frame_instruction: 56,
    instruction: Instruction::Address,
    entry: Entry::Flag(68),
    frame_owner: Some(69),
    code_first_line: 72,
    code_file: 112,
    code_name: 128,
    code_line_table: 136,
    line_table: LineTable::Locations,
    code_version: None,
    code_start: 184,
    code_first_traceable: Some(168),
    ascii_header: 48,
    compact_header: 72,
};

const V3_12: Layout = Layout {
    cframe_previous: None,
    current_frame: 0,
    frame_previous: 8,
    frame_code: 0,
    entry: Entry::ShimFrame(70),
    frame_owner: Some(70),
    code_first_line: 68,
    code_version: Some(92),
    code_start: 192,
    code_first_traceable: Some(176),
    ascii_header: 40,
    compact_header: 56,
    ..V3_11
};

/// The layout of `version` (major, minor), with the address of `_PyRuntime` (0 where it is not found).
///
/// # Errors
/// Why there is none, as a sentence.
///
/// # Safety
/// `runtime` is 0 or the address of a live `_PyRuntime`.
pub(super) unsafe fn of_version(version: (u8, u8), runtime: usize) -> Result<Layout, String> {
    match version {
        (3, 9) => Ok(V3_9),
        (3, 10) => Ok(V3_10),
        (3, 11) => Ok(V3_11),
        (3, 12) => Ok(V3_12),
        // SAFETY: the caller's promise.
        (3, 13 | 14) => unsafe { published(version, runtime) },
        (major, minor) => Err(format!(
            "CPython {major}.{minor} is not known to this rustg (3.9 to 3.14 are); its Python frames were not recorded"
        )),
    }
}

/// The fields of `_Py_DebugOffsets` that are read, as indexes of its 64-bit words; the interpreter section has grown.
struct Published {
    interpreter_words: usize,
    frame_words: usize,
}

impl Published {
    const THREAD_CURRENT_FRAME: usize = 4;
    const FRAME_PREVIOUS: usize = 1;
    const FRAME_EXECUTABLE: usize = 2;
    const FRAME_INSTRUCTION: usize = 3;
    const FRAME_OWNER: usize = 5;
    const CODE_FILE: usize = 1;
    const CODE_QUALIFIED_NAME: usize = 3;
    const CODE_LINE_TABLE: usize = 4;
    const CODE_FIRST_LINE: usize = 5;
    const CODE_LOCALS_NAMES: usize = 7;
    const CODE_START: usize = 9;

    /// First words of the thread, frame and code sections: cookie, version, free-threading flag and the runtime section
    /// come first, then the interpreter's.
    fn sections(&self) -> (usize, usize, usize) {
        let thread = 3 + 3 + self.interpreter_words;
        let frame = thread + 9;
        (thread, frame, frame + self.frame_words)
    }
}

/// # Safety
/// As [`of_version`].
unsafe fn published(version: (u8, u8), runtime: usize) -> Result<Layout, String> {
    let shape = match version.1 {
        13 => Published { interpreter_words: 13, frame_words: 6 },
        _ => Published { interpreter_words: 16, frame_words: 8 },
    };
    let unreadable =
        |why: &str| Err(format!("CPython {}.{}: {why}; its Python frames were not recorded", version.0, version.1));
    if runtime == 0 {
        return unreadable("`_PyRuntime` is not exported");
    }
    // SAFETY: `_PyRuntime` is far longer than the block, which is at its start.
    let word = |index: usize| unsafe { read::<u64>(runtime + index * 8) };
    if word(0).to_ne_bytes() != *b"xdebugpy" {
        return unreadable("its debug offsets do not have the known mark");
    }
    let published_version = (word(1) >> 24) as u8 == version.0 && (word(1) >> 16) as u8 == version.1;
    if !published_version {
        return unreadable("its debug offsets are of another version");
    }
    if word(2) != 0 {
        return unreadable("free-threaded builds are not supported yet");
    }
    let (thread, frame, code) = shape.sections();
    let offset = |index: usize| word(index) as usize;
    let layout = Layout {
        cframe: None,
        frame_in_cframe: false,
        current_frame: offset(thread + Published::THREAD_CURRENT_FRAME),
        frame_previous: offset(frame + Published::FRAME_PREVIOUS),
        frame_code: offset(frame + Published::FRAME_EXECUTABLE),
        frame_instruction: offset(frame + Published::FRAME_INSTRUCTION),
        entry: Entry::ShimFrame(offset(frame + Published::FRAME_OWNER)),
        frame_owner: Some(offset(frame + Published::FRAME_OWNER)),
        code_first_line: offset(code + Published::CODE_FIRST_LINE),
        code_file: offset(code + Published::CODE_FILE),
        code_name: offset(code + Published::CODE_QUALIFIED_NAME),
        code_line_table: offset(code + Published::CODE_LINE_TABLE),
        // Both are neighbours of published fields in 3.13 and 3.14 (`Include/cpython/code.h`): `co_version` stands before
        // `co_localsplusnames`, `_co_firsttraceable` and `co_extra` before the code.
        code_version: offset(code + Published::CODE_LOCALS_NAMES).checked_sub(4),
        code_start: offset(code + Published::CODE_START),
        code_first_traceable: offset(code + Published::CODE_START).checked_sub(16),
        ..V3_12
    };
    let offsets = [
        layout.current_frame,
        layout.frame_previous,
        layout.frame_code,
        layout.frame_instruction,
        layout.code_first_line,
        layout.code_file,
        layout.code_name,
        layout.code_line_table,
        layout.code_start,
    ];
    if offsets.iter().any(|&offset| offset > 4096) || layout.code_file == 0 {
        return unreadable("its debug offsets are not plausible");
    }
    Ok(layout)
}
