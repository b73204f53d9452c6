pub fn test(x: u64) -> u64 {
    let mut total = 0u64;
    let n = (x % 17) as usize;
    'outer: for i in 0..n {
        for j in 0..=i {
            if j == 5 { continue 'outer; }
            if i * j > 60 { break 'outer; }
            total += (i * 10 + j) as u64;
        }
    }
    let mut k = x % 50;
    while k > 3 { k -= 3; total += k; }
    let found = loop { k += 7; if k % 5 == 0 { break k; } };
    total * 3 + found
}
