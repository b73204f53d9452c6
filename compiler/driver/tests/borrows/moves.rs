struct Token { n: i32 }
struct Two { a: Token, b: Token }
fn eat(t: Token) -> i32 { t.n }
fn look(t: &Token) -> i32 { t.n }
pub fn twice() { let t = Token { n: 1 };
    eat(t);
    eat(t);
}
pub fn in_loop() { let t = Token { n: 1 };
    for _ in 0..2 {
        eat(t);
    }
}
pub fn in_branch(c: bool) { let t = Token { n: 1 };
    if c {
        eat(t);
    }
    look(&t);
}
pub fn in_both_branches(c: bool) { let t = Token { n: 1 };
    if c {
        eat(t);
    } else {
        eat(t);
    }
}
pub fn part() { let t = Two { a: Token { n: 1 }, b: Token { n: 2 } };
    eat(t.a);
    look(&t.b);
}
pub fn part_then_whole() { let t = Two { a: Token { n: 1 }, b: Token { n: 2 } };
    eat(t.a);
    let u = t;
}
pub fn part_twice() { let t = Two { a: Token { n: 1 }, b: Token { n: 2 } };
    eat(t.a);
    eat(t.a);
}
pub fn assigned_again() { let mut t = Token { n: 1 };
    eat(t);
    t = Token { n: 2 };
    eat(t);
}
pub fn not_initialised(c: bool) -> i32 { let x;
    if c {
        x = 1;
    }
    x
}
pub fn initialised_in_both(c: bool) -> i32 { let x;
    if c {
        x = 1;
    } else {
        x = 2;
    }
    x
}
pub fn not_mutable() { let x = 1;
    x = 2;
}
pub fn not_mutable_borrow() { let x = 1;
    let r = &mut x;
}
pub fn not_mutable_through_shared(x: &i32) {
    *x = 1;
}
pub fn not_mutable_behind_two(x: &&mut i32) {
    **x = 1;
}
pub fn out_of_borrow(t: &Two) -> i32 {
    eat(t.a)
}
pub fn out_of_array(t: [Token; 2]) -> i32 {
    eat(t[0])
}
pub fn out_of_slice(t: &[Token]) -> i32 {
    eat(t[0])
}
pub fn match_moves(t: Option<Token>) -> i32 {
    let n = match t {
        Some(t) => eat(t),
        None => 0,
    };
    match t {
        Some(_) => n,
        None => 0,
    }
}
pub fn match_by_reference(t: Option<Token>) -> i32 {
    let n = match &t {
        Some(t) => look(t),
        None => 0,
    };
    match t {
        Some(t) => eat(t),
        None => n,
    }
}
pub fn arguments_in_order(mut x: i32) -> i32 {
    fn add(a: i32, b: i32) -> i32 { a * 10 + b }
    add(x, { x = 2; x })
}
pub fn moved_in_argument() -> i32 { let t = Token { n: 1 };
    fn two(a: i32, b: i32) -> i32 { a + b }
    two(eat(t), look(&t))
}
