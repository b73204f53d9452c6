struct Grid<'a> { cells: &'a mut [i32], width: usize }
impl<'a> Grid<'a> {
    fn new(cells: &'a mut [i32], width: usize) -> Self { Grid { cells, width } }
    fn at(&self, x: usize, y: usize) -> &i32 { &self.cells[y * self.width + x] }
    fn at_mut(&mut self, x: usize, y: usize) -> &mut i32 { &mut self.cells[y * self.width + x] }
    fn row(&mut self, y: usize) -> &mut [i32] { let w = self.width; &mut self.cells[y * w..(y + 1) * w] }
    fn swap(&mut self, a: usize, b: usize) { let t = self.cells[a]; self.cells[a] = self.cells[b]; self.cells[b] = t; }
    fn sum(&self) -> i32 { self.cells.iter().map(|v| *v).fold(0, |a, b| a + b) }
    fn into_cells(self) -> &'a mut [i32] { self.cells }
    fn reborrow(&mut self) -> Grid<'_> { Grid { cells: &mut *self.cells, width: self.width } }
}
pub fn use_grid(cells: &mut [i32]) -> i32 {
    let mut grid = Grid::new(cells, 4);
    *grid.at_mut(1, 1) = 3;
    let v = *grid.at(1, 1);
    grid.row(0)[2] = v;
    for cell in grid.row(1).iter_mut() { *cell += v; }
    grid.swap(0, 1);
    { let mut inner = grid.reborrow(); *inner.at_mut(0, 0) = inner.sum(); }
    let s = grid.sum();
    let cells = grid.into_cells();
    cells[0] = s;
    cells[0]
}
pub fn grid_conflict(cells: &mut [i32]) {
    let mut grid = Grid::new(cells, 4);
    let row = grid.row(0);
    grid.swap(0, 1);
    row[0] = 1;
}
pub fn grid_original_while_lent(cells: &mut [i32]) {
    let mut grid = Grid::new(cells, 4);
    cells[0] = 1;
    grid.swap(0, 1);
}
pub fn grid_original_after(cells: &mut [i32]) {
    let mut grid = Grid::new(cells, 4);
    grid.swap(0, 1);
    cells[0] = 1;
}
struct Stack<const N: usize> { items: [u32; N], len: usize }
impl<const N: usize> Stack<N> {
    fn push(&mut self, v: u32) -> bool { if self.len == N { return false; } self.items[self.len] = v; self.len += 1; true }
    fn pop(&mut self) -> Option<u32> { if self.len == 0 { None } else { self.len -= 1; Some(self.items[self.len]) } }
    fn peek(&self) -> Option<&u32> { if self.len == 0 { None } else { Some(&self.items[self.len - 1]) } }
    fn peek_mut(&mut self) -> Option<&mut u32> { match self.len { 0 => None, n => Some(&mut self.items[n - 1]) } }
    fn get_or_push(&mut self, v: u32) -> &mut u32 { if self.len == 0 { self.push(v); } &mut self.items[self.len - 1] }
}
pub fn use_stack() -> u32 {
    let mut stack = Stack::<8> { items: [0; 8], len: 0 };
    stack.push(1);
    stack.push(stack.len as u32);
    if let Some(top) = stack.peek_mut() { *top += 1; }
    while let Some(v) = stack.pop() { if v > 5 { stack.push(v - 1); } }
    *stack.get_or_push(3) += 1;
    let top = stack.peek().copied();
    stack.push(7);
    top.unwrap_or(0)
}
pub fn stack_conflict() -> u32 {
    let mut stack = Stack::<8> { items: [0; 8], len: 0 };
    let top = stack.peek();
    stack.push(7);
    match top { Some(v) => *v, None => 0 }
}
trait Shape<'a> { fn name(&self) -> &'a [u8]; fn longest(&self, other: &'a [u8]) -> &'a [u8]; }
struct Named<'a> { name: &'a [u8] }
impl<'a> Shape<'a> for Named<'a> {
    fn name(&self) -> &'a [u8] { self.name }
    fn longest(&self, other: &'a [u8]) -> &'a [u8] { if other.len() > self.name.len() { other } else { self.name } }
}
pub fn by_lifetime_trait<'a, S: Shape<'a>>(s: &S, x: &'a [u8]) -> &'a [u8] {
    let n = s.name();
    if n.len() > 3 { n } else { s.longest(x) }
}
pub fn named<'a>(text: &'a [u8]) -> &'a [u8] {
    let s = Named { name: text };
    by_lifetime_trait(&s, text)
}
pub fn binary_search<'a>(items: &'a [i32], key: i32) -> Option<&'a i32> {
    let (mut low, mut high) = (0, items.len());
    while low < high {
        let mid = (low + high) / 2;
        let v = &items[mid];
        if *v == key { return Some(v); }
        if *v < key { low = mid + 1; } else { high = mid; }
    }
    None
}
pub fn insertion_sort(items: &mut [i32]) {
    for i in 1..items.len() {
        let mut j = i;
        while j > 0 && items[j - 1] > items[j] {
            let t = items[j];
            items[j] = items[j - 1];
            items[j - 1] = t;
            j -= 1;
        }
    }
}
pub fn largest<'a>(items: &'a mut [i32]) -> Option<&'a mut i32> {
    let mut best = None;
    for item in items.iter_mut() {
        best = match best {
            None => Some(item),
            Some(known) => if *item > *known { Some(item) } else { Some(known) },
        };
    }
    best
}
enum Tree<'a> { Leaf(i32), Node(&'a Tree<'a>, &'a Tree<'a>) }
fn sum(tree: &Tree) -> i32 { match tree { Tree::Leaf(v) => *v, Tree::Node(a, b) => sum(a) + sum(b) } }
fn leftmost<'a>(mut tree: &'a Tree<'a>) -> &'a i32 {
    loop {
        match tree { Tree::Leaf(v) => return v, Tree::Node(a, _) => tree = a }
    }
}
pub fn trees() -> i32 {
    let (a, b) = (Tree::Leaf(1), Tree::Leaf(2));
    let c = Tree::Node(&a, &b);
    let d = Tree::Node(&c, &a);
    sum(&d) + *leftmost(&d)
}
pub fn tree_too_short() -> i32 {
    let a = Tree::Leaf(1);
    let d;
    {
        let b = Tree::Leaf(2);
        d = Tree::Node(&a, &b);
    }
    sum(&d)
}
pub struct Link<'a> { value: i32, next: Option<&'a mut Link<'a>> }
pub struct Chain<'a> { value: i32, next: Option<&'a Chain<'a>> }
pub fn last<'a>(mut link: &'a Chain<'a>) -> &'a i32 {
    while let Some(next) = link.next { link = next; }
    &link.value
}
pub fn count(chain: &Chain) -> i32 {
    let (mut n, mut at) = (1, chain);
    while let Some(next) = &at.next { n += 1; at = next; }
    n
}
struct Counter<F> { step: F, n: i32 }
impl<F: FnMut(i32) -> i32> Counter<F> {
    fn run(&mut self) -> i32 { self.n = (self.step)(self.n); self.n }
}
pub fn split<'a>(x: &'a [i32], at: usize) -> (&'a [i32], &'a [i32]) { (&x[..at], &x[at..]) }
pub fn split_twice(x: &[i32]) -> i32 {
    let (a, b) = split(x, 2);
    let (c, d) = split(b, 1);
    a[0] + c[0] + d[0]
}
pub fn option_chain(x: Option<&mut i32>) -> i32 {
    match x { Some(v) if *v > 3 => { *v = 1; *v } Some(v) => { *v += 1; *v } None => 0 }
}
pub fn option_take(x: &mut Option<i32>) -> i32 {
    if let Some(v) = x.as_mut() { *v += 1; }
    match x.take() { Some(v) => v, None => { *x = Some(3); 4 } }
}
pub fn nested_match(x: &mut Option<Option<i32>>) {
    match x {
        Some(inner) => match inner { Some(v) => *v += 1, None => *inner = Some(1) },
        None => *x = Some(None),
    }
}
pub fn early_return<'a>(x: &'a mut [i32], key: i32) -> Option<&'a mut i32> {
    for i in 0..x.len() {
        if x[i] == key { return Some(&mut x[i]); }
    }
    x[0] = key;
    None
}
pub fn accumulate(x: &[i32], out: &mut [i32]) {
    let mut carry = 0;
    for (v, o) in x.iter().zip(out.iter_mut()) {
        carry += *v;
        *o = carry;
    }
    for i in 1..out.len() { out[i] += out[i - 1]; }
}
pub fn enumerate_and_index(x: &mut [i32], y: &[i32]) {
    for (i, v) in x.iter_mut().enumerate() { *v = y[i] + i as i32; }
    let n = x.len();
    for v in &mut *x { *v += n as i32; }
    for v in x.iter().rev() { let _ = *v; }
}
pub fn generic_swap<T>(a: &mut T, b: &mut T) { core::mem::swap(a, b) }
pub fn generic_pick<'a, T>(a: &'a T, b: &'a T, c: bool) -> &'a T { if c { a } else { b } }
pub fn generic_both<T: Copy>(x: &mut [T]) { if x.len() > 1 { let t = x[0]; x[0] = x[1]; x[1] = t; } }
pub fn generic_pick_short<T: Copy>(a: &T) -> T {
    let b = *a;
    let r = generic_pick(a, &b, true);
    *r
}
pub fn generic_pick_local<'a, T: Copy>(a: &'a T) -> &'a T {
    let b = *a;
    generic_pick(a, &b, true)
}
pub fn shadow_and_reassign(x: i32) -> i32 {
    let mut v = x;
    let r = &mut v;
    *r += 1;
    let r = &v;
    let s = *r;
    v = s + 1;
    v
}
pub fn block_scoped(x: &mut i32) -> i32 {
    let y = { let r = &mut *x; *r += 1; *r };
    *x += y;
    *x
}
pub fn array_of_references(a: &i32, b: &i32) -> i32 {
    let all = [a, b, &5];
    let mut s = 0;
    for r in all { s += *r; }
    s
}
pub fn labelled(x: &mut [i32]) -> usize {
    let mut found = 0;
    'outer: for i in 0..x.len() {
        for j in 0..x.len() {
            let v = &mut x[j];
            if *v == i as i32 { *v = 0; found = j; continue 'outer; }
            if *v < 0 { break 'outer; }
        }
    }
    x[found] += 1;
    found
}
pub fn two_slices(a: &mut [i32], b: &mut [i32]) {
    let (x, y) = (&mut a[0], &mut b[0]);
    core::mem::swap(x, y);
    a[0] += b[0];
}
pub fn conditional_initialise<'a>(c: bool, a: &'a i32) -> &'a i32 {
    let r: &i32;
    let local;
    if c { r = a; } else { local = 5; let s = &local; return if *s > 3 { a } else { a }; }
    r
}
pub fn loop_value<'a>(x: &'a [i32]) -> &'a i32 {
    let mut i = 0;
    let r = loop { if x[i] > 3 || i + 1 == x.len() { break &x[i]; } i += 1; };
    r
}
pub fn returns_closure_result(x: &[i32]) -> i32 {
    let get = |i: usize| &x[i];
    let (a, b) = (get(0), get(1));
    *a + *b
}
pub fn closure_of_closure(x: &mut i32) {
    let mut add = |d: i32| *x += d;
    let mut twice = |d: i32| { add(d); add(d); };
    twice(1);
    twice(2);
    *x += 1;
}
pub fn closure_with_field_and_local(p: &mut (i32, i32)) -> i32 {
    let scale = 3;
    let mut first = |d: i32| { p.0 += d * scale; p.0 };
    let a = first(1);
    p.1 = a + scale;
    first(2)
}
