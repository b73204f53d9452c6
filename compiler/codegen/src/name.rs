//! Names that PTX takes: letters, digits, `_` and `$` (PTX ISA, 4.4 Identifiers).

/// A name as a PTX identifier. Different names stay different: whatever PTX does not take becomes `$` and its code in hexadecimal.
pub fn identifier(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut out = String::with_capacity(name.len());
    for (at, c) in name.chars().enumerate() {
        if plain(c) && !(at == 0 && c.is_ascii_digit()) {
            out.push(c);
        } else {
            out.push_str(&format!("${:x}$", u32::from(c)));
        }
    }
    // A lone underscore is the sink operand.
    if out.is_empty() || out == "_" { format!("${out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers_and_stay_distinct() {
        assert_eq!(identifier("saxpy"), "saxpy");
        assert_eq!(identifier("a::b<f32>"), "a$3a$$3a$b$3c$f32$3e$");
        assert_ne!(identifier("a.b"), identifier("a_b"));
        assert_eq!(identifier("_"), "$_");
    }
}
