#!/usr/bin/env bash
# Fills the local cargo registry with large crates, as a corpus for lexer and parser: a throw-away package depends on
# them, and `cargo fetch` does the rest. Nothing is built. Usage: fetch_corpus.sh [FOLDER]
set -euo pipefail
folder=${1:-$(mktemp -d)}
mkdir -p "$folder/src"
: > "$folder/src/lib.rs"
{
    printf '[package]\nname = "corpus"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\n'
    for crate in actix-web aes askama async-graphql aws-sdk-ec2 aws-sdk-s3 axum bevy bindgen burn candle-core cargo chrono \
        clap cranelift-codegen criterion datafusion deno_core diesel egui eframe fluent-bundle futures git2 gix glam hyper \
        iced image insta jiff juniper kube leptos libp2p minijinja nalgebra ndarray nom num openssl \
        oxc_parser pest_meta petgraph polars prost pyo3 quinn ratatui rayon redis regex-automata reqwest rhai rustls \
        rustpython-parser sea-orm serde_json similar smol sqlx surrealdb swc_ecma_parser swc_ecma_transforms sysinfo tantivy tauri \
        tide time tokio tonic tower tracing-subscriber tree-sitter trybuild typst wasmer wasmtime web-sys wgpu windows \
        winit yew zbus zip; do
        printf '%s = "*"\n' "$crate"
    done
} > "$folder/Cargo.toml"
cargo fetch --manifest-path "$folder/Cargo.toml"
