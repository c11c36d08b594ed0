// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! Settings that let rust-analyzer see the kernel crates as a build for one kernel does.
//!
//! It runs cargo with the environment of such a build, in a target directory of its own, so that
//! neither waits for the other or throws away what the other made. `core` is looked up in the
//! sources from which the build compiles it.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use crate::build::{self, Target, cargo, flags};
use crate::ctx::Ctx;
use crate::setup;

/// Where Visual Studio Code looks for them, below the top of the tree.
pub const FILE: &str = ".vscode/settings.json";

/// Prepares what the settings refer to, and makes them.
///
/// # Errors
///
/// As [`build::target::prepare`]; or the workspace is not well formed.
pub fn settings(ctx: &Ctx, target: &Target) -> Result<Map<String, Value>> {
    let prepared = build::target::prepare(ctx, target)?;
    let triple = flags::triple(&ctx.root, target.arch);
    let mut env = Map::new();
    for (name, value) in cargo::environment(ctx, target, &prepared, cargo::Flavour::Plain) {
        env.insert(name.to_owned(), json!(value.to_string_lossy()));
    }
    env.insert(
        "CARGO_TARGET_DIR".to_owned(),
        json!(target.dir(ctx).join("ide")),
    );
    env.insert("CARGO_BUILD_TARGET".to_owned(), json!(triple));
    if flags::json_spec(&triple).is_some() {
        env.insert("CARGO_UNSTABLE_JSON_TARGET_SPEC".to_owned(), json!("true"));
    }
    let modules = cargo::modules(ctx)?;
    let command = |subcommand: &str| -> Vec<String> {
        let fixed = ["cargo", subcommand, "--quiet", "--message-format=json"];
        let fixed = fixed
            .into_iter()
            .chain(["--keep-going", "--profile=module"]);
        let packages = modules.iter().map(|m| format!("--package={}", m.package));
        fixed.map(str::to_owned).chain(packages).collect()
    };
    let settings = json!({
        "rust-analyzer.cargo.target": triple,
        "rust-analyzer.cargo.allTargets": false,
        "rust-analyzer.cargo.extraEnv": env,
        "rust-analyzer.cargo.sysrootSrc": setup::rust_src(ctx)?,
        "rust-analyzer.cargo.buildScripts.overrideCommand": command("check"),
        "rust-analyzer.check.overrideCommand": command("clippy"),
        "rust-analyzer.files.exclude": ["target"],
    });
    match settings {
        Value::Object(settings) => Ok(settings),
        _ => unreachable!("written as an object"),
    }
}

/// Writes the settings, beside the others that the file has.
///
/// # Errors
///
/// The file cannot be written, or holds something else than plain JSON.
pub fn write(path: &Path, settings: &Map<String, Value>) -> Result<()> {
    let old = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => "{}".to_owned(),
        Err(e) => return Err(e).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut all: Map<String, Value> = serde_json::from_str(&old).with_context(|| {
        format!(
            "{} is not plain JSON (comments?): run without --write and add the lines by hand",
            path.display()
        )
    })?;
    all.extend(settings.clone());
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    }
    std::fs::write(path, format!("{:#}\n", Value::Object(all)))
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_settings_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let ours = json!({ "rust-analyzer.cargo.target": "new" });
        let ours = ours.as_object().unwrap();
        write(&path, ours).unwrap();
        std::fs::write(
            &path,
            r#"{ "editor.rulers": [100], "rust-analyzer.cargo.target": "old" }"#,
        )
        .unwrap();
        write(&path, ours).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let all: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            all,
            json!({ "editor.rulers": [100], "rust-analyzer.cargo.target": "new" })
        );
        std::fs::write(&path, "{ // mine\n}").unwrap();
        assert!(write(&path, ours).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{ // mine\n}");
    }
}
