pub fn labelled_break_with_value(x: u64) -> u64 {
    let mut n = 0;
    let r = 'outer: loop {
        n += 1;
        for i in 0..10 { if i * n == x % 37 { break 'outer i * 1000 + n; } if i > n { continue 'outer; } }
        if n > 20 { break n; }
    };
    r
}
pub fn block_with_label(x: u64) -> u64 {
    let r = 'b: { if x < 10 { break 'b 1; } if x % 2 == 0 { break 'b 2; } 3 };
    r * 7
}
pub fn nested_continue(x: u64) -> u64 {
    let mut sum = 0u64;
    'rows: for i in 0..8u64 {
        for j in 0..8u64 {
            if (i ^ j ^ x) % 5 == 0 { continue 'rows; }
            if i * j > 30 { break; }
            sum = sum.wrapping_mul(3).wrapping_add(i + j);
        }
        sum ^= 1 << i;
    }
    sum
}
pub fn conditional_values(x: u64) -> u64 {
    let a = if x == 0 { 'z' } else if x < 100 { 's' } else { 'b' };
    let b = if let 'z' = a { 1.5f32 } else { x as f32 };
    let c = match b > 3.0 { true => { let t = b * 2.0; t as u64 } false => 9 };
    c ^ a as u64
}
pub fn never_type(x: u64) -> u64 {
    let v: u64 = match x % 3 { 0 => 5, 1 => return 6, _ => loop { if x > 2 { break x / 2; } else { return 8 } } };
    v + 1
}
pub fn evaluation_order(x: u64) -> u64 {
    let mut log = 0u64;
    let mut note = |n: u64| { log = log * 10 + n; n };
    let r = note(1) + note(2) * note(3) - if note(4) > 3 { note(5) } else { note(6) };
    log ^ r ^ (x & 1)
}
pub fn short_circuit(x: u64) -> u64 {
    let mut calls = 0;
    let mut yes = |b: bool| { calls += 1; b };
    let r = yes(x > 5) && yes(x % 2 == 0) || yes(x == 3) && !yes(x == 4);
    calls * 2 + r as u64
}
pub fn compound_assignment_order(x: u64) -> u64 {
    let mut a = [1u64, 2, 3];
    let mut i = 0usize;
    a[{ i += 1; i }] += { i += 1; x % 10 + i as u64 };
    a[0] = a[1] + a[i];
    a[0] * 100 + a[1] * 10 + a[2]
}
pub fn shadowing(x: u64) -> u64 {
    let x = x as u32;
    let y = { let x = x as u8; x as u64 * 2 };
    let x = (x, y);
    let x = x.0 as u64 ^ x.1;
    x
}
pub fn gcd(x: u64) -> u64 {
    let (mut a, mut b) = (x % 100_000, 252u64);
    while b != 0 { let t = a % b; a = b; b = t; }
    a
}
pub fn collatz(x: u64) -> u64 {
    let mut n = x % 1000 + 1;
    let mut steps = 0;
    while n != 1 { n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 }; steps += 1; }
    steps
}
pub fn early_exit_from_nested_loops(x: u64) -> u64 {
    for a in 1..20u64 { for b in a..20 { for c in b..30 { if a * a + b * b == c * c && a + b + c > x % 60 { return a * 10000 + b * 100 + c; } } } }
    0
}
pub fn recursion_by_loop(x: u64) -> u64 {
    let mut stack = [0u64; 16];
    let mut top = 1;
    stack[0] = x % 50;
    let mut seen = 0u64;
    while top > 0 {
        top -= 1;
        let n = stack[top];
        seen = seen.wrapping_mul(31).wrapping_add(n);
        if n > 8 { stack[top] = n / 2; stack[top + 1] = n / 3; top += 2; }
    }
    seen
}
fn fibonacci(n: u64) -> u64 { if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) } }
pub fn recursion(x: u64) -> u64 { fibonacci(x % 13) }
fn even(n: u32) -> bool { if n == 0 { true } else { odd(n - 1) } }
fn odd(n: u32) -> bool { if n == 0 { false } else { even(n - 1) } }
pub fn mutual_recursion(x: u64) -> u64 { even((x % 40) as u32) as u64 }
