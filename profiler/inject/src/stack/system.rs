//! The few functions of the C library and the dynamic linker that reading stacks needs.

use std::ffi::{CStr, c_char, c_int, c_void};

#[repr(C)]
struct SymbolInfo {
    file: *const c_char,
    base: *mut c_void,
    symbol: *const c_char,
    address: *mut c_void,
}

/// The head of `struct dl_phdr_info` (`link.h`).
#[repr(C)]
struct LoadedObject {
    base: usize,
    name: *const c_char,
    headers: *const ProgramHeader,
    header_count: u16,
    loads: u64,
    unloads: u64,
}

/// `Elf64_Phdr` (`elf.h`).
#[repr(C)]
struct ProgramHeader {
    kind: u32,
    flags: u32,
    file_offset: u64,
    address: u64,
    physical: u64,
    file_size: u64,
    size: u64,
    align: u64,
}

const LOAD: u32 = 1;
const NOTE: u32 = 4;

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlopen(file: *const c_char, flags: c_int) -> *mut c_void;
    fn dladdr(address: *const c_void, info: *mut SymbolInfo) -> c_int;
    fn dl_iterate_phdr(
        visit: unsafe extern "C" fn(*const LoadedObject, usize, *mut c_void) -> c_int,
        data: *mut c_void,
    ) -> c_int;
    fn pthread_self() -> usize;
    fn pthread_getattr_np(thread: usize, attributes: *mut ThreadAttributes) -> c_int;
    fn pthread_attr_getstack(attributes: *const ThreadAttributes, low: *mut usize, size: *mut usize) -> c_int;
    fn pthread_attr_destroy(attributes: *mut ThreadAttributes) -> c_int;
}

/// `pthread_attr_t`: 56 bytes on x86-64, 64 on AArch64.
#[repr(C, align(8))]
struct ThreadAttributes([u8; 64]);

const RTLD_LAZY: c_int = 1;
const RTLD_NOLOAD: c_int = 4;

/// The address of a symbol of the process: of the global scope, or of a libpython that was loaded privately.
pub(super) fn symbol(name: &CStr) -> Option<usize> {
    // SAFETY: RTLD_DEFAULT (null) and a C string.
    let found = unsafe { dlsym(std::ptr::null_mut(), name.as_ptr()) } as usize;
    if found != 0 {
        return Some(found);
    }
    let mut library = None;
    for_each_object(|object| {
        let file = object.path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        if file.starts_with(b"libpython3") && library.is_none() {
            library = object.path_text.map(CStr::to_owned);
        }
    });
    let library = library?;
    // SAFETY: RTLD_NOLOAD only takes another handle of what is loaded; it is kept for ever, as the symbols are.
    let found = unsafe {
        let handle = dlopen(library.as_ptr(), RTLD_LAZY | RTLD_NOLOAD);
        if handle.is_null() { return None } else { dlsym(handle, name.as_ptr()) }
    };
    (!found.is_null()).then_some(found as usize)
}

/// A file that is loaded in this process.
pub(super) struct Object<'a> {
    /// What the addresses of its ELF headers are relative to.
    pub base: usize,
    /// Its path, empty for the program itself.
    pub path: &'a [u8],
    path_text: Option<&'a CStr>,
    headers: &'a [ProgramHeader],
}

impl Object<'_> {
    /// Whether an address lies in it.
    pub fn contains(&self, address: usize) -> bool {
        self.headers.iter().any(|header| {
            header.kind == LOAD
                && address.wrapping_sub(self.base.wrapping_add(header.address as usize)) < header.size as usize
        })
    }

    /// Its GNU build id (an ELF note of type 3, owner "GNU"), empty without.
    pub fn build_id(&self) -> &[u8] {
        let notes = self.headers.iter().filter(|header| header.kind == NOTE);
        for header in notes {
            let (start, size) = (self.base.wrapping_add(header.address as usize), header.size as usize);
            // SAFETY: a note segment of a loaded object is mapped for its size.
            let note = unsafe { std::slice::from_raw_parts(start as *const u8, size) };
            if let Some(id) = gnu_build_id(note) {
                return id;
            }
        }
        &[]
    }
}

fn gnu_build_id(mut notes: &[u8]) -> Option<&[u8]> {
    const BUILD_ID: u32 = 3;
    loop {
        let word = |at: usize| Some(u32::from_ne_bytes(notes.get(at..at + 4)?.try_into().ok()?));
        let (name_size, size, kind) = (word(0)? as usize, word(4)? as usize, word(8)?);
        let start = 12 + name_size.checked_next_multiple_of(4)?;
        let id = notes.get(start..start.checked_add(size)?)?;
        if kind == BUILD_ID && notes.get(12..16) == Some(b"GNU\0") {
            return Some(&id[..size.min(64)]);
        }
        notes = notes.get(start + size.checked_next_multiple_of(4)?..)?;
    }
}

/// Visits the files that are loaded in this process, the program first.
pub(super) fn for_each_object<F: FnMut(&Object)>(mut visit: F) {
    unsafe extern "C" fn each<F: FnMut(&Object)>(info: *const LoadedObject, _size: usize, data: *mut c_void) -> c_int {
        // SAFETY: the linker passes a valid record, whose name and headers live as long as the call; `data` is the closure
        // that `for_each_object` lent.
        let (object, visit) = unsafe {
            let info = &*info;
            let path_text = (!info.name.is_null()).then(|| CStr::from_ptr(info.name));
            let headers = match info.headers.is_null() {
                true => &[][..],
                false => std::slice::from_raw_parts(info.headers, info.header_count.into()),
            };
            let path = path_text.map_or(&[][..], CStr::to_bytes);
            (Object { base: info.base, path, path_text, headers }, &mut *data.cast::<F>())
        };
        visit(&object);
        0
    }
    // SAFETY: `each` has the signature and gets the closure it expects, which outlives the call.
    unsafe { dl_iterate_phdr(each::<F>, (&raw mut visit).cast()) };
}

/// How many files have been unloaded from this process.
pub(super) fn unload_count() -> u64 {
    unsafe extern "C" fn first(info: *const LoadedObject, size: usize, data: *mut c_void) -> c_int {
        // SAFETY: the linker passes a valid record of `size` bytes; `data` is the caller's number.
        unsafe {
            if size >= std::mem::size_of::<LoadedObject>() {
                *data.cast::<u64>() = (*info).unloads;
            }
        }
        1
    }
    let mut unloads = 0u64;
    // SAFETY: `first` has the signature and gets the number it expects.
    unsafe { dl_iterate_phdr(first, (&raw mut unloads).cast()) };
    unloads
}

/// The start of the exported function that an address lies in, 0 where none is known.
pub(super) fn exported_function(address: usize) -> usize {
    let mut info = SymbolInfo {
        file: std::ptr::null(),
        base: std::ptr::null_mut(),
        symbol: std::ptr::null(),
        address: std::ptr::null_mut(),
    };
    // SAFETY: any address may be asked for; the record is written by the call.
    let found = unsafe { dladdr(address as *const c_void, &mut info) };
    if found == 0 { 0 } else { info.address as usize }
}

/// The calling thread's stack as (low, high); (0, 0) where it cannot be told.
pub(super) fn thread_stack() -> (usize, usize) {
    let mut attributes = ThreadAttributes([0; 64]);
    let (mut low, mut size) = (0, 0);
    // SAFETY: the attributes are written by the first call, read by the second, freed by the third.
    unsafe {
        if pthread_getattr_np(pthread_self(), &mut attributes) != 0 {
            return (0, 0);
        }
        let failed = pthread_attr_getstack(&attributes, &mut low, &mut size) != 0;
        pthread_attr_destroy(&mut attributes);
        if failed { (0, 0) } else { (low, low + size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_a_loaded_object_with_its_own_code_in_it() {
        let code = the_program_is_a_loaded_object_with_its_own_code_in_it as *const () as usize;
        let mut found = 0;
        for_each_object(|object| found += usize::from(object.contains(code)));
        assert_eq!(found, 1);
    }

    #[test]
    fn a_local_variable_is_on_the_thread_stack() {
        let here = 0u8;
        let (low, high) = thread_stack();
        assert!((low..high).contains(&((&raw const here) as usize)));
    }

    #[test]
    fn truncated_notes_have_no_build_id() {
        let mut note = Vec::new();
        for word in [4u32, 4, 3] {
            note.extend(word.to_ne_bytes());
        }
        note.extend(b"GNU\0\x01\x02\x03\x04");
        assert_eq!(gnu_build_id(&note), Some(&[1, 2, 3, 4][..]));
        for length in 0..note.len() {
            assert_eq!(gnu_build_id(&note[..length]), None);
        }
        note[4..8].copy_from_slice(&u32::MAX.to_ne_bytes());
        assert_eq!(gnu_build_id(&note), None);
    }
}
