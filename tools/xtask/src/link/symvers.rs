// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! `Module.symvers`: what a kernel exports, and to whom.

use std::collections::HashMap;

/// How a symbol is exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The module that has it, or `vmlinux`.
    pub module: String,
    /// Only for modules under a GPL-compatible licence.
    pub gpl_only: bool,
    /// The namespace that a user must import; empty for none.
    pub namespace: String,
}

/// Every exported symbol of a kernel.
#[derive(Debug, Clone, Default)]
pub struct Symvers(HashMap<String, Export>);

/// Why a module may not use a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The kernel does not export it.
    Missing,
    /// It is exported to the modules named only.
    Restricted(String),
    /// The module does not import its namespace.
    Namespace(String),
    /// It is for GPL-compatible modules only, and this one is not.
    GplOnly,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("this kernel does not export it"),
            Self::Restricted(modules) => write!(f, "this kernel exports it to {modules} only"),
            Self::Namespace(name) => write!(
                f,
                "it is in the namespace {name}, which the module does not import"
            ),
            Self::GplOnly => f.write_str("it is for GPL-compatible modules only"),
        }
    }
}

impl Symvers {
    /// Reads the lines `crc name module type [namespace]`, separated by tabs.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let exports = text.lines().filter_map(|line| {
            let mut fields = line.split('\t');
            let (_crc, name) = (fields.next()?, fields.next()?);
            let (module, kind) = (fields.next()?.to_owned(), fields.next()?);
            let namespace = fields.next().unwrap_or_default().to_owned();
            Some((
                name.to_owned(),
                Export {
                    module,
                    gpl_only: kind.ends_with("_GPL"),
                    namespace,
                },
            ))
        });
        Self(exports.collect())
    }

    /// Whether a module with this licence and these imports may use a symbol.
    ///
    /// # Errors
    ///
    /// The reason why not.
    pub fn allow(&self, symbol: &str, gpl: bool, imports: &[String]) -> Result<&Export, Refusal> {
        let export = self.0.get(symbol).ok_or(Refusal::Missing)?;
        if let Some(modules) = export.namespace.strip_prefix("module:") {
            return Err(Refusal::Restricted(modules.to_owned()));
        }
        if !export.namespace.is_empty() && !imports.contains(&export.namespace) {
            return Err(Refusal::Namespace(export.namespace.clone()));
        }
        if export.gpl_only && !gpl {
            return Err(Refusal::GplOnly);
        }
        Ok(export)
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, Symvers};

    const TEXT: &str = "0x1\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n\
        0x2\tdma_buf_fd\tvmlinux\tEXPORT_SYMBOL_GPL\tDMA_BUF\n\
        0x0\tkvm_x\tvmlinux\tEXPORT_SYMBOL_GPL\tmodule:kvm\n\
        0x4\tphy_attach\tdrivers/net/phy/libphy\tEXPORT_SYMBOL_GPL\n";

    #[test]
    fn who_may_use_what() {
        let symvers = Symvers::parse(TEXT);
        assert_eq!(
            symvers.allow("_printk", false, &[]).unwrap().module,
            "vmlinux"
        );
        assert_eq!(symvers.allow("nothing", true, &[]), Err(Refusal::Missing));
        assert_eq!(
            symvers.allow("dma_buf_fd", true, &[]),
            Err(Refusal::Namespace("DMA_BUF".to_owned()))
        );
        assert!(
            symvers
                .allow("dma_buf_fd", true, &["DMA_BUF".to_owned()])
                .is_ok()
        );
        assert_eq!(
            symvers.allow("kvm_x", true, &[]),
            Err(Refusal::Restricted("kvm".to_owned()))
        );
        assert_eq!(
            symvers.allow("phy_attach", false, &[]),
            Err(Refusal::GplOnly)
        );
    }
}
