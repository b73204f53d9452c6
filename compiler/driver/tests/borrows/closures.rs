struct Pair { a: i32, b: i32 }
struct Token { n: i32 }
fn look(_: &i32) -> i32 { 0 }
fn call<F: Fn() -> i32>(f: F) -> i32 { f() }
fn call_mut<F: FnMut() -> i32>(mut f: F) -> i32 { f() }
fn call_once<F: FnOnce() -> i32>(f: F) -> i32 { f() }
fn apply<F: Fn(i32) -> i32>(f: F, x: i32) -> i32 { f(x) }
fn each<F: FnMut(i32)>(mut f: F) { f(1); f(2); }
fn keep<F: Fn() -> i32 + 'static>(f: F) -> i32 { f() }
fn eat(t: Token) -> i32 { t.n }

pub fn shared_capture() { let x = 1;
    let f = || x + 1;
    let y = &x;
    f();
    look(y);
}
pub fn mutable_capture_then_read() { let mut x = 1;
    let mut f = || x += 1;
    let y = x;
    f();
    look(&y);
}
pub fn mutable_capture_done() { let mut x = 1;
    let mut f = || x += 1;
    f();
    look(&x);
}
pub fn mutable_capture_and_borrow() { let mut x = 1;
    let mut f = || x += 1;
    let y = &x;
    f();
    look(y);
}
pub fn shared_capture_and_assign() { let mut x = 1;
    let f = || x + 1;
    x = 2;
    f();
}
pub fn two_mutable_captures() { let mut x = 1;
    let mut f = || x += 1;
    let mut g = || x += 2;
    f();
    g();
}
pub fn mutable_capture_and_mutable_borrow() { let mut x = 1;
    let r = &mut x;
    let mut f = || x += 1;
    *r = 1;
    f();
}
pub fn different_fields() { let mut p = Pair { a: 1, b: 2 };
    let mut f = || p.a += 1;
    p.b += 1;
    f();
}
pub fn same_field() { let mut p = Pair { a: 1, b: 2 };
    let mut f = || p.a += 1;
    p.a += 1;
    f();
}
pub fn fields_through_reference(p: &mut Pair) {
    let mut f = || p.a += 1;
    p.b += 1;
    f();
    p.a = 2;
}
pub fn fields_through_reference_conflict(p: &mut Pair) {
    let mut f = || p.a += 1;
    p.a += 1;
    f();
}
pub fn reference_not_declared_mut(r: &mut i32) {
    let mut f = || *r += 1;
    f();
    f();
    *r = 1;
}
pub fn variable_not_declared_mut() { let x = 1;
    let mut f = || x += 1;
    f();
}
pub fn closure_not_declared_mut() { let mut x = 1;
    let f = || x += 1;
    f();
}
pub fn move_copies() { let mut x = 1;
    let f = move || x + 1;
    x = 2;
    f();
    look(&x);
}
pub fn move_takes() { let t = Token { n: 1 };
    let f = move || t.n;
    f();
    eat(t);
}
pub fn consumed_twice() { let t = Token { n: 1 };
    let f = || eat(t);
    f();
    f();
}
pub fn consumed_once() { let t = Token { n: 1 };
    let f = || eat(t);
    f();
}
pub fn use_after_consume() { let t = Token { n: 1 };
    let f = || eat(t);
    look(&t.n);
    f();
}
pub fn fn_accepts_fn() { let x = 1;
    call(|| x + 1);
    call_mut(|| x + 1);
    call_once(|| x + 1);
}
pub fn fn_mut_where_fn_is_asked_direct() { let mut x = 1;
    call(|| {
        x += 1;
        x
    });
}
pub fn fn_mut_where_fn_is_asked() { let mut x = 1;
    let f = || { x += 1; x };
    call(f);
}
pub fn fn_once_where_fn_is_asked() { let t = Token { n: 1 };
    let f = || eat(t);
    call(f);
}
pub fn fn_once_where_fn_mut_is_asked() { let t = Token { n: 1 };
    let f = || eat(t);
    call_mut(f);
}
pub fn fn_once_where_fn_is_asked_direct() { let t = Token { n: 1 };
    call(|| {
        eat(t)
    });
}
pub fn fn_mut_where_fn_mut_is_asked() { let mut x = 1;
    call_mut(|| { x += 1; x });
    look(&x);
}
pub fn fn_once_where_once_is_asked() { let t = Token { n: 1 };
    call_once(|| eat(t));
}
pub fn mutable_borrow_where_fn_is_asked() { let mut x = 1;
    call(|| {
        let r = &mut x;
        *r
    });
}
pub fn captured_by_two_shared() { let x = 1;
    let f = || x + 1;
    let g = || x + 2;
    f() + g();
}
pub fn captured_in_loop() { let mut sum = 0;
    for i in 0..3 {
        let mut f = || sum += i;
        f();
    }
    look(&sum);
}
pub fn handed_closure_uses_and_outer_uses() { let mut sum = 0;
    each(|x| sum += x);
    look(&sum);
}
pub fn handed_closure_while_lent() { let mut sum = 0;
    let r = &sum;
    each(|x| sum += x);
    look(r);
}
pub fn closure_in_closure() { let mut x = 1;
    let mut f = || {
        let mut g = || x += 1;
        g();
        x += 1;
    };
    f();
    x += 1;
}
pub fn closure_in_closure_conflict() { let mut x = 1;
    let mut f = || {
        let mut g = || x += 1;
        x = 7;
        g();
    };
    f();
}
pub fn conflict_within() {
    let f = |mut x: i32| {
        let a = &mut x;
        let b = &mut x;
        *a = 1;
        *b = 1;
    };
    f(1);
}
pub fn local_of_closure_returned() {
    let f = || {
        let x = 1;
        &x
    };
    look(f());
}
pub fn closure_outlives_variable() { let f;
    {
        let x = 1;
        f = || x + 1;
    }
    f();
}
pub fn closure_moves_variable() { let f;
    {
        let x = 1;
        f = move || x + 1;
    }
    f();
}
pub fn captured_reference(r: &i32) -> i32 {
    let f = || *r + 1;
    f() + *r
}
pub fn captured_for_static() { let x = 1;
    keep(|| x + 1);
}
pub fn captured_for_static_by_move() { let x = 1;
    keep(move || x + 1);
}
pub fn result_of_closure_holds(x: &mut [i32]) {
    let f = |i: usize| i + 1;
    let r = &mut x[f(0)];
    *r = 1;
}
pub fn map_of_option(mut x: Option<i32>) -> Option<i32> {
    let mut n = 0;
    let y = x.map(|v| { n += 1; v + n });
    x = y;
    n += 1;
    x
}
pub fn iterator_closure(x: &[i32]) -> i32 {
    let mut sum = 0;
    x.iter().for_each(|v| sum += *v);
    sum
}
pub fn iterator_closure_conflict(x: &[i32]) -> i32 {
    let mut sum = 0;
    let r = &sum;
    x.iter().for_each(|v| sum += *v);
    look(r)
}
pub fn array_captured(mut x: [i32; 4]) -> i32 {
    let mut set = |i: usize, v: i32| x[i] = v;
    set(0, 1);
    set(1, 2);
    x[0]
}
pub fn array_captured_conflict(mut x: [i32; 4]) -> i32 {
    let mut set = |i: usize, v: i32| x[i] = v;
    let y = x[0];
    set(1, 2);
    y
}
pub fn tuple_parts(mut t: (i32, i32)) -> i32 {
    let mut f = || t.0 += 1;
    let y = &t.1;
    f();
    look(y)
}
pub fn unused_mention(x: i32) -> i32 {
    let f = || { let _ = x; 1 };
    f()
}
pub fn shadowed(x: i32) -> i32 {
    let f = |x: i32| x + 1;
    f(x)
}
pub fn calls_itself_never(mut n: i32) -> i32 {
    let mut step = || { n -= 1; n };
    let a = step();
    let b = step();
    a + b + n
}
pub fn param_fn_mut<F: FnMut(i32)>(f: F) {
    f(1);
}
pub fn param_fn_mut_declared<F: FnMut(i32)>(mut f: F) {
    f(1);
    f(2);
}
pub fn param_fn_once_twice<F: FnOnce(i32)>(f: F) {
    f(1);
    f(2);
}
pub fn param_fn<F: Fn(i32)>(f: F) {
    f(1);
    f(2);
}
pub fn param_by_reference<F: Fn(i32) -> i32>(f: &F) -> i32 {
    apply(|x| f(x), 1) + f(2)
}
