//! PTX inside what toolkits make. The files are nvcc's (`fixtures/container/regenerate.sh`), all from one source.

use std::fs;
use std::path::{Path, PathBuf};

use rustg_ptx::container::{Container, ContainerError, ContainerKind, ImageKind, Packing, read};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/container").join(name)
}

fn file(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// PTX without what packing changes: comments, white space, the target, line information.
fn essence(ptx: &[u8]) -> String {
    let text = std::str::from_utf8(ptx).expect("PTX is text");
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or("").trim());
    let kept = lines
        .filter(|line| !line.is_empty() && ![".target", ".loc", ".file"].iter().any(|word| line.starts_with(word)));
    kept.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_packing_gives_the_text_that_the_compiler_wrote() {
    let plain = essence(&file("two.ptx"));
    assert!(plain.contains(".visible .entry scale(") && plain.contains("add.f32"), "{plain}");
    let both = |packing, kind| vec![("sm_80", packing, kind), ("sm_90a", packing, kind)];
    let cases = [
        ("two.ptx", ContainerKind::Text, vec![("", Packing::None, ImageKind::Ptx)]),
        ("none.fatbin", ContainerKind::Fatbin, both(Packing::None, ImageKind::Ptx)),
        ("lz4.fatbin", ContainerKind::Fatbin, both(Packing::Lz4, ImageKind::Ptx)),
        ("zstd.fatbin", ContainerKind::Fatbin, both(Packing::Zstd, ImageKind::Ptx)),
        ("stream.fatbin", ContainerKind::Fatbin, both(Packing::Zstd, ImageKind::Ptx)),
        ("all.fatbin", ContainerKind::Fatbin, both(Packing::Zstd, ImageKind::Ptx)),
        ("two.o", ContainerKind::Object, both(Packing::Zstd, ImageKind::Ptx)),
        ("relocatable.o", ContainerKind::Object, both(Packing::Zstd, ImageKind::Ptx)),
        ("library.so", ContainerKind::Object, both(Packing::Zstd, ImageKind::Ptx)),
        ("lines.cubin", ContainerKind::Cubin, vec![("sm_80", Packing::None, ImageKind::DebugPtx)]),
    ];
    for (name, kind, images) in cases {
        let bytes = file(name);
        let container = read(&bytes).unwrap_or_else(|error| panic!("{name} {error}"));
        assert_eq!(container.kind, kind, "{name}");
        let found: Vec<_> = container.ptx_images().map(|image| (image.target(), image.packing, image.kind)).collect();
        let found: Vec<_> = found.iter().map(|(target, packing, kind)| (target.as_str(), *packing, *kind)).collect();
        assert_eq!(found, images, "{name}");
        for image in container.ptx_images() {
            assert_eq!(image.version, (9, 5), "{name}");
            let text = image.text().unwrap_or_else(|error| panic!("{name} {error}"));
            assert_eq!(essence(&text), plain, "{name} {}", image.describe());
        }
    }
}

#[test]
fn an_archive_tells_the_member_of_each_image() {
    let bytes = file("archive.a");
    let container = read(&bytes).unwrap();
    assert_eq!(container.kind, ContainerKind::Archive);
    let members: Vec<_> = container.images.iter().map(|image| image.member.as_str()).collect();
    assert_eq!(members, ["two.o", "two.o", "relocatable.o", "relocatable.o"]);
    assert_eq!(container.images[3].describe(), "PTX 9.5 for sm_90a, relocatable.o");
    assert_eq!(container.images[3].options, "--compile-only");
}

#[test]
fn what_holds_no_ptx_says_what_it_holds() {
    let cases = [
        ("plain.cubin", ImageKind::Cubin, "the image holds machine code (SASS), no PTX"),
        ("link-time.o", ImageKind::Intermediate, "the image holds NVVM code for link-time optimisation, no PTX"),
    ];
    for (name, kind, said) in cases {
        let bytes = file(name);
        let container = read(&bytes).unwrap();
        assert_eq!(container.ptx_images().count(), 0);
        assert_eq!(container.images[0].kind, kind);
        assert_eq!(container.images[0].text().unwrap_err().to_string(), said);
    }
    let source = file("two.cu");
    assert_eq!(read(&source).unwrap_err(), ContainerError::Unknown);
    let own = fs::read(std::env::current_exe().unwrap()).unwrap();
    assert_eq!(read(&own).unwrap().images.len(), 0, "a host program without device code");
}

/// Everything a hostile file can reach.
fn read_all(bytes: &[u8]) -> Result<usize, ContainerError> {
    let Container { images, .. } = read(bytes)?;
    for image in &images {
        let (_, _) = (image.bytes(), image.text());
    }
    Ok(images.len())
}

#[test]
fn cut_and_damaged_files_are_refused_without_a_panic() {
    let full = std::env::var_os("RUSTG_TEST_FULL").is_some();
    let names =
        ["all.fatbin", "archive.a", "library.so", "lines.cubin", "lz4.fatbin", "none.fatbin", "stream.fatbin", "two.o"];
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    let (mut refused, mut read) = (0, 0);
    for name in names {
        let good = file(name);
        for _ in 0..if full { 20_000 } else { 300 } {
            let mut bad = good.clone();
            // Headers matter more than payloads: half of the damage is done there.
            for _ in 0..1 + next(4) {
                let headers = bad.windows(4).position(|word| word == 0xba55_ed50_u32.to_le_bytes()).unwrap_or(0);
                let at = if next(2) == 0 { headers + next(160) } else { next(bad.len()) };
                let at = at.min(bad.len() - 1);
                bad[at] = [0, 1, 0x7f, 0x80, 0xff, next(256) as u8][next(6)];
            }
            bad.truncate(if next(4) == 0 { next(bad.len()) } else { bad.len() });
            match read_all(&bad) {
                Ok(_) => read += 1,
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
            }
        }
    }
    assert!(
        refused > 100 && read > 100,
        "the damage is neither always fatal nor harmless: {refused} refused, {read} read"
    );
}

#[test]
fn a_claim_to_unpack_to_more_than_could_be_is_refused_before_memory_is_taken() {
    let mut bytes = file("zstd.fatbin");
    // Both entries' unpacked size (at 56 of the entry header, which follows the 16 bytes of the fatbin's).
    bytes[16 + 56..16 + 64].copy_from_slice(&(u64::MAX / 2).to_le_bytes());
    let error = read(&bytes).unwrap().images[0].text().unwrap_err();
    assert!(matches!(error, ContainerError::TooLarge { offset_bytes: 16, .. }), "{error}");
    bytes[16 + 56..16 + 64].copy_from_slice(&(900_u64 << 20).to_le_bytes());
    let error = read(&bytes).unwrap().images[0].text().unwrap_err();
    assert!(matches!(error, ContainerError::Unpack { .. }), "{error}");
    bytes[16 + 56..16 + 64].copy_from_slice(&7_u64.to_le_bytes());
    let error = read(&bytes).unwrap().images[0].text().unwrap_err();
    assert!(error.to_string().contains("instead of 7") || error.to_string().contains("Zstandard"), "{error}");
}
