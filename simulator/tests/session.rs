//! Stepping: positions, breakpoints, watchpoints and snapshots.

mod support;

use rustg_simulator::Unobserved;
use rustg_simulator::device::LaunchShape;
use rustg_simulator::observe::Space;
use rustg_simulator::session::{Breakpoint, Session, Stopped, Watchpoint};
use support::{Bench, Value};

fn bench() -> (Bench, Vec<u8>, u64) {
    let mut bench = Bench::new(include_bytes!("fixtures/basics.ptx"));
    let (lock, counter) = (bench.words("lock", &[0]), bench.words("counter", &[0]));
    let parameters = bench.parameters("spinlock", &[&lock, &counter]);
    let Value::Pointer(counter) = counter else { unreachable!() };
    (bench, parameters, counter)
}

#[test]
fn pauses_change_nothing() {
    let shape = LaunchShape::linear(3, 96);
    let (mut straight, parameters, counter) = bench();
    let report = straight.device.launch(&straight.module, "spinlock", &shape, &parameters).unwrap();
    let (mut stepped, parameters, _) = bench();
    let mut session =
        Session::start(&mut stepped.device, &stepped.module, "spinlock", &shape, &parameters, Unobserved).unwrap();
    let mut at = 0;
    while session.run_to(at).unwrap() != Stopped::Done {
        assert_eq!(session.position(), at);
        at += 37;
    }
    assert_eq!(session.position(), report.steps);
    assert_eq!(stepped.device.download(counter, 4).unwrap(), straight.device.download(counter, 4).unwrap());
}

#[test]
fn a_watchpoint_sees_every_write_and_a_snapshot_brings_the_moment_back() {
    let (mut bench, parameters, counter) = bench();
    let shape = LaunchShape::linear(1, 32);
    let mut session =
        Session::start(&mut bench.device, &bench.module, "spinlock", &shape, &parameters, Unobserved).unwrap();
    session.watchpoints.push(Watchpoint {
        space: Space::Global,
        address: counter,
        size_bytes: 4,
        block: 0,
        reads: false,
        writes: true,
    });
    let value = |session: &mut Session<'_, Unobserved>| session.device().download(counter, 4).unwrap()[0];
    let mut kept = None;
    for write in 1..=32 {
        let Stopped::Watchpoint(0, _, lanes) = session.run_to(u64::MAX).unwrap() else { panic!("write {write}") };
        assert_eq!((value(&mut session), lanes.count_ones()), (write, 1));
        if write == 10 {
            kept = Some(session.snapshot());
        }
    }
    assert_eq!(session.run_to(u64::MAX).unwrap(), Stopped::Done);
    let end = session.position();
    session.restore(&kept.unwrap());
    assert_eq!(value(&mut session), 10);
    session.watchpoints.clear();
    assert_eq!(session.run_to(u64::MAX).unwrap(), Stopped::Done);
    assert_eq!((value(&mut session), session.position()), (32, end));
}

#[test]
fn a_breakpoint_stops_before_its_instruction_with_registers_in_sight() {
    let (mut bench, parameters, _) = bench();
    let shape = LaunchShape::linear(2, 64);
    let kernel = bench.module.find_kernel("spinlock").unwrap();
    let instruction = bench.module.ptx().functions[kernel as usize].instructions.start + 3;
    let mut session =
        Session::start(&mut bench.device, &bench.module, "spinlock", &shape, &parameters, Unobserved).unwrap();
    session.breakpoints.push(Breakpoint { instruction, block: Some(1), warp: Some(1), lanes: u32::MAX });
    let Stopped::Breakpoint(0, site) = session.run_to(u64::MAX).unwrap() else { panic!("it stops") };
    assert_eq!((site.block, site.warp, site.pc), (1, 1, instruction));
    let there = session.whereabouts(1, 1);
    assert!(there.iter().any(|place| place.site.pc == instruction && place.ready), "{there:?}");
    assert!(session.register(1, 1, 0, 0).is_some());
    assert_eq!(session.register(1, 1, 0, 1 << 20), None);
    session.breakpoints.clear();
    assert_eq!(session.run_to(u64::MAX).unwrap(), Stopped::Done);
}
