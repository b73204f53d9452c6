//! What a viewer reconstructs from the packets is the trace.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::*;
use crate::write::tests::{odd, synthetic};

fn packets(trace: &Trace) -> Vec<TracePacket> {
    let mut bytes = Vec::new();
    write_perfetto(trace, &mut bytes, &mut |_, _| ControlFlow::Continue(())).unwrap();
    message::Trace::decode(&bytes[..]).unwrap().packet
}

/// Slices as a viewer puts them together: packets in order of time, each end closing the innermost begin of its track.
fn slices(packets: &[TracePacket]) -> Vec<(u64, u64, String, TrackEvent)> {
    let mut names = BTreeMap::new();
    for data in packets.iter().filter_map(|packet| packet.interned_data.as_ref()) {
        names.extend(data.event_names.iter().map(|entry| (entry.iid, entry.name.clone().unwrap())));
    }
    let mut events: Vec<_> = packets.iter().filter(|packet| packet.track_event.is_some()).collect();
    events.sort_by_key(|packet| packet.timestamp);
    let mut open: BTreeMap<u64, Vec<(u64, TrackEvent)>> = BTreeMap::new();
    let mut slices = Vec::new();
    for packet in events {
        let (at, event) = (packet.timestamp.unwrap(), packet.track_event.clone().unwrap());
        let stack = open.entry(event.track_uuid.unwrap()).or_default();
        match event.r#type.unwrap() {
            SLICE_BEGIN => stack.push((at, event)),
            SLICE_END => {
                let (start, begun) = stack.pop().expect("an end has a begin");
                slices.push((start, at, names[&begun.name_iid].clone(), begun));
            }
            INSTANT => slices.push((at, at, names[&event.name_iid].clone(), event)),
            _ => {}
        }
    }
    assert!(open.values().all(Vec::is_empty), "a slice never ends");
    slices
}

#[test]
fn a_viewer_sees_every_slice_with_its_times() {
    for trace in [synthetic(), odd()] {
        let shift = i128::from(trace.span.start_ns.min(0));
        let mut seen: Vec<_> = (slices(&packets(&trace)).into_iter())
            .map(|(start, end, name, _)| (i128::from(start) + shift, i128::from(end) + shift, name))
            .collect();
        let rows = (0..trace.events.len() as u32).map(EventId);
        let mut expected: Vec<_> = rows
            .map(|id| {
                (i128::from(trace.range(id).start_ns), i128::from(trace.range(id).end_ns), trace.name(id).to_owned())
            })
            .collect();
        seen.sort();
        expected.sort();
        assert_eq!(seen, expected);
    }
}

#[test]
fn every_launch_has_an_arrow_to_its_work() {
    let trace = synthetic();
    let slices = slices(&packets(&trace));
    let from: BTreeMap<u64, &String> =
        slices.iter().flat_map(|(_, _, name, event)| event.flow_ids.iter().map(move |&flow| (flow, name))).collect();
    let into: Vec<_> = slices.iter().flat_map(|(_, _, _, event)| event.terminating_flow_ids.clone()).collect();
    assert_eq!(into.len(), trace.gpu_tracks().map(|(_, track)| track.range().len()).sum::<usize>());
    assert!(into.iter().all(|flow| from[flow].starts_with("cuda")));
    assert_eq!(into.len(), from.len());
}

#[test]
fn every_track_is_described_once_below_a_described_parent() {
    for trace in [synthetic(), odd()] {
        let packets = packets(&trace);
        let mut known = std::collections::BTreeSet::new();
        for packet in &packets {
            if let Some(descriptor) = &packet.track_descriptor {
                assert!(descriptor.parent_uuid.is_none_or(|parent| known.contains(&parent)));
                assert!(known.insert(descriptor.uuid.unwrap()));
            }
            if let Some(event) = &packet.track_event {
                assert!(known.contains(&event.track_uuid.unwrap()));
            }
        }
    }
}

#[test]
fn slices_that_do_not_nest_get_a_track_of_their_own() {
    let mut builder = crate::TraceBuilder::new();
    let process = builder.process(1);
    let thread = builder.thread(process, 1);
    for (kind, event, start_ns) in
        [(TrackKind::Nvtx, EventKind::Nvtx, 0), (TrackKind::Operator, EventKind::Operator, 50)]
    {
        let track = builder.track(crate::TrackKey::host(kind, process, thread));
        let name = builder.strings.intern(&format!("{kind:?}"));
        builder.push(crate::NewEvent { track, start_ns, dur_ns: 100, name, kind: event, detail: NONE, link: NONE });
    }
    let trace = builder.finish("crossing".into(), crate::SourceFormat::Chrome);
    let slices = slices(&packets(&trace));
    let times: Vec<_> = slices.iter().map(|(start, end, name, _)| (*start, *end, name.as_str())).collect();
    assert_eq!(times, [(0, 100, "Nvtx"), (50, 150, "Operator")]);
    assert_ne!(slices[0].3.track_uuid, slices[1].3.track_uuid);
}
