// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! How large modules are: what their code has beyond that of the smallest one, which every module
//! of ours carries, and the file as a whole.

use std::path::Path;

use anyhow::{Context as _, Result};
use object::read::{Object as _, ObjectSection as _};
use object::{SectionFlags, elf};
use serde::{Deserialize, Serialize};

use crate::ctx::Ctx;
use crate::harness::{Builder, Scope, stock};
use crate::kernels::KernelSpec;
use crate::setup;

/// What a person calls this benchmark.
pub(super) const NAME: &str = "size";

/// The module with nothing in it.
const MINIMAL: &str = "minimal";

/// Modules of ours with a twin among the distribution's.
const TWINS: &[(&str, &str)] = &[("rnull", "null_blk")];

/// The size of one module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// The kernel's id.
    pub kernel: String,
    /// The module's name.
    pub module: String,
    /// Bytes of code.
    pub code: u64,
    /// Bytes of code of the smallest module.
    pub minimal: u64,
    /// Bytes of the file without debug information.
    pub file: u64,
    /// Code and file of the twin in C, with its name.
    pub twin: Option<(String, u64, u64)>,
}

impl Size {
    /// What it has beyond the smallest module.
    #[must_use]
    pub fn beyond(&self) -> u64 {
        self.code.saturating_sub(self.minimal)
    }

    /// That, divided by the code of its twin.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        let (_, code, _) = self.twin.as_ref()?;
        Some(self.beyond() as f64 / *code as f64)
    }

    pub(super) fn row(&self) -> Vec<String> {
        let twin = |text: &dyn Fn(&(String, u64, u64)) -> String| match &self.twin {
            Some(twin) => text(twin),
            None => "-".to_owned(),
        };
        vec![
            self.kernel.clone(),
            self.module.clone(),
            self.code.to_string(),
            self.beyond().to_string(),
            twin(&|(_, code, _)| code.to_string()),
            twin(&|_| format!("{:.3}", self.ratio().unwrap_or_default())),
            self.file.to_string(),
            twin(&|(_, _, file)| file.to_string()),
        ]
    }
}

/// All drivers and samples of one kernel.
pub(super) fn measure(
    ctx: &Ctx,
    spec: &'static KernelSpec,
    build: Builder<'_>,
) -> Result<Vec<Size>> {
    let modules = crate::build::cargo::modules(ctx)?;
    let used = modules
        .iter()
        .filter(|m| !m.test_only && m.ktest.is_empty());
    let scope = Scope {
        used: Some(used.map(|m| m.name.clone()).collect()),
        ..Scope::default()
    };
    let built = build(ctx, spec, scope)?;
    let mut sizes = Vec::new();
    for path in &built.ko_files {
        let module = stock::module_name(&path.to_string_lossy());
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        sizes.push(Size {
            kernel: spec.id.to_owned(),
            code: code(&bytes).with_context(|| format!("in {}", path.display()))?,
            minimal: 0,
            file: bytes.len() as u64,
            twin: twin(ctx, spec, &module)?,
            module,
        });
    }
    let minimal = sizes.iter().find(|size| size.module == MINIMAL);
    let minimal = minimal.context("there is no samples/minimal")?.code;
    for size in &mut sizes {
        size.minimal = minimal;
    }
    Ok(sizes)
}

fn twin(ctx: &Ctx, spec: &KernelSpec, module: &str) -> Result<Option<(String, u64, u64)>> {
    let Some((_, twin)) = TWINS.iter().find(|(ours, _)| *ours == module) else {
        return Ok(None);
    };
    let kernel = setup::kernel(ctx, spec)?;
    let modules = kernel
        .modules_root
        .join("lib/modules")
        .join(&kernel.release);
    let read = |path: &Path| {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let index = stock::Index::parse(&read(&modules.join("modules.dep"))?, "");
    let paths = index.closure(&[twin])?;
    let path = paths.last().context("a module without a file")?;
    let bytes = stock::read(&modules.join(path))?;
    let size = code(&bytes).with_context(|| format!("in {path}"))?;
    Ok(Some(((*twin).to_owned(), size, bytes.len() as u64)))
}

/// The bytes of everything in a module that is executed, its initialisation included.
fn code(module: &[u8]) -> Result<u64> {
    let file = object::File::parse(module)?;
    let is_code = |section: &object::Section<'_, '_>| match section.flags() {
        SectionFlags::Elf { sh_flags, .. } => sh_flags.contains(elf::SHF_EXECINSTR),
        _ => false,
    };
    Ok(file.sections().filter(is_code).map(|s| s.size()).sum())
}
