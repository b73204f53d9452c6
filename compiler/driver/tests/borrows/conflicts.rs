struct Pair { a: i32, b: i32 }
struct Deep { pair: Pair, other: [i32; 4] }
fn take(_: &mut i32) {}
fn look(_: &i32) -> i32 { 0 }
fn both(_: &mut i32, _: &mut i32) {}
fn mixed(_: &mut i32, _: &i32) {}
fn pass(x: &mut i32) -> &mut i32 { x }
fn pass_shared(x: &i32) -> &i32 { x }
impl Pair {
    fn get(&self) -> &i32 { &self.a }
    fn get_mut(&mut self) -> &mut i32 { &mut self.a }
    fn sum(&self) -> i32 { self.a + self.b }
    fn add(&mut self, x: i32) { self.a += x; }
    fn into(self) -> i32 { self.a }
}

pub fn two_mutable() { let mut x = 1;
    let a = &mut x;
    let b = &mut x;
    *a = 2;
    *b = 3;
}
pub fn two_mutable_one_after_the_other() { let mut x = 1;
    let a = &mut x;
    *a = 2;
    let b = &mut x;
    *b = 3;
}
pub fn shared_then_mutable() { let mut x = 1;
    let a = &x;
    let b = &mut x;
    *b = 2;
    look(a);
}
pub fn mutable_then_shared() { let mut x = 1;
    let a = &mut x;
    let b = &x;
    *a = 2;
    look(b);
}
pub fn shared_done_then_mutable() { let mut x = 1;
    let a = &x;
    look(a);
    let b = &mut x;
    *b = 2;
}
pub fn assign_borrowed() { let mut x = 1;
    let a = &x;
    x = 2;
    look(a);
}
pub fn assign_after() { let mut x = 1;
    let a = &x;
    look(a);
    x = 2;
    look(&x);
}
pub fn use_mutably_borrowed() { let mut x = 1;
    let a = &mut x;
    let y = x;
    *a = y;
}
pub fn use_mutably_borrowed_in_arithmetic() { let mut x = 1;
    let a = &mut x;
    let y = x + 1;
    *a = y;
}
pub fn compare_mutably_borrowed() -> bool { let mut x = 1;
    let a = &mut x;
    let y = x == 1;
    *a = 2;
    y
}
pub fn move_borrowed() { let p = Pair { a: 1, b: 2 };
    let a = &p;
    let q = p;
    a.sum();
    q.sum();
}
pub fn move_borrowed_by_method() { let p = Pair { a: 1, b: 2 };
    let a = p.get();
    p.into();
    look(a);
}
pub fn move_after_use() { let p = Pair { a: 1, b: 2 };
    let a = p.get();
    look(a);
    p.into();
}
pub fn same_field() { let mut p = Pair { a: 1, b: 2 };
    let a = &mut p.a;
    let b = &mut p.a;
    *a = 1;
    *b = 1;
}
pub fn two_fields() { let mut p = Pair { a: 1, b: 2 };
    let a = &mut p.a;
    let b = &mut p.b;
    *a = 1;
    *b = 1;
}
pub fn field_and_whole() { let mut p = Pair { a: 1, b: 2 };
    let a = &mut p.a;
    let b = &mut p;
    *a = 1;
    b.a = 1;
}
pub fn whole_and_field() { let mut p = Pair { a: 1, b: 2 };
    let b = &mut p;
    let a = &mut p.a;
    *a = 1;
    b.a = 1;
}
pub fn assign_field_of_borrowed() { let mut p = Pair { a: 1, b: 2 };
    let a = &p;
    p.a = 4;
    a.sum();
}
pub fn assign_other_field() { let mut p = Pair { a: 1, b: 2 };
    let a = &p.b;
    p.a = 4;
    look(a);
}
pub fn use_other_field() -> i32 { let mut p = Pair { a: 1, b: 2 };
    let a = &mut p.b;
    let c = p.a;
    *a = c;
    c
}
pub fn use_same_field() -> i32 { let mut p = Pair { a: 1, b: 2 };
    let a = &mut p.b;
    let c = p.b;
    *a = c;
    c
}
pub fn nested_fields(d: &mut Deep) {
    let a = &mut d.pair.a;
    let b = &mut d.pair.b;
    let c = &mut d.other;
    *a = *b;
    c[0] = *a;
}
pub fn nested_fields_conflict(d: &mut Deep) {
    let a = &mut d.pair;
    let b = &mut d.pair.b;
    a.a = *b;
}
pub fn elements(x: &mut [i32]) {
    let a = &mut x[0];
    let b = &mut x[1];
    *a = 1;
    *b = 2;
}
pub fn elements_shared(x: &mut [i32]) -> i32 {
    let a = &x[0];
    let b = &x[1];
    *a + *b
}
pub fn element_then_assign(x: &mut [i32], i: usize) {
    let a = &x[i];
    x[0] = 1;
    look(a);
}
pub fn element_read_while_lent(x: &mut [i32], i: usize) -> i32 {
    let a = &mut x[i];
    let y = x[0];
    *a = y;
    y
}
pub fn length_while_lent(x: &mut [i32], i: usize) -> usize {
    let a = &mut x[i];
    let n = x.len();
    *a = 1;
    n
}
pub fn length_while_shared(x: &mut [i32], i: usize) -> usize {
    let a = &x[i];
    let n = x.len();
    look(a);
    n
}
pub fn array_elements() { let mut x = [1, 2, 3];
    let a = &mut x[0];
    let b = &mut x[1];
    *a = 1;
    *b = 2;
}
pub fn array_pattern() { let mut x = [1, 2, 3];
    let [a, b, _] = &mut x;
    *a = 1;
    *b = 2;
}
pub fn slice_pattern(x: &mut [i32]) {
    if let [a, .., b] = x {
        *a = 1;
        *b = 2;
    }
}
pub fn slice_pattern_conflict(x: &mut [i32]) {
    if let [a, .., b] = x {
        *a = 1;
        x[0] = 3;
        *b = 2;
    }
}
pub fn tuple_parts() { let mut t = (1, 2);
    let (a, b) = (&mut t.0, &mut t.1);
    *a = 1;
    *b = 2;
}
pub fn tuple_conflict() { let mut t = (1, 2);
    let a = &mut t.0;
    let b = &mut t.0;
    *a = *b;
}
pub fn call_two_mutable() { let mut x = 1;
    both(&mut x, &mut x);
}
pub fn call_mixed() { let mut x = 1;
    mixed(&mut x, &x);
}
pub fn call_two_fields() { let mut p = Pair { a: 1, b: 2 };
    both(&mut p.a, &mut p.b);
}
pub fn reborrow_through_call() { let mut x = 1;
    let a = pass(&mut x);
    let b = &mut x;
    *a = 1;
    *b = 1;
}
pub fn reborrow_through_call_shared() { let mut x = 1;
    let a = pass_shared(&x);
    x = 2;
    look(a);
}
pub fn reborrow(x: &mut i32) {
    let a = &mut *x;
    let b = &mut *x;
    *a = 1;
    *b = 1;
}
pub fn reborrow_fine(x: &mut i32) {
    let a = &mut *x;
    *a = 1;
    let b = &mut *x;
    *b = 1;
    *x = 2;
}
pub fn reborrow_then_original(x: &mut i32) {
    let a = &mut *x;
    *x = 1;
    *a = 1;
}
pub fn reborrow_implicit(x: &mut i32) {
    take(x);
    take(x);
    *x = 1;
}
pub fn two_phase() { let mut p = Pair { a: 1, b: 2 };
    p.add(p.sum());
    p.add(p.a);
}
pub fn two_phase_nested() { let mut p = Pair { a: 1, b: 2 };
    p.add({ p.add(1); 2 });
}
pub fn two_phase_with_shared_alive() { let mut p = Pair { a: 1, b: 2 };
    let a = p.get();
    p.add(*a);
}
pub fn two_phase_with_shared_used_later() { let mut p = Pair { a: 1, b: 2 };
    let a = p.get();
    p.add(1);
    look(a);
}
pub fn no_two_phase_when_written(p: &mut Pair) {
    Pair::add(&mut *p, p.sum());
}
pub fn method_result_alive(p: &mut Pair) {
    let a = p.get_mut();
    p.add(1);
    *a = 1;
}
pub fn method_result_dead(p: &mut Pair) {
    let a = p.get_mut();
    *a = 1;
    p.add(1);
}
pub fn method_shared_result_alive(p: &mut Pair) {
    let a = p.get();
    p.add(1);
    look(a);
}
pub fn in_branch(p: &mut Pair, c: bool) {
    let a = p.get_mut();
    if c {
        *a = 1;
    } else {
        p.add(1);
    }
}
pub fn in_branch_then_used(p: &mut Pair, c: bool) {
    let a = p.get_mut();
    if c {
        p.add(1);
    }
    *a = 1;
}
pub fn in_loop(p: &mut Pair) {
    let mut last: Option<&mut i32> = None;
    for _ in 0..3 {
        if let Some(last) = &mut last { **last = 1; }
        last = Some(p.get_mut());
    }
}
pub fn in_loop_fine(p: &mut Pair) {
    for _ in 0..3 {
        let a = p.get_mut();
        *a = 1;
    }
}
pub fn loop_carried(x: &mut [i32; 4]) {
    let mut r = &mut x[0];
    for i in 0..4 {
        r = &mut x[i];
    }
    *r = 1;
}
pub fn loop_carried_used(x: &mut [i32; 4]) {
    let mut r = &mut x[0];
    for i in 0..4 {
        *r = 1;
        r = &mut x[i];
    }
    *r = 1;
}
pub fn conditional_return<'a>(p: &'a mut Pair, c: bool) -> &'a mut i32 {
    if c {
        return &mut p.a;
    }
    p.add(1);
    &mut p.b
}
fn find<'a>(p: &'a mut Pair, c: bool) -> Option<&'a mut i32> { if c { Some(&mut p.a) } else { None } }
pub fn problem_case_three<'a>(p: &'a mut Pair, c: bool) -> &'a mut i32 {
    match find(p, c) {
        Some(x) => x,
        None => {
            p.add(1);
            &mut p.b
        }
    }
}
pub fn match_on_borrow(mut x: Option<i32>) {
    match &mut x {
        Some(v) => { *v = 1; x = None; }
        None => x = Some(1),
    }
}
pub fn match_on_borrow_conflict(mut x: Option<i32>) {
    match &mut x {
        Some(v) => { x = None; *v = 1; }
        None => x = Some(1),
    }
}
pub fn match_ref_mut(mut x: Option<i32>) {
    match x {
        Some(ref mut v) => { x = None; *v = 1; }
        None => {}
    }
}
pub fn if_let_conflict(mut x: Option<i32>) {
    if let Some(v) = &x {
        x = None;
        look(v);
    }
}
pub fn if_let_copy(mut x: Option<i32>) {
    if let Some(v) = x {
        x = None;
        look(&v);
    }
}
pub fn discriminant_while_lent(mut x: Option<i32>) -> bool {
    let a = &mut x;
    let b = match x { Some(_) => true, None => false };
    *a = None;
    b
}
pub fn iterate_and_write(x: &mut [i32]) {
    for v in x.iter() {
        x[0] = *v;
    }
}
pub fn iterate_and_write_range(x: &mut [i32]) {
    for i in 0..x.len() {
        x[i] = x[0];
    }
}
pub fn iterate_mutably(x: &mut [i32]) {
    for v in x.iter_mut() {
        *v += 1;
    }
    x[0] = 1;
}
pub fn iterate_mutably_and_read(x: &mut [i32]) {
    for v in x.iter_mut() {
        *v += x[0];
    }
}
pub fn item_after_iterator(x: &mut [i32]) {
    let mut last = None;
    for v in x.iter_mut() {
        last = Some(v);
    }
    x[0] = 1;
    if let Some(last) = last { *last = 2; }
}
pub fn compound_of_itself(x: &mut [i32], i: usize) {
    x[i] += x[i + 1];
    x[0] = x[x.len() - 1];
}
pub fn swap_parts(x: &mut [i32]) {
    let t = x[0];
    x[0] = x[1];
    x[1] = t;
}
pub fn assign_through_reassigned(mut a: i32, mut b: i32) -> i32 {
    let mut r = &mut a;
    *r = 1;
    r = &mut b;
    a = 2;
    *r = 3;
    a + b
}
pub struct List<'a> { value: i32, next: Option<&'a mut List<'a>> }
pub struct Node { value: i32, left: [i32; 2] }
pub fn walk(mut p: &mut Node) {
    let mut n = 0;
    while n < 3 {
        let q = &mut *p;
        q.value = n;
        p = q;
        n += 1;
    }
    p.value = 1;
}
pub fn shared_of_shared(x: &&mut i32) -> i32 {
    let a = &**x;
    let b = &**x;
    *a + *b
}
pub fn copy_of_reference(mut x: i32) {
    let a = &x;
    let b = a;
    x = 2;
    look(b);
}
pub fn reference_in_struct() { let mut x = 1;
    struct Holder<'a> { r: &'a mut i32 }
    let h = Holder { r: &mut x };
    x = 2;
    *h.r = 3;
}
pub fn reference_in_tuple() { let mut x = 1;
    let t = (&mut x, 1);
    x = 2;
    *t.0 = 3;
}
pub fn reference_in_option() { let mut x = 1;
    let o = Some(&mut x);
    x = 2;
    if let Some(r) = o { *r = 1; }
}
pub fn reference_in_array() { let mut x = 1;
    let o = [&x, &x];
    x = 2;
    look(o[0]);
}
pub fn block_value() { let mut x = 1;
    let r = { let q = &mut x; q };
    x = 2;
    *r = 1;
}
pub fn either(c: bool) { let mut x = 1; let mut y = 1;
    let r = if c { &mut x } else { &mut y };
    x = 2;
    *r = 1;
}
pub fn either_other(c: bool) { let mut x = 1; let mut y = 1; let mut z = 2;
    let r = if c { &mut x } else { &mut y };
    z = 2;
    *r = z;
}
pub fn printed() { let mut x = 1;
    let r = &mut x;
    assert!(x == 1);
    *r = 1;
}
pub fn in_assert_eq() { let mut x = 1;
    let r = &mut x;
    assert_eq!(x, 1);
    *r = 1;
}
pub fn raw_while_lent() { let mut x = 1;
    let r = &mut x;
    let p = &raw mut x;
    *r = 1;
    let _ = p;
}
pub fn raw_does_not_lend() { let mut x = 1;
    let p = &raw mut x;
    let r = &mut x;
    *r = 1;
    // SAFETY: the threads write before the barrier and read behind it, or it is what the case is about.
    unsafe { *p = 2; }
}
pub fn drop_of_shadowed() { let mut x = 1;
    let r = &mut x;
    let x = 2;
    *r = x;
}
pub fn operator_method(a: &mut i32, b: i32) {
    *a += *a + b;
}
pub fn moved_reference() { let mut x = 1;
    let r = &mut x;
    let s = r;
    *r = 1;
    *s = 1;
}
pub fn assign_to_whole_while_part_lent() { let mut p = Pair { a: 1, b: 2 };
    let a = &p.a;
    p = Pair { a: 2, b: 3 };
    look(a);
}
pub fn assign_reference_variable_while_target_lent(mut r: &mut Pair, s: &mut Pair) -> i32 {
    let a = &mut r.a;
    *a = 2;
    r = s;
    r.a
}
pub fn assign_reference_variable_keeps_old_borrow<'a>(mut r: &'a mut Pair, s: &'a mut Pair) {
    let a = &mut r.a;
    r = s;
    r.a = 2;
    *a = 1;
}
pub fn assign_reference_variable_lent(mut r: &i32, s: &i32) {
    let a = &r;
    r = s;
    look(*a);
}
pub fn closure_like_call_chain(p: &mut Pair) {
    *pass(p.get_mut()) = 1;
    p.add(1);
}
pub fn chained_result_alive(p: &mut Pair) {
    let r = pass(p.get_mut());
    p.add(1);
    *r = 1;
}
pub fn while_let(mut x: Option<i32>) {
    while let Some(v) = &mut x {
        *v -= 1;
        x = None;
    }
}
pub fn while_let_conflict(mut x: Option<i32>) {
    while let Some(v) = &mut x {
        x = None;
        *v -= 1;
    }
}
pub fn let_else(mut x: Option<i32>) {
    let Some(v) = &mut x else { return };
    x = None;
    *v = 1;
}
pub fn nested_option(mut x: Option<Option<i32>>) {
    if let Some(Some(v)) = &mut x {
        *v = 1;
        x = None;
    }
}
pub fn replace(p: &mut Pair) {
    let old = core::mem::replace(p, Pair { a: 1, b: 2 });
    p.add(old.a);
}
pub fn swapped() { let mut a = 1; let mut b = 2;
    core::mem::swap(&mut a, &mut b);
    core::mem::swap(&mut a, &mut a);
}
