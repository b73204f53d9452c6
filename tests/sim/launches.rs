//! Results of kernels against the same computed here, and the ways to say what is launched.

use std::fs;

use rustg_simulator::launch::{Element, npy};

use super::{fine, fixtures, sim, sim_in, words};

/// The elements of a buffer that the launch leaves, through a file.
pub fn result(line: &str, buffer: &str) -> Vec<u64> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("result.npy");
    let dump = format!("{buffer}={}", file.display());
    fine(&[&words(line)[..], &["--dump", &dump]].concat());
    let bytes = fs::read(&file).unwrap();
    let array = npy::parse(&bytes).unwrap();
    let (element, _) = array.element().expect("plain numbers");
    let count = array.data.len() / element.size_bytes();
    (0..count).map(|index| element.at(array.data, index)).collect()
}

pub fn floats(bits: Vec<u64>) -> Vec<f32> {
    bits.into_iter().map(|bits| f32::from_bits(bits as u32)).collect()
}

#[test]
fn sums_of_blocks_are_right() {
    let line =
        "reduction.ptx --kernel block_sum --grid 3 --block 256 --arg x=s32[700]:iota --arg sums=s32[3] --arg n=700";
    let sum = |from: u64, to: u64| (from..to).sum::<u64>();
    assert_eq!(result(line, "sums"), [sum(0, 256), sum(256, 512), sum(512, 700)]);
}

#[test]
fn products_of_matrices_are_right_by_both_kernels() {
    let n = 64;
    let at = |row: usize, column: usize, seed: usize| ((row * 7 + column * 3 + seed) % 11) as f32 - 5.0;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, seed: usize| {
        let numbers = (0..n * n).flat_map(|index| at(index / n, index % n, seed).to_le_bytes());
        let path = folder.path().join(name);
        fs::write(&path, npy::write(Element::F32, &[n as u64, n as u64], &numbers.collect::<Vec<u8>>())).unwrap();
        path.display().to_string()
    };
    let (a, b) = (write("a.npy", 1), write("b.npy", 4));
    let want: Vec<f32> =
        (0..n * n).map(|index| (0..n).map(|k| at(index / n, k, 1) * at(k, index % n, 4)).sum()).collect();
    for (kernel, shape) in [("sgemm_tiled", "--grid 4,4 --block 16,16"), ("sgemm_registers", "--grid 1,1 --block 256")]
    {
        let line =
            format!("sgemm.ptx --kernel {kernel} {shape} --arg n={n} --arg a={a} --arg b={b} --arg c=f32[{n},{n}]");
        assert_eq!(floats(result(&line, "c")), want, "{kernel}: whole numbers, so that no order of sums matters");
    }
}

#[test]
fn digests_are_those_of_the_standard() {
    let digests = result("sha256.ptx --grid 2 --block 32 --arg rounds=1 --arg digests=u32[512]", "digests");
    // SHA-256 of 00000000 and of 00000001, as sha256sum gives them.
    assert_eq!(digests[..4], [0xdf3f_6198, 0x04a9_2fdb, 0x4057_192d, 0xc43d_d748]);
    assert_eq!(digests[8..12], [0xb407_11a8, 0x8c70_3975, 0x6fb8_a738, 0x27ea_be2c]);
    let again = result("sha256.ptx --grid 1 --block 32 --arg rounds=2 --arg digests=u32[256]", "digests");
    assert_ne!(again[..4], digests[..4]);
}

#[test]
fn bytes_are_counted_and_sequences_measured() {
    let counts = result(
        "histogram.ptx --kernel histogram --grid 2 --block 256 --arg bytes=u8[5000]:range:0:16:3 --arg n=5000 --arg counts=u32[256]",
        "counts",
    );
    assert_eq!(counts.iter().sum::<u64>(), 5000);
    assert!(
        counts[..16].iter().all(|count| *count > 200) && counts[16..].iter().all(|count| *count == 0),
        "{counts:?}"
    );

    let steps = result("divergence.ptx --kernel collatz --grid 2 --block 48 --arg steps=u32[96]", "steps");
    let collatz = |mut n: u64| {
        let mut steps = 0;
        while n != 1 {
            n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 };
            steps += 1;
        }
        steps
    };
    assert_eq!(steps, (1..=96).map(collatz).collect::<Vec<u64>>());
}

#[test]
fn a_lock_between_lanes_of_a_warp_makes_progress() {
    let line = "divergence.ptx --kernel locked_count --grid 3 --block 40 --arg lock=s32[1] --arg count=s32[1] --steps 10000000";
    assert_eq!(result(line, "count"), [120]);
    assert_eq!(result(&format!("{line} --seed 9"), "count"), [120]);
}

#[test]
fn structs_null_and_pointers_into_buffers_are_passed() {
    let line = "structs.ptx --grid 1 --block 8 --arg scale={f32:2,u8:1,f64:0.5,@table} --arg x=f32[8]:iota --arg y=f32[8] --arg skip=null";
    // The struct's pointer leads to a buffer that no parameter takes by itself.
    let nested = line.replace("@table", "f32[4]:iota:100:100");
    let want: Vec<f32> = (0..8).map(|i| i as f32 * 2.0 + 100.0 * (1 + i / 2) as f32 + 0.5).collect();
    assert_eq!(floats(result(&nested, "y")), want);
    let skipping = nested.replace("skip=null", "skip=s32[8]:[0,1,0,0,0,0,0,1]");
    let skipped = floats(result(&skipping, "y"));
    assert_eq!((skipped[1], skipped[7], skipped[2]), (0.0, 0.0, want[2]));
    let unknown = sim(&words(line));
    assert!(unknown.code == 2 && unknown.stderr.contains("there is no argument 'table'"), "{}", unknown.stderr);
}

#[test]
fn kernels_are_chosen_by_the_names_people_use() {
    let launch = "--grid 1 --block 4 --arg x=f32[4] --arg 2.5 --dump x";
    let twos = fine(&[&["templates.ptx", "--kernel", "fill<float>"], &words(launch)[..]].concat());
    assert!(twos.contains("2.5 2.5 2.5 2.5"), "{twos}");
    let twice = fine(&words("templates.ptx --kernel twice --grid 1 --block 4 --arg x=s32[4]:iota --dump x"));
    assert!(twice.contains("0 2 4 6"), "{twice}");
    let several = sim(&words("templates.ptx --kernel fill"));
    assert!(several.code == 2 && several.stderr.contains("several kernels are called fill"), "{}", several.stderr);
    let listed = sim(&["templates.ptx"]);
    assert!(listed.stderr.contains("void fill<float>(float*, float)"), "{}", listed.stderr);
    let wrong = sim(&words("reduction.ptx --kernel block_sums"));
    assert!(wrong.stderr.contains("did you mean block_sum?"), "{}", wrong.stderr);
}

#[test]
fn a_launch_file_says_the_same_as_options() {
    let folder = tempfile::tempdir().unwrap();
    let ptx = fixtures().join("saxpy.ptx");
    let launch = format!(
        "file = '{}'\ngrid = 4\nblock = 256\n[args]\nn = 1024\na = 2\nx = 'f32[1024]:iota'\ny = 'f32[1024]:ones'\n\
         [expect]\ny = 'iota:1:2'\n[dump]\ny = 'y.npy'\n",
        ptx.display()
    );
    fs::write(folder.path().join("launch.toml"), launch).unwrap();
    let ended = sim_in(folder.path(), &["launch.toml"]);
    assert!(
        ended.code == 0 && ended.stdout.contains("all 1024 elements as expected"),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    assert!(folder.path().join("y.npy").exists());
    // Options stand over the file.
    let over = sim_in(folder.path(), &["launch.toml", "--arg", "n=1000", "--grid", "5"]);
    assert!(over.code == 1 && over.stdout.contains("24 of 1024 elements differ"), "{}{}", over.stdout, over.stderr);
    fs::write(folder.path().join("wrong.toml"), "file = 'x.ptx'\nblocks = 3\n").unwrap();
    let wrong = sim_in(folder.path(), &["wrong.toml"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("unknown field `blocks`"), "{}", wrong.stderr);
}

#[test]
fn kernels_come_out_of_whatever_builds_leave() {
    let containers = fixtures().join("../../../compiler/ptx/tests/fixtures/container");
    let launch =
        words("--kernel scale --grid 1 --block 32 --arg x=f32[32]:iota --arg by=3 --arg n=32 --expect x=iota:0:3");
    for name in [
        "two.ptx",
        "none.fatbin",
        "lz4.fatbin",
        "zstd.fatbin",
        "stream.fatbin",
        "lines.cubin",
        "two.o",
        "library.so",
        "archive.a",
    ] {
        let ended = sim_in(&containers, &[&[name], &launch[..]].concat());
        assert_eq!(ended.code, 0, "{name}: {}{}", ended.stdout, ended.stderr);
    }
    let chosen = sim_in(&containers, &[&["two.o", "--arch", "sm_90a"], &launch[..]].concat());
    assert_eq!(chosen.code, 0, "{}", chosen.stderr);
    let refused = sim_in(&containers, &[&["two.o", "--arch", "sm_70"], &launch[..]].concat());
    assert!(
        refused.code == 2 && refused.stderr.contains("no PTX for sm_70; there is some for sm_80, sm_90a"),
        "{}",
        refused.stderr
    );
    let plain = sim_in(&containers, &["plain.cubin"]);
    assert!(
        plain.code == 2 && plain.stderr.contains("holds no PTX, only machine code (SASS) for sm_80"),
        "{}",
        plain.stderr
    );
}

#[test]
fn wrong_usage_is_refused_with_the_way_out() {
    let saxpy = "saxpy.ptx --grid 4 --block 256";
    for (line, said) in [
        ("saxpy.cu", "is neither PTX nor a fatbin"),
        ("no-such.ptx", "No such file"),
        (&format!("{saxpy} --arg 1 --arg 2 --arg null --arg f32[4]:none.npy"), "none.npy: No such file"),
        (&format!("{saxpy} --arg 1 --arg 2 --arg f33[4] --arg null"), "'f33' is no element type"),
        (&format!("{saxpy} --arg 1 --arg 2 --arg null --arg null --arg 5"), "is one too many: saxpy takes 4"),
        (
            &format!("{saxpy} --arg 1 --arg 2 --arg x=f32[4] --arg null --dump z"),
            "--dump z: no argument's buffer is called so; there are x",
        ),
        (&format!("{saxpy} --arg 1 --arg u32:2 --arg null --arg null"), "is f32 and cannot take u32"),
        (&format!("{saxpy} --arg 1 --arg 2 --arg f32[2000000000] --arg null --memory 1G"), "--memory raises it"),
        ("saxpy.ptx --grid 1 --block 2048 --arg 1 --arg 2 --arg null --arg null", "1 to 1024"),
        ("saxpy.ptx --grid 0 --block 1", "'0' is no size"),
        (&format!("{saxpy} --arg 1 --arg 2 --arg null --arg null --check none --tolerance near"), "is no tolerance"),
    ] {
        let ended = sim(&words(line));
        assert_eq!(ended.code, 2, "{line}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains(said), "{line}: {}", ended.stderr);
    }
}

#[test]
fn what_the_machine_does_not_do_is_refused_by_name_when_it_is_reached() {
    let ended = sim(&words("dynamic.ptx --kernel parent --grid 1 --block 32 --arg x=s32[32]"));
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let said = "the simulator does not execute a call of `__cudaCDP2GetParameterBufferV2`";
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
}

#[test]
fn a_panic_of_a_kernel_of_ours_is_told_with_its_place_block_and_thread() {
    let file = crate::program::root().join("compiler/codegen/tests/cases/saxpy.ptx");
    let file = file.to_str().unwrap();
    let launch = words("--grid 2 --block 32 --arg 2 --arg x=f32[40]:iota --arg u64:40 --arg y=f32[64] --arg u64:64");
    let ended = sim(&[&[file][..], &launch].concat());
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    for part in [
        "error[panic]: the kernel panicked at core/slice.rs:20:5",
        "@!%p2 bra $L_cold0;",
        "thread (8,0,0) of block (1,0,0) panics here",
        "inlined at saxpy.rs:6:9",
        "it reports 0x28, 0x28",
    ] {
        assert!(ended.stdout.contains(part), "{part:?} in\n{}", ended.stdout);
    }
    let fine = words("--grid 2 --block 32 --arg 2 --arg x=f32[64]:iota --arg u64:64 --arg y=f32[64] --arg u64:64");
    assert_eq!(sim(&[&[file][..], &fine].concat()).code, 0, "no panic, no finding");
}
