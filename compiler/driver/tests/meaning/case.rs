//! What is compared: source text with functions `fn(u64) -> u64`, called with the same inputs everywhere.

/// What every test is called with.
pub const INPUTS: &[u64] = &[
    0,
    1,
    2,
    3,
    5,
    7,
    8,
    31,
    32,
    33,
    63,
    64,
    65,
    100,
    127,
    128,
    129,
    255,
    256,
    1000,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x3f80_0000,
    0x7f80_0000,
    0x4009_21fb_5444_2d18,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xdead_beef_0123_4567,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
];

/// What a call did: its value, or the panic's message and line.
pub type Outcome = Result<u64, (String, u32)>;

/// One source file.
pub struct Case {
    /// The file's name, also the module's.
    pub name: String,
    /// The source; a file of its own on the host, the crate's root with kernels behind it on the device.
    pub text: String,
    /// Paths of the functions that are called.
    pub tests: Vec<String>,
}

impl Case {
    /// The source with a kernel for each test behind it: `run_0`, `run_1` …
    pub fn with_kernels(&self) -> String {
        let mut text = self.text.clone();
        for (number, test) in self.tests.iter().enumerate() {
            text += &format!(
                "
#[kernel]
pub fn run_{number}(inputs: &[u64], mut results: rustg::DisjointSlice<u64>) {{
    let i = rustg::prelude::thread::index_1d();
    if let Some(result) = results.get_mut(i) {{
        *result = {test}(inputs[i.get()]);
    }}
}}
"
            );
        }
        text
    }
}
