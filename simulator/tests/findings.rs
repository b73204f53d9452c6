//! Findings and their renderings, from events about a small module.

use rustg_simulator::check::{Checker, CheckerSetup, Checks, Findings, RULES, Subject, render};
use rustg_simulator::observe::{
    Access, AccessKind, Action, AllocationInfo, Fault, FaultKind, Observer, Proxy, Scope, Semantics, Site, Space,
    SyncEvent, WaitReason, Waiter,
};

const PTX: &str = r#".version 8.0
.target sm_90
.address_size 64
.file 1 "k.cu"
.file 2 "h.h"
.visible .entry k(.param .u64 p)
{
	.reg .b32 %r<4>;
	.reg .b64 %rd<3>;
	.shared .align 4 .b8 tile[256];
	.loc 1 3 5
	mov.u32 %r1, %tid.x;
	.loc 1 4 5
	st.shared.u32 [tile], %r1;
	.loc 1 5 7
	.loc 2 2 3, function_name $L__info_string0, inlined_at 1 5 7
	ld.shared.u32 %r2, [tile];
	.loc 1 6 1
	ret;
}
"#;

const SOURCE: &str = "// k\n__global__ void k() {\n    int t = threadIdx.x;\n    tile[t] = t;\n    y = read(t);\n}\n";
const HEADER: &str = "int read(int t) {\n  return tile[t ^ 1];\n}\n";

fn module() -> rustg_ptx::Module {
    let (module, diagnostics) = rustg_ptx::parse(PTX.as_bytes());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    module
}

fn subject(module: &rustg_ptx::Module) -> Subject<'_> {
    Subject {
        module,
        text: PTX,
        path: "k.ptx",
        grid: [2, 1, 1],
        block: [8, 8, 1],
        allocations: vec![AllocationInfo { name: "y".into(), address: 0x1000, size_bytes: 4096, freed: false }],
        shared: vec![("tile".into(), 0, 256)],
        seed: 7,
        replay: Some("rustg sim k.ptx --seed 7".into()),
    }
}

fn access(checker: &mut Checker, pc: u32, warp: u16, lanes: u32, kind: AccessKind, value: u32) {
    let addresses = std::array::from_fn(|lane| 4 * lane as u64);
    let values = [rustg_simulator::lanes::Row::splat(value)];
    let access = Access {
        space: Space::Shared,
        kind,
        lanes,
        addresses: &addresses,
        size_bytes: 4,
        element_bytes: 4,
        semantics: Semantics::Weak,
        scope: Scope::None,
        proxy: Proxy::Generic,
        values: &values,
        old: &[],
    };
    checker.access(Site { block: 1, warp, function: 0, pc, step: u64::from(pc) * 10 + u64::from(warp) }, &access);
}

/// A write of warp 0, read by warp 1, unordered.
fn raced(checks: Checks) -> Findings {
    let module = module();
    let mut checker = Checker::new(&CheckerSetup { checks, ..CheckerSetup::default() });
    let site = Site { block: 1, ..Site::default() };
    checker.sync(Site::default(), &SyncEvent::KernelBegin { blocks: 2, threads: 64, cluster: 1 });
    checker.sync(site, &SyncEvent::BlockBegin { shared_bytes: 256, cluster: &[1] });
    access(&mut checker, 1, 0, u32::MAX, AccessKind::Store, 0x2a);
    access(&mut checker, 2, 1, u32::MAX, AccessKind::Load, 0x2a);
    checker.findings(&subject(&module))
}

fn read_source(path: &str) -> Option<String> {
    match path {
        "k.cu" => Some(SOURCE.to_owned()),
        "h.h" => Some(HEADER.to_owned()),
        _ => None,
    }
}

fn shown(findings: &Findings, read: &dyn Fn(&str) -> Option<String>) -> String {
    let module = module();
    render::text(findings, &subject(&module), &mut render::Sources::new(read), false)
}

#[test]
fn a_race_shows_both_lines_both_threads_both_values_and_the_replay() {
    let text = shown(&raced(Checks::ALL), &read_source);
    for part in [
        "error[race]: data race in shared memory: `tile` at byte 0 is written and read by two warps of a block, unordered",
        "h.h:2:3",
        "return tile[t ^ 1];",
        "thread (0,4,0) of block (1,0,0) reads 4 bytes, value 0x2a (warp 1, lane 0, step 21)",
        "k.cu:4:5",
        "tile[t] = t;",
        "thread (0,0,0) of block (1,0,0) writes 4 bytes, value 0x2a (warp 0, lane 0, step 10)",
        "inlined at k.cu:5:7",
        "k.ptx:17: `ld.shared.u32 %r2, [tile]`",
        "add `__syncthreads()` between the two accesses",
        "seed 7; replay: rustg sim k.ptx --seed 7",
    ] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
}

#[test]
fn without_source_texts_the_ptx_is_quoted() {
    let text = shown(&raced(Checks::ALL), &|_| None);
    for part in ["k.ptx:17:", "ld.shared.u32 %r2, [tile]", "st.shared.u32 [tile], %r1;", "source line: h.h:2:3"] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
}

#[test]
fn a_check_that_is_off_finds_nothing() {
    let findings = raced(Checks { races: false, ..Checks::ALL });
    assert!(findings.findings.is_empty(), "{findings:?}");
    assert_eq!(shown(&findings, &read_source), "");
}

#[test]
fn json_has_the_places_and_the_threads() {
    let module = module();
    let json = render::json(&raced(Checks::ALL), &subject(&module));
    let finding = &json["findings"][0];
    assert_eq!(finding["code"], "race");
    assert_eq!(finding["places"][0]["source"]["path"], "h.h");
    assert_eq!(finding["places"][0]["inlined_at"][0]["line"], 5);
    assert_eq!(finding["places"][1]["ptx"]["line"], 14);
    assert_eq!(finding["threads"][0]["thread"], serde_json::json!([0, 4, 0]));
    assert_eq!(finding["threads"][1]["access"]["action"], "store");
    assert_eq!(finding["threads"][1]["access"]["value"], 0x2a);
    assert_eq!(json["seed"], 7);
}

/// What the SARIF 2.1.0 schema requires of the objects that are used.
#[test]
fn sarif_has_the_properties_that_its_schema_requires() {
    let module = module();
    let log = render::sarif(&raced(Checks::ALL), &subject(&module));
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules are an array");
    assert!(run["tool"]["driver"]["name"].is_string());
    assert_eq!(rules.len(), RULES.len());
    for rule in rules {
        assert!(rule["id"].is_string() && rule["shortDescription"]["text"].is_string(), "{rule}");
    }
    assert!(run["invocations"][0]["executionSuccessful"].is_boolean());
    let results = run["results"].as_array().expect("results are an array");
    assert_eq!(results.len(), 1);
    for result in results {
        assert!(result["message"]["text"].as_str().is_some_and(|text| text.contains("data race")), "{result}");
        assert!(["error", "warning", "note", "none"].contains(&result["level"].as_str().unwrap_or("")), "{result}");
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["occurrenceCount"].as_u64().is_some_and(|count| count >= 1));
        let places = ["locations", "relatedLocations"].map(|key| result[key].as_array().cloned().unwrap_or_default());
        assert_eq!(places.each_ref().map(Vec::len), [1, 2], "{result}");
        for place in places.concat() {
            let physical = &place["physicalLocation"];
            assert!(physical["artifactLocation"]["uri"].as_str().is_some_and(|uri| !uri.contains(' ')), "{place}");
            assert!(physical["region"]["startLine"].as_u64().is_some_and(|line| line >= 1), "{place}");
        }
    }
}

fn fault(lanes: u32, kind: FaultKind) -> String {
    let module = module();
    let mut checker = Checker::new(&CheckerSetup::default());
    let site = Site { pc: 1, ..Site::default() };
    assert_eq!(checker.fault(site, &Fault { lanes, kind: kind.clone() }), Action::Continue);
    checker.fault(site, &Fault { lanes, kind });
    let findings = checker.findings(&subject(&module));
    assert_eq!(findings.findings.len(), 1, "one finding for one place");
    assert_eq!(findings.findings[0].count, 2);
    render::text(&findings, &subject(&module), &mut render::Sources::new(&read_source), false)
}

#[test]
fn out_of_bounds_names_the_nearest_allocation_and_the_distance() {
    let y = AllocationInfo { name: "y".into(), address: 0x1000, size_bytes: 4096, freed: false };
    let bounds = |address, nearest: Option<&AllocationInfo>| {
        let kind = AccessKind::Store;
        let nearest = nearest.cloned();
        fault(1, FaultKind::OutOfBounds { space: Space::Global, kind, address, size_bytes: 4, nearest })
    };
    for (address, part) in [
        (0x2004, "4 bytes past the end of `y` (4096 bytes)"),
        (0x2000, "right behind the end of `y` (4096 bytes)"),
        (0xff8, "8 bytes before the start of `y` (4096 bytes)"),
        (0x1ffe, "its last 2 bytes past the end of `y` (4096 bytes)"),
    ] {
        let text = bounds(address, Some(&y));
        assert!(text.contains("error[out-of-bounds]") && text.contains(part), "{part:?} in\n{text}");
    }
    let text = bounds(0x1010, Some(&AllocationInfo { freed: true, ..y }));
    assert!(text.contains("error[use-after-free]: write of `y` (4096 bytes) after it was freed"), "{text}");
    assert!(bounds(0x10, None).contains("no allocation is near"));
}

#[test]
fn a_deadlock_says_who_waits_for_what() {
    let waiter = |pc, lanes, reason| Waiter { site: Site { pc, ..Site::default() }, lanes, reason };
    let barrier = WaitReason::Barrier { barrier: 0, arrived: 32, expected: 64 };
    let warp = WaitReason::WarpSync { mask: u32::MAX, missing: 0xffff };
    let text =
        fault(1, FaultKind::Deadlock { waiting: vec![waiter(1, u32::MAX, barrier), waiter(2, 0xffff_0000, warp)] });
    for part in [
        "error[deadlock]: deadlock: 48 threads wait and none can go on",
        "waits for barrier 0, which 32 of 64 threads have reached",
        "16 threads (among them thread (0,2,0) of block (0,0,0)) wait at h.h:2:3 for lanes 0–15 of the mask 0xffffffff",
    ] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
}

#[test]
fn every_other_fault_has_words() {
    for (kind, part) in [
        (FaultKind::DivisionByZero, "error[division-by-zero]"),
        (FaultKind::ShuffleInactive { sources: 0xf0 }, "reads lanes 4–7, which did not execute this shuffle"),
        (FaultKind::BadMask { mask: 0xff, active: 0xffff, ended: 0 }, "lanes 8–15 are not in the mask"),
        (FaultKind::BadMask { mask: 0xffff, active: 0xff, ended: 0xff00 }, "names lanes that have ended"),
        (FaultKind::BarrierDivergence { barrier: 0, live: u32::MAX }, "error[divergent-barrier]"),
        (FaultKind::Trap, "error[trap]"),
        (FaultKind::StepBudget { steps: 10 }, "more than 10 warp instructions"),
        (FaultKind::Unsupported { what: "`wgmma`".into() }, "does not execute `wgmma`"),
        (
            FaultKind::Misaligned { space: Space::Shared, kind: AccessKind::Load, address: 2, align_bytes: 4 },
            "error[misaligned]: misaligned read of shared memory",
        ),
    ] {
        let text = fault(1, kind);
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
}
