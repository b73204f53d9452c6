struct Holder<'a> { r: &'a i32 }
struct HolderMut<'a> { r: &'a mut i32 }
struct Two<'a, 'b> { a: &'a i32, b: &'b i32 }
struct Wrapper<T> { value: T }
fn look(_: &i32) -> i32 { 0 }
fn longest<'a>(a: &'a i32, b: &'a i32) -> &'a i32 { if *a > *b { a } else { b } }
fn first<'a, 'b>(a: &'a i32, _: &'b i32) -> &'a i32 { a }
fn need_static(_: &'static i32) {}
fn identity<T>(x: T) -> T { x }
impl<'a> Holder<'a> {
    fn new(r: &'a i32) -> Self { Holder { r } }
    fn get(&self) -> &'a i32 { self.r }
    fn get_short(&self) -> &i32 { self.r }
    fn set(&mut self, r: &'a i32) { self.r = r; }
}
impl<'a> HolderMut<'a> {
    fn get(&mut self) -> &mut i32 { self.r }
    fn into(self) -> &'a mut i32 { self.r }
}

pub fn inner_scope() { let r;
    {
        let x = 1;
        r = &x;
    }
    look(r);
}
pub fn inner_scope_unused() { let r;
    {
        let x = 1;
        r = &x;
        look(r);
    }
}
pub fn inner_scope_through_call() { let a = 1; let r;
    {
        let x = 1;
        r = longest(&a, &x);
    }
    look(r);
}
pub fn inner_scope_through_call_other() { let a = 1; let r;
    {
        let x = 1;
        r = first(&a, &x);
    }
    look(r);
}
pub fn inner_scope_in_struct() { let h;
    {
        let x = 1;
        h = Holder { r: &x };
    }
    look(h.r);
}
pub fn inner_scope_in_option() { let mut o = None;
    {
        let x = 1;
        o = Some(&x);
    }
    if let Some(r) = o { look(r); }
}
pub fn inner_scope_in_tuple() { let t;
    {
        let x = 1;
        t = (&x, 2);
    }
    look(t.0);
}
pub fn in_loop() { let mut r = &0;
    for i in 0..3 {
        r = &i;
    }
    look(r);
}
pub fn in_loop_local() { let mut o: Option<&i32> = None;
    for i in 0..3 {
        let x = i;
        if let Some(r) = o { look(r); }
        o = Some(&x);
    }
}
pub fn break_out() { let r = loop {
        let x = 1;
        break &x;
    };
    look(r);
}
pub fn temporary() { let r: &i32;
    r = &identity(1);
    look(r);
}
pub fn temporary_extended() {
    let r = &identity(1);
    look(r);
}
pub fn temporary_in_struct_extended() {
    let h = Holder { r: &identity(1) };
    look(h.r);
}
pub fn temporary_through_call() {
    let h = Holder::new(&identity(1));
    look(h.r);
}
pub fn temporary_of_method() {
    let r = Wrapper { value: identity(1) }.borrow();
    look(r);
}
pub fn temporary_in_one_statement() {
    look(Wrapper { value: identity(1) }.borrow());
}
impl<T> Wrapper<T> { fn borrow(&self) -> &T { &self.value } }
pub fn constant_reference() { let r: &i32;
    {
        r = &5;
    }
    look(r);
}
pub fn constant_sum() { let r: &i32;
    {
        r = &(5 + 6);
    }
    look(r);
}
pub fn constant_array() -> &'static [i32] {
    &[1, 2, 3]
}
pub fn constant_struct() -> &'static Wrapper<i32> {
    &Wrapper { value: 3 }
}
pub fn constant_option() -> Option<&'static i32> {
    Some(&3)
}
pub fn constant_to_static() {
    need_static(&7);
}
pub fn not_constant() -> &'static i32 {
    &identity(1)
}
pub fn return_local() -> &'static i32 {
    let x = 1;
    &x
}
pub fn return_local_by_variable() -> &'static i32 {
    let x = 1;
    let r = &x;
    r
}
pub fn return_parameter(x: i32) -> &'static i32 {
    &x
}
pub fn return_local_early(c: bool) -> &'static i32 {
    let x = 1;
    if c {
        return &x;
    }
    &2
}
pub fn return_local_in_struct<'a>() -> Holder<'a> {
    let x = 1;
    Holder { r: &x }
}
pub fn return_local_in_option<'a>() -> Option<&'a i32> {
    let x = 1;
    Some(&x)
}
pub fn return_local_through_call<'a>(a: &'a i32) -> &'a i32 {
    let x = 1;
    longest(a, &x)
}
pub fn return_local_through_call_fine<'a>(a: &'a i32) -> &'a i32 {
    let x = 1;
    first(a, &x)
}
pub fn return_slice_of_local<'a>() -> &'a [i32] {
    let x = [1, 2, 3];
    &x[..2]
}
pub fn return_slice<'a>(x: &'a [i32]) -> &'a [i32] {
    &x[..2]
}
pub fn return_field<'a>(h: &Holder<'a>) -> &'a i32 {
    h.r
}
pub fn return_field_of_mutable<'a>(h: &'a mut HolderMut<'a>) -> &'a mut i32 {
    h.r
}
pub fn return_field_of_mutable_short<'a, 'b>(h: &'b mut HolderMut<'a>) -> &'a mut i32 {
    h.r
}
pub fn return_field_by_value<'a>(h: HolderMut<'a>) -> &'a mut i32 {
    h.r
}
pub fn missing_relation<'a, 'b>(a: &'a i32, b: &'b i32) -> &'a i32 {
    b
}
pub fn missing_relation_in_branch<'a, 'b>(a: &'a i32, b: &'b i32, c: bool) -> &'a i32 {
    if c {
        a
    } else {
        b
    }
}
pub fn declared_relation<'a, 'b: 'a>(a: &'a i32, b: &'b i32) -> &'a i32 {
    if *a > 1 { a } else { b }
}
pub fn declared_where<'a, 'b>(a: &'a i32, b: &'b i32) -> &'a i32 where 'b: 'a {
    if *a > 1 { a } else { b }
}
pub fn transitive<'a, 'b: 'a, 'c: 'b>(a: &'a i32, b: &'b i32, c: &'c i32) -> &'a i32 {
    if *a > 1 { b } else { c }
}
pub fn unnamed_to_named<'a>(a: &'a i32, b: &i32) -> &'a i32 {
    b
}
pub fn unnamed_to_named_branch<'a>(a: &'a i32, b: &i32) -> &'a i32 {
    if *a > *b { a } else { b }
}
pub fn unnamed_to_static(b: &i32) -> &'static i32 {
    b
}
pub fn named_to_static<'a>(b: &'a i32) -> &'static i32 {
    b
}
pub fn argument_to_static(b: &i32) {
    need_static(b);
}
pub fn local_to_static() {
    let x = 1;
    need_static(&x);
}
pub fn static_to_named<'a>(b: &'static i32) -> &'a i32 {
    b
}
pub fn store<'a>(h: &mut Holder<'a>, r: &'a i32) {
    h.r = r;
}
pub fn store_unrelated<'a, 'b>(h: &mut Holder<'a>, r: &'b i32) {
    h.r = r;
}
pub fn store_unnamed(h: &mut Holder, r: &i32) {
    h.r = r;
}
pub fn store_unnamed_in_named<'a>(h: &mut Holder<'a>, r: &i32) {
    h.r = r;
}
pub fn store_by_method<'a>(h: &mut Holder<'a>, r: &'a i32) {
    h.set(r);
}
pub fn store_by_method_unrelated<'a, 'b>(h: &mut Holder<'a>, r: &'b i32) {
    h.set(r);
}
pub fn store_local<'a>(h: &mut Holder<'a>) {
    let x = 1;
    h.r = &x;
}
pub fn store_local_by_method<'a>(h: &mut Holder<'a>) {
    let x = 1;
    h.set(&x);
}
pub fn reference_to_reference<'a, 'b>(x: &'a &'b i32) -> &'a i32 {
    *x
}
pub fn inner_reference<'a, 'b>(x: &'a &'b i32) -> &'b i32 {
    *x
}
pub fn inner_mutable<'a, 'b>(x: &'a mut &'b mut i32) -> &'a mut i32 {
    *x
}
pub fn inner_mutable_too_long<'a, 'b>(x: &'a mut &'b mut i32) -> &'b mut i32 {
    *x
}
pub fn inner_shared_of_mutable<'a, 'b>(x: &'a mut &'b i32) -> &'b i32 {
    *x
}
pub fn through_shared_of_mutable<'a, 'b>(x: &'a &'b mut i32) -> &'b i32 {
    *x
}
pub fn covariant<'short, 'long: 'short>(x: &'long i32) -> &'short i32 {
    x
}
pub fn covariant_struct<'short, 'long: 'short>(x: Holder<'long>) -> Holder<'short> {
    x
}
pub fn covariant_wrapper<'short, 'long: 'short>(x: Wrapper<&'long i32>) -> Wrapper<&'short i32> {
    x
}
pub fn covariant_option<'short, 'long: 'short>(x: Option<&'long i32>) -> Option<&'short i32> {
    x
}
pub fn contra_struct<'short, 'long: 'short>(x: Holder<'short>) -> Holder<'long> {
    x
}
pub fn invariant_behind_mutable<'a, 'short, 'long: 'short>(x: &'a mut &'long i32) -> &'a mut &'short i32 {
    x
}
pub fn invariant_cell<'a, 'short, 'long: 'short>(x: &'a core::cell::Cell<&'long i32>) -> &'a core::cell::Cell<&'short i32> {
    x
}
pub fn covariant_behind_shared<'a, 'short, 'long: 'short>(x: &'a &'long i32) -> &'a &'short i32 {
    x
}
pub fn two_lifetimes<'a, 'b>(x: Two<'a, 'b>) -> &'b i32 {
    x.b
}
pub fn two_lifetimes_wrong<'a, 'b>(x: Two<'a, 'b>) -> &'b i32 {
    x.a
}
pub fn construct_two<'a, 'b>(a: &'a i32, b: &'b i32) -> Two<'b, 'a> {
    Two { a: b, b: a }
}
pub fn construct_two_wrong<'a, 'b>(a: &'a i32, b: &'b i32) -> Two<'b, 'a> {
    Two { a, b }
}
pub fn generic_flow<'a, 'b>(a: &'a i32, b: &'b i32) -> &'a i32 {
    let _ = identity(b);
    identity(a)
}
pub fn generic_flow_wrong<'a, 'b>(a: &'a i32, b: &'b i32) -> &'a i32 {
    identity(b)
}
pub fn option_map<'a>(x: Option<&'a Holder<'a>>) -> Option<&'a i32> {
    x.map(|h| h.r)
}
pub fn option_unwrap<'a>(x: Option<&'a i32>) -> &'a i32 {
    x.unwrap()
}
pub fn option_unwrap_wrong<'a, 'b>(x: Option<&'a i32>, _y: &'b i32) -> &'b i32 {
    x.unwrap()
}
pub fn iter_item<'a>(x: &'a [i32]) -> Option<&'a i32> {
    x.iter().next()
}
pub fn iter_item_wrong<'a, 'b>(x: &'a [i32], _y: &'b i32) -> Option<&'b i32> {
    x.iter().next()
}
pub fn iter_loop<'a>(x: &'a [i32]) -> Option<&'a i32> {
    for v in x.iter() {
        if *v > 1 {
            return Some(v);
        }
    }
    None
}
pub fn iter_loop_wrong<'a, 'b>(x: &'a [i32], _y: &'b i32) -> Option<&'b i32> {
    for v in x.iter() {
        if *v > 1 {
            return Some(v);
        }
    }
    None
}
pub fn iter_mut_item<'a>(x: &'a mut [i32]) -> Option<&'a mut i32> {
    x.iter_mut().next()
}
pub fn get_item<'a>(x: &'a [i32]) -> Option<&'a i32> {
    x.get(1)
}
pub fn get_item_of_local<'a>() -> Option<&'a i32> {
    let x = [1, 2];
    x.get(1)
}
pub fn annotated_static() {
    let x = 1;
    let r: &'static i32 = &x;
    look(r);
}
pub fn annotated_named<'a>(a: &'a i32) {
    let x = 1;
    let r: &'a i32 = &x;
    look(r);
}
pub fn annotated_named_fine<'a>(a: &'a i32) {
    let r: &'a i32 = a;
    look(r);
}
pub fn annotated_wrong<'a, 'b>(a: &'a i32, b: &'b i32) {
    let r: &'a i32 = b;
    look(r);
}
pub fn method_long(h: Holder) -> i32 {
    let r;
    {
        let g = Holder { r: h.r };
        r = g.get();
    }
    look(r)
}
pub fn method_short(h: Holder) -> i32 {
    let r;
    {
        let g = Holder { r: h.r };
        r = g.get_short();
    }
    look(r)
}
pub fn set_shorter(mut h: Holder) -> i32 {
    {
        let x = 1;
        h.set(&x);
    }
    look(h.r)
}
pub fn set_shorter_unused(h: Holder) -> i32 {
    let mut h = h;
    {
        let x = 1;
        h.set(&x);
    }
    1
}
pub fn into_then_use(h: HolderMut) -> i32 {
    let r = h.into();
    *r = 1;
    *r
}
pub fn get_twice(h: &mut HolderMut) {
    let a = h.get();
    let b = h.get();
    *a = 1;
    *b = 2;
}
pub fn static_promise() -> &'static i32 {
    static X: i32 = 5;
    &X
}
pub fn const_promise() -> &'static i32 {
    const X: i32 = 5;
    &X
}
pub fn str_promise() -> &'static str {
    "text"
}
impl<'a> Two<'a, 'a> {
    fn longest(&self) -> &'a i32 { if *self.a > *self.b { self.a } else { self.b } }
}
trait Source { fn get(&self) -> &i32; fn make<'a>(&self, x: &'a i32) -> &'a i32; }
impl<'b> Source for Holder<'b> {
    fn get(&self) -> &i32 { self.r }
    fn make<'a>(&self, x: &'a i32) -> &'a i32 {
        x
    }
}
impl<'b> Source for HolderMut<'b> {
    fn get(&self) -> &i32 { self.r }
    fn make<'a>(&self, x: &'a i32) -> &'a i32 {
        self.r
    }
}
pub fn by_trait<S: Source>(s: &S) -> &i32 {
    s.get()
}
pub fn by_trait_of_local<'a, S: Source + 'a>(s: S) -> &'a i32 {
    s.get()
}
pub fn by_trait_argument<'a, S: Source>(s: S, x: &'a i32) -> &'a i32 {
    s.make(x)
}
pub fn by_trait_wrong_argument<'a, S: Source>(s: &'a S, x: &i32) -> &'a i32 {
    s.make(x)
}
struct Iter<'a> { items: &'a [i32], at: usize }
impl<'a> Iterator for Iter<'a> {
    type Item = &'a i32;
    fn next(&mut self) -> Option<&'a i32> {
        let item = self.items.get(self.at);
        self.at += 1;
        item
    }
}
pub fn own_iterator<'a>(x: &'a [i32]) -> Option<&'a i32> {
    let mut iter = Iter { items: x, at: 0 };
    iter.next()
}
pub fn own_iterator_loop<'a>(x: &'a [i32]) -> &'a i32 {
    let mut last = &x[0];
    for v in (Iter { items: x, at: 0 }) {
        last = v;
    }
    last
}
pub fn own_iterator_wrong<'a, 'b>(x: &'a [i32], y: &'b [i32]) -> &'b i32 {
    let mut last = &y[0];
    for v in (Iter { items: x, at: 0 }) {
        last = v;
    }
    last
}
pub fn own_iterator_and_write(x: &mut [i32]) {
    for v in (Iter { items: x, at: 0 }) {
        x[0] = 1;
        look(v);
    }
}
