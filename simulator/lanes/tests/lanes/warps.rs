//! Whole-warp instructions against what the PTX ISA says of single lanes.

use std::collections::HashSet;

use rustg_lanes::cross::{Shuffle, Vote, elect, match_all, match_any};
use rustg_lanes::matrix::fragment::{Layout, Place, Side, place};
use rustg_lanes::matrix::{Accumulation, Mma, load_matrices, store_matrices};
use rustg_lanes::{LANES, Row};
use rustg_ptx::{Form, Modifier, Shape};

fn shape(m: u16, n: u16, k: u16) -> Shape {
    Shape { m, n, k }
}

#[test]
fn fragments_hold_every_element_once() {
    let regular = [
        (shape(16, 8, 8), 16),
        (shape(16, 8, 16), 16),
        (shape(16, 8, 4), 32),
        (shape(16, 8, 8), 32),
        (shape(16, 8, 16), 8),
        (shape(16, 8, 32), 8),
        (shape(8, 8, 16), 8),
        (shape(8, 8, 32), 4),
        (shape(16, 8, 64), 4),
        (shape(16, 8, 256), 1),
        (shape(16, 8, 16), 64),
    ];
    for (shape, bits) in regular {
        let (m, n, k) = (usize::from(shape.m), usize::from(shape.n), usize::from(shape.k));
        for (side, rows, columns) in [(Side::A, m, k), (Side::B, k, n), (Side::C, m, n)] {
            let count = rows * columns / LANES;
            let places = (0..LANES)
                .flat_map(|lane| (0..count).map(move |index| place(&Layout::Regular, side, bits, shape, lane, index)));
            let places: HashSet<_> =
                places.inspect(|p| assert!(p.row < rows && p.column < columns)).map(|p| (p.row, p.column)).collect();
            assert_eq!(places.len(), rows * columns, "{shape:?} {bits} {side:?}");
        }
    }
}

#[test]
fn fragments_lie_as_the_figures_show() {
    let at = |side, bits, shape, lane, index| place(&Layout::Regular, side, bits, shape, lane, index);
    // PTX ISA 9.7.15.5: group 1, thread 1 of it.
    let half = shape(16, 8, 16);
    assert_eq!(at(Side::A, 16, half, 5, 2), Place { row: 9, column: 2 });
    assert_eq!(at(Side::A, 16, half, 5, 5), Place { row: 1, column: 11 });
    assert_eq!(at(Side::B, 16, half, 5, 3), Place { row: 11, column: 1 });
    assert_eq!(at(Side::C, 32, half, 5, 3), Place { row: 9, column: 3 });
    assert_eq!(at(Side::A, 8, shape(16, 8, 32), 5, 9), Place { row: 1, column: 21 });
    assert_eq!(at(Side::A, 32, shape(16, 8, 8), 5, 2), Place { row: 1, column: 5 });
    let quad = Layout::of(shape(8, 8, 4), &[Modifier::Row, Modifier::Col]).expect("the shape exists");
    assert_eq!(place(&quad, Side::A, 16, shape(8, 8, 4), 17, 2), Place { row: 5, column: 2 });
    assert_eq!(place(&quad, Side::C, 32, shape(8, 8, 4), 17, 6), Place { row: 7, column: 4 });
}

#[test]
fn small_products_are_exact_in_every_model() {
    // A row of ones times a column of twos, with c = 3: 2k + 3.
    let mma = Mma::of(&Form::parse("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32")).expect("the form is known");
    let (d_rows, a_rows, b_rows, c_rows) = mma.rows();
    let (a, b) = (vec![Row::splat(0x3c00_3c00); a_rows], vec![Row::splat(0x4000_4000); b_rows]);
    let c = vec![Row::splat(3f32.to_bits()); c_rows];
    for model in [Accumulation::VOLTA, Accumulation::TURING, Accumulation::AMPERE, Accumulation::HOPPER] {
        let mut d = vec![Row::ZERO; d_rows];
        mma.run(&model, &mut d, &a, &b, &c, None);
        assert_eq!(d, vec![Row::splat(35f32.to_bits()); d_rows]);
    }
}

#[test]
fn models_differ_where_terms_are_cut_off() {
    // 2^24 + 1.5: 24 fraction bits below 2^24 keep the 1 only; 25 keep half a unit more, which rounding towards zero drops again, unless another half joins it.
    let mma = Mma::of(&Form::parse("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32")).expect("the form is known");
    let (d_rows, a_rows, b_rows, c_rows) = mma.rows();
    let a = vec![Row::splat(0x3800_3800); a_rows];
    let b = vec![Row::splat(0x3800_3800); b_rows];
    let c = vec![Row::splat(16_777_216f32.to_bits()); c_rows];
    let sum = |model: Accumulation| {
        let mut d = vec![Row::ZERO; d_rows];
        mma.run(&model, &mut d, &a, &b, &c, None);
        f32::from_bits(d[0].0[0])
    };
    // Eight quarters are two: kept only if quarters survive the alignment.
    assert_eq!(sum(Accumulation { group: 8, fraction_bits: 23, quads: false }), 16_777_216.0);
    assert_eq!(sum(Accumulation { group: 8, fraction_bits: 26, quads: false }), 16_777_218.0);
}

#[test]
fn shuffles_stay_in_their_segment() {
    let lanes = Row(std::array::from_fn(|lane| lane as u32));
    let moved = |mode: Shuffle, b: u32, c: u32| {
        let sources = mode.sources(&Row::splat(b), &Row::splat(c));
        let mut d = Row::ZERO;
        sources.shuffle(&mut d, &lanes);
        (d.0, sources.in_range)
    };
    let (down, in_range) = moved(Shuffle::Down, 1, 0x1f);
    assert_eq!((down[0], down[30], down[31], in_range), (1, 31, 31, 0x7fff_ffff));
    let (up, in_range) = moved(Shuffle::Up, 1, 0);
    assert_eq!((up[0], up[1], in_range), (0, 0, 0xffff_fffe));
    // Segments of eight: mask 0x18 in bits 8–12.
    let (index, in_range) = moved(Shuffle::Index, 2, 0x181f);
    assert_eq!((index[0], index[9], index[31], in_range), (2, 10, 26, u32::MAX));
    let (butterfly, _) = moved(Shuffle::Butterfly, 16, 0x1f);
    assert_eq!((butterfly[0], butterfly[31]), (16, 15));
    let sources = Shuffle::Down.sources(&Row::splat(4), &Row::splat(0x1f));
    assert_eq!(sources.absent(0x0000_000f), 0x0000_00f0);
}

#[test]
fn votes_and_matches_see_members_only() {
    assert_eq!(Vote::All.count(0b0110, 0b0110), u32::MAX);
    assert_eq!(Vote::All.count(0b0010, 0b0110), 0);
    assert_eq!(Vote::Ballot.count(0b1111, 0b0110), 0b0110);
    assert_eq!(Vote::Uniform.count(0b1001, 0b0110), u32::MAX);
    let values: [u64; LANES] = std::array::from_fn(|lane| (lane % 2) as u64);
    assert_eq!(match_any(&values, 0b1110).0[1], 0b1010);
    assert_eq!(match_all(&values, 0b1010), (0b1010, true));
    assert_eq!(match_all(&values, 0b0110), (0, false));
    assert_eq!(elect(0b1100), 2);
}

#[test]
fn matrices_survive_a_store_and_a_load() {
    let memory = std::array::from_fn(|row| std::array::from_fn(|column| (row * 8 + column) as u16));
    for transposed in [false, true] {
        let mut d = [Row::ZERO; 4];
        load_matrices(&mut d, &memory, transposed);
        assert_eq!(store_matrices(&d, transposed), memory);
    }
    let mut d = [Row::ZERO];
    load_matrices(&mut d, &memory, false);
    // Lane 5 holds row 1, columns 2 and 3.
    assert_eq!(d[0].0[5], 11 << 16 | 10);
}
