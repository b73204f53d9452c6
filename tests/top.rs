//! `rustg top` where there may be no GPU.

#[test]
fn top_answers_as_json_or_says_in_one_sentence_what_is_missing() {
    let output = crate::program::rustg().args(["top", "--json"]).output().unwrap();
    let (text, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match output.status.code() {
        Some(0) => {
            let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert!(answer["gpus"][0]["memory_used_bytes"].is_u64(), "{text}");
        }
        Some(3) => {
            assert_eq!(error.lines().count(), 1, "{error}");
            assert!(error.starts_with("rustg: ") && text.is_empty(), "{error}");
        }
        other => panic!("{other:?}: {error}"),
    }
}

#[test]
fn top_refuses_intervals_it_cannot_keep() {
    let output = crate::program::rustg().args(["top", "--json", "--interval", "1us"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("20ms"));
}
