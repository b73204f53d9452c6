struct NoLifetime { r: &i32 }
fn no_source() -> &i32 { loop {} }
fn two_sources(a: &i32, b: &i32) -> &i32 { a }
fn undeclared(a: &'a i32) {}
fn undeclared_result(a: &i32) -> &'b i32 { a }
struct Undeclared { r: &'c i32 }
fn one_source(a: &i32, b: i32) -> &i32 { a }
