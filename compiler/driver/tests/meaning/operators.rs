//! Each operator and cast of each type at the edges.

/// Each operator and cast of each type at the edges: a case for each pair of types.
pub fn operators() -> Vec<(String, String)> {
    let integers = ["i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize"];
    let mut cases = Vec::new();
    for ty in integers {
        let edges = format!(
            "let edges: [{ty}; 8] = [0, 1, 2, 7, {ty}::MAX, {ty}::MAX - 1, {ty}::MIN, {ty}::MIN + 1];\n    let b = edges[(x % 8) as usize];\n    let a = x as {ty};"
        );
        for (name, op) in [("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"), ("rem", "%")] {
            cases.push((
                format!("op_{ty}_{name}"),
                format!("pub fn test(x: u64) -> u64 {{\n    {edges}\n    (a {op} b) as u64\n}}\n"),
            ));
        }
        cases.push((format!("op_{ty}_bits"), format!("pub fn test(x: u64) -> u64 {{\n    {edges}\n    let bits = (((a & b) ^ (a | b)) ^ !a) as u64;\n    let _ = 0;\n    bits ^ (((a == b) as u64) + ((a < b) as u64 * 2) + ((a <= b) as u64 * 4) + ((a > b) as u64 * 8) + ((a >= b) as u64 * 16) + ((a != b) as u64 * 32))\n}}\n")));
        for (name, op) in [("shl", "<<"), ("shr", ">>")] {
            cases.push((format!("op_{ty}_{name}"), format!("pub fn test(x: u64) -> u64 {{\n    let a = (x ^ 0x5a5a) as {ty};\n    (a {op} (x % 70) as u32) as u64\n}}\n")));
        }
        let casts: String = integers
            .iter()
            .map(|to| format!("    all = all.wrapping_mul(31).wrapping_add(a as {to} as u64);\n"))
            .collect();
        cases.push((format!("cast_{ty}"), format!("pub fn test(x: u64) -> u64 {{\n    let a = x as {ty};\n    let mut all: u64 = 0;\n{casts}    all ^ ((a as f32).to_bits() as u64) ^ (a as f64).to_bits()\n}}\n")));
    }
    for (ty, bits) in [("f32", "u32"), ("f64", "u64")] {
        let casts: String = integers
            .iter()
            .map(|to| format!("    all = all.wrapping_mul(31).wrapping_add(a as {to} as u64);\n"))
            .collect();
        cases.push((format!("cast_{ty}"), format!("pub fn test(x: u64) -> u64 {{\n    let a = {ty}::from_bits(x as {bits});\n    let mut all: u64 = 0;\n{casts}    all\n}}\n")));
        let body = "let c = a + b; let d = a * b; let e = a - b; let f = a / b;";
        cases.push((format!("op_{ty}"), format!("fn bits(v: {ty}) -> u64 {{ if v.is_nan() {{ 12345 }} else {{ v.to_bits() as u64 }} }}\npub fn test(x: u64) -> u64 {{\n    let a = {ty}::from_bits(x as {bits});\n    let b: {ty} = 1.5;\n    {body}\n    bits(c) ^ bits(d).rotate_left(7) ^ bits(e).rotate_left(13) ^ bits(f).rotate_left(29) ^ bits(-a) ^ ((a < b) as u64) ^ ((a == a) as u64 * 2) ^ ((a != b) as u64 * 4) ^ ((a >= b) as u64 * 8)\n}}\n")));
    }
    cases
}
