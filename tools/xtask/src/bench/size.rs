// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! How large modules are: what their code has beyond that of the smallest one, which every module
//! of ours carries, and the file as a whole.

use std::path::Path;

use anyhow::{Context as _, Result};
use object::read::{Object as _, ObjectSection as _};
use object::{SectionFlags, elf};
use serde::{Deserialize, Serialize};

use super::twins;
use crate::ctx::Ctx;
use crate::harness::{Builder, Scope, stock};
use crate::kernels::KernelSpec;
use crate::setup;

/// What a person calls this benchmark.
pub(super) const NAME: &str = "size";

/// The module with nothing in it.
const MINIMAL: &str = "minimal";

/// Modules of ours with a twin among the distribution's: the first of these that it has. The newest has those
/// of the PHYs in Rust.
const STOCK: &[(&str, &[&str])] = &[
    ("ax88796b", &["ax88796b", "ax88796b_rust"]),
    ("qt2025", &["qt2025"]),
    ("rnull", &["null_blk"]),
];

/// Modules of ours with a twin of our own begin so; the rest is the benchmark that they are for.
const BENCH: &str = "bench_";

/// How much more than its twin a module may have.
const TARGET: f64 = 1.05;

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
    /// The same in C, if there is that.
    pub twin: Option<Twin>,
}

/// The size of a module in C.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Twin {
    /// The module's name.
    pub module: String,
    /// Bytes of code.
    pub code: u64,
    /// Bytes of the file without debug information.
    pub file: u64,
}

impl Twin {
    fn new(module: &str, bytes: &[u8]) -> Result<Self> {
        Ok(Self {
            module: module.to_owned(),
            code: code(bytes).with_context(|| format!("in {module}"))?,
            file: bytes.len() as u64,
        })
    }
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
        let twin = self.twin.as_ref()?;
        (twin.code > 0).then(|| self.beyond() as f64 / twin.code as f64)
    }

    /// Whether it has more than the target allows.
    #[must_use]
    pub fn is_above_target(&self) -> bool {
        self.ratio().is_some_and(|ratio| ratio > TARGET)
    }

    pub(super) fn row(&self) -> Vec<String> {
        let twin = |text: &dyn Fn(&Twin) -> String| match &self.twin {
            Some(twin) => text(twin),
            None => "-".to_owned(),
        };
        let mark = if self.is_above_target() { " !" } else { "" };
        let ratio = self.ratio();
        vec![
            self.kernel.clone(),
            self.module.clone(),
            twin(&|twin| twin.module.clone()),
            self.code.to_string(),
            self.beyond().to_string(),
            twin(&|twin| twin.code.to_string()),
            ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.3}{mark}")),
            self.file.to_string(),
            twin(&|twin| twin.file.to_string()),
        ]
    }
}

/// All drivers, samples and modules of benchmarks of one kernel.
pub(super) fn measure(
    ctx: &Ctx,
    spec: &'static KernelSpec,
    build: Builder<'_>,
) -> Result<Vec<Size>> {
    let modules = crate::build::cargo::modules(ctx)?;
    let used = modules
        .iter()
        .filter(|m| m.ktest.is_empty() && (!m.test_only || m.name.starts_with(BENCH)));
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

fn twin(ctx: &Ctx, spec: &KernelSpec, module: &str) -> Result<Option<Twin>> {
    let kernel = setup::kernel(ctx, spec)?;
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
    };
    if let Some(benchmark) = module.strip_prefix(BENCH) {
        let files = twins::build(ctx, &kernel, benchmark)?;
        // The first is the one that is compiled as the Rust is.
        let Some(file) = files.first() else {
            return Ok(None);
        };
        let name = stock::module_name(&file.to_string_lossy());
        return Twin::new(&name, &read(file)?).map(Some);
    }
    let Some((_, twins)) = STOCK.iter().find(|(ours, _)| *ours == module) else {
        return Ok(None);
    };
    let modules = kernel
        .modules_root
        .join("lib/modules")
        .join(&kernel.release);
    let index = read(&modules.join("modules.dep"))?;
    let index = stock::Index::parse(&String::from_utf8_lossy(&index), "");
    let Some(twin) = twins.iter().find(|twin| index.has(twin)) else {
        return Ok(None);
    };
    let paths = index.closure(&[*twin])?;
    let path = paths.last().context("a module without a file")?;
    Twin::new(twin, &stock::read(&modules.join(path))?).map(Some)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with code in two sections, and data.
    fn module() -> Vec<u8> {
        use object::write::{Object, StandardSegment};
        use object::{Architecture, BinaryFormat, Endianness, SectionKind};

        let format = BinaryFormat::Elf;
        let mut file = Object::new(format, Architecture::X86_64, Endianness::Little);
        for (name, kind, bytes) in [
            (".text", SectionKind::Text, 100),
            (".init.text", SectionKind::Text, 20),
            (".data", SectionKind::Data, 3000),
        ] {
            let segment = file.segment_name(StandardSegment::Text).to_vec();
            let section = file.add_section(segment, name.into(), kind);
            file.append_section_data(section, &vec![0; bytes], 1);
        }
        file.write().unwrap()
    }

    fn size(code: u64, twin: Option<u64>) -> Size {
        Size {
            kernel: "k".into(),
            module: "ours".into(),
            code,
            minimal: 300,
            file: 9000,
            twin: twin.map(|code| Twin {
                module: "theirs".into(),
                code,
                file: 8000,
            }),
        }
    }

    #[test]
    fn code_is_what_can_be_executed() {
        assert_eq!(code(&module()).unwrap(), 120);
        assert!(code(b"no module").is_err());
    }

    #[test]
    fn what_the_smallest_has_does_not_count() {
        let size = size(1300, Some(1000));
        assert_eq!((size.beyond(), size.ratio()), (1000, Some(1.0)));
        let row = [
            "k", "ours", "theirs", "1300", "1000", "1000", "1.000", "9000", "8000",
        ];
        assert_eq!(size.row(), row);
    }

    #[test]
    fn five_per_cent_more_is_the_most() {
        assert!(!size(1350, Some(1000)).is_above_target());
        let above = size(1351, Some(1000));
        assert!(above.is_above_target() && above.row()[6] == "1.051 !");
        let alone = size(1351, None);
        assert!(!alone.is_above_target() && alone.row()[6] == "-");
    }
}
