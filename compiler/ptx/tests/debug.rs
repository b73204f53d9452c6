//! Debug sections become bytes, inlined locations chains.

use rustg_ptx::parse;

const TEXT: &str = "
.version 7.5
.target sm_80
.address_size 64
.file 1 \"a.rs\"
.visible .entry k()
{
    .reg .b32 %r<3>;
$begin:
    .loc 1 10 5
    mov.u32 %r1, 1;
    .loc 1 3 9, function_name $str+2, inlined_at 1 10 5
    add.s32 %r1, %r1, 2;
$middle:
    .loc 1 2 1, function_name $str, inlined_at 1 3 9
    add.s32 %r2, %r1, 2;
    ret;
$end:
}
.section .debug_str
{
$str:
.b8 120,0
.b8 105,110,110,101,114,0
}
.section .debug_info
{
.b32 $info_end-$info_start
$info_start:
.b8 4, 0xff, -1
.b64 $middle
.b64 $end
.b32 .debug_str
.b32 $str+2
.b16 513
$info_end:
}
";

#[test]
fn labels_in_sections_become_offsets_and_instruction_indices() {
    let (module, diagnostics) = parse(TEXT.as_bytes());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let sections = module.debug_sections();
    let info = sections.iter().find(|section| module.name(section.name) == ".debug_info").expect("it is there");
    let mut expected = vec![29, 0, 0, 0, 4, 0xff, 0xff];
    expected.extend(2u64.to_le_bytes());
    expected.extend(4u64.to_le_bytes());
    expected.extend(0u32.to_le_bytes());
    expected.extend(2u32.to_le_bytes());
    expected.extend(513u16.to_le_bytes());
    assert_eq!(info.bytes, expected);
    assert!(info.unresolved.is_empty() && info.variables.is_empty());
}

#[test]
fn inlined_locations_lead_to_their_call_sites_and_names() {
    let (module, _) = parse(TEXT.as_bytes());
    let location = module.location_of(2).expect("the third instruction has a line");
    let chain: Vec<_> = module.inline_chain(location).map(|location| (location.line, location.column)).collect();
    assert_eq!(chain, [(2, 1), (3, 9), (10, 5)]);
    let inlined = &module.locations[module.location_of(1).expect("a line").index()];
    let (label, offset) = inlined.function.expect("it names a function");
    assert_eq!(module.section_text(label, offset).as_deref(), Some("inner"));
    assert_eq!(module.section_text(label, 0).as_deref(), Some("x"));
}

#[test]
fn a_call_site_without_a_line_of_its_own_is_reported() {
    let text = TEXT.replace("inlined_at 1 10 5", "inlined_at 1 11 5");
    let (_, diagnostics) = parse(text.as_bytes());
    assert!(diagnostics[0].message.contains(".loc 1 11 5"), "{diagnostics:?}");
}
