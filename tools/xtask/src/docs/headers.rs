// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The kernel's files that documentation names, and links to them.
//!
//! A stock kernel's packages hold its headers, but not its sources, so the links lead to the public
//! source browser, at the version that the documentation was built for.

/// Where the sources of every release can be read.
const BROWSER: &str = "https://elixir.bootlin.com/linux";

/// The top-level directories of the kernel in which the named files lie.
const TOPS: &[&str] = &[
    "arch", "block", "crypto", "drivers", "fs", "include", "init", "ipc", "kernel", "lib", "mm",
    "net", "security",
];

/// The headers that the `C header:` lines of a documentation name.
pub(super) fn named<'a>(docs: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in docs {
        let begins = line.starts_with("C header:") || line.starts_with("C headers:");
        goes_on = begins || (goes_on && !line.is_empty());
        if !goes_on {
            continue;
        }
        for word in line.split('`').skip(1).step_by(2) {
            if word.starts_with("include/") && is_file(word) && !found.iter().any(|f| f == word) {
                found.push(word.to_owned());
            }
        }
    }
    found
}

/// Whether it is named as a file of the kernel's is.
fn is_file(path: &str) -> bool {
    let Some((top, rest)) = path.split_once('/') else {
        return false;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.".contains(c);
    TOPS.contains(&top)
        && [".h", ".c", ".S"].iter().any(|end| rest.ends_with(end))
        && rest.chars().all(plain)
        && !rest.contains("..")
}

/// The tag of a release: `v6.12.95` for `6.12.95+deb12-amd64`, `v6.1` for `6.1.0-50-686-pae`, which does
/// not say which of its releases it is.
pub(super) fn tag(release: &str) -> String {
    let version: String = release
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    let version = version.trim_end_matches('.');
    format!("v{}", version.strip_suffix(".0").unwrap_or(version))
}

/// A page of rustdoc's with a link at each of the kernel's files that it names.
pub(super) fn linked(html: &str, tag: &str) -> String {
    const OPEN: &str = "<code>";
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once(OPEN) {
        out.push_str(before);
        match after.split_once("</code>") {
            Some((path, tail)) if is_file(path) && !before.trim_end().ends_with("\">") => {
                out.push_str(&format!(
                    "<a href=\"{BROWSER}/{tag}/source/{path}\"><code>{path}</code></a>"
                ));
                rest = tail;
            }
            _ => {
                out.push_str(OPEN);
                rest = after;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_those_that_the_line_names() {
        let docs = [
            "Text about `include/linux/no.h`.",
            "",
            "C headers: `include/linux/a.h`,",
            "`include/linux/b.h`. C source: `lib/a.c`.",
            "",
            "More of `include/linux/c.h`.",
        ];
        assert_eq!(
            named(docs.into_iter()),
            ["include/linux/a.h", "include/linux/b.h"]
        );
    }

    #[test]
    fn releases_have_tags() {
        assert_eq!(tag("6.12.95+deb12-amd64"), "v6.12.95");
        assert_eq!(tag("6.1.0-50-686-pae"), "v6.1");
        assert_eq!(tag("7.3~rc1-amd64"), "v7.3");
    }

    #[test]
    fn files_of_the_kernel_become_links_and_nothing_else_does() {
        let html = "<p><code>include/linux/xarray.h</code>, <code>rust/shims/x.c</code>, <code>lib/../x.c</code>, \
                    <a href=\"x\"><code>lib/xarray.c</code></a>";
        assert_eq!(
            linked(html, "v6.12"),
            "<p><a href=\"https://elixir.bootlin.com/linux/v6.12/source/include/linux/xarray.h\">\
             <code>include/linux/xarray.h</code></a>, <code>rust/shims/x.c</code>, <code>lib/../x.c</code>, \
             <a href=\"x\"><code>lib/xarray.c</code></a>"
        );
    }
}
