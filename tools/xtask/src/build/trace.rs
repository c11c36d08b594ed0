// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! The C side of `trace_events!`: the header and the file that define a module's trace events, in the
//! kernel's own terms.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, ensure};
use syn::Macro;
use syn::visit_mut::{self, VisitMut};

#[path = "../../../../rust/macros/src/trace_spec.rs"]
#[expect(dead_code, reason = "the macro wants what C does not")]
mod spec;

use spec::{Event, Field, Kind, Piece, Spec};

/// What Kbuild compiles for the trace events of one module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// `<module>_trace.h`
    pub header: String,
    /// `<module>_trace.c`
    pub source: String,
}

/// Looks for `trace_events!` in the sources of a package; `None` if there is none.
///
/// # Errors
///
/// A source cannot be read, is not Rust, or declares what cannot be; the message says where.
pub fn find(sources: &Path, module: &str) -> Result<Option<Trace>> {
    let mut specs = Vec::new();
    in_dir(sources, &mut specs)?;
    let Some(first) = specs.first() else {
        return Ok(None);
    };
    ensure!(
        specs.len() == 1,
        "{}: a module has one trace_events!, and this has {}",
        sources.display(),
        specs.len()
    );
    Ok(Some(Trace {
        header: header(first, module),
        source: source(first, module),
    }))
}

fn in_dir(dir: &Path, specs: &mut Vec<Spec>) -> Result<()> {
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut paths: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            in_dir(&path, specs)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            if text.contains("trace_events!") {
                in_text(&text, specs)
                    .map_err(|e| anyhow!("{}:{}: {e}", path.display(), e.span().start().line))?;
            }
        }
    }
    Ok(())
}

fn in_text(text: &str, specs: &mut Vec<Spec>) -> syn::Result<()> {
    struct Finder(Vec<syn::Result<Spec>>);
    impl VisitMut for Finder {
        fn visit_macro_mut(&mut self, call: &mut Macro) {
            if call
                .path
                .segments
                .last()
                .is_some_and(|s| s.ident == "trace_events")
            {
                self.0.push(call.parse_body());
            }
            visit_mut::visit_macro_mut(self, call);
        }
    }
    let mut finder = Finder(Vec::new());
    finder.visit_file_mut(&mut syn::parse_file(text)?);
    for spec in finder.0 {
        specs.push(spec?);
    }
    Ok(())
}

/// The type of a field, in C.
fn c_type(kind: Kind) -> String {
    match kind {
        Kind::Integer(signed, bits) => format!("{}{bits}", if signed { "s" } else { "u" }),
        Kind::Bool => "bool".to_owned(),
        Kind::Text(_) => "char".to_owned(),
    }
}

/// How `printf` shows a field, and what is passed to it.
fn shown(field: &Field, hex: bool) -> (&'static str, String) {
    let value = format!("__entry->{}", field.name);
    match field.kind {
        Kind::Integer(_, 64) if hex => ("%llx", format!("(unsigned long long){value}")),
        // A negative number has the bits of its own width only.
        Kind::Integer(_, bits) if hex => ("%x", format!("(u{bits}){value}")),
        Kind::Integer(true, 64) => ("%lld", format!("(long long){value}")),
        Kind::Integer(false, 64) => ("%llu", format!("(unsigned long long){value}")),
        Kind::Integer(true, _) => ("%d", value),
        Kind::Integer(false, _) => ("%u", value),
        Kind::Bool => ("%d", value),
        Kind::Text(_) => ("%s", value),
    }
}

/// One `TRACE_EVENT`, and the struct that Rust fills in.
fn event(event: &Event) -> (String, String) {
    let name = &event.name;
    let (mut record, mut entry, mut assign) = (String::new(), String::new(), String::new());
    for field in &event.fields {
        let (ty, field_name) = (c_type(field.kind), &field.name);
        // Writing to a string does not fail.
        let _ = match field.kind {
            Kind::Text(len) => {
                let _ = writeln!(record, "\t{ty} {field_name}[{len}];");
                let _ = writeln!(entry, "\t\t__array({ty}, {field_name}, {len})");
                writeln!(
                    assign,
                    "\t\tmemcpy(__entry->{field_name}, record->{field_name}, {len});"
                )
            }
            _ => {
                let _ = writeln!(record, "\t{ty} {field_name};");
                let _ = writeln!(entry, "\t\t__field({ty}, {field_name})");
                writeln!(assign, "\t\t__entry->{field_name} = record->{field_name};")
            }
        };
    }
    let (mut format, mut values) = (String::new(), String::new());
    for piece in &event.format {
        match piece {
            Piece::Text(text) => {
                for c in text.chars() {
                    match c {
                        '%' => format.push_str("%%"),
                        '"' | '\\' => format.extend(['\\', c]),
                        c => format.push(c),
                    }
                }
            }
            Piece::Field { index, hex } => {
                let (style, value) = shown(&event.fields[*index], *hex);
                format.push_str(style);
                let _ = write!(values, ", {value}");
            }
        }
    }
    // tracefs takes a format apart, and wants an argument.
    if values.is_empty() {
        format.push_str("%s");
        values.push_str(", \"\"");
    }
    let record = format!("struct ferrite_trace_{name} {{\n{record}}};\n");
    let definition = format!(
        "TRACE_EVENT({name},\n\
         \tTP_PROTO(const struct ferrite_trace_{name} *record),\n\
         \tTP_ARGS(record),\n\
         \tTP_STRUCT__entry(\n{entry}\t),\n\
         \tTP_fast_assign(\n{assign}\t),\n\
         \tTP_printk(\"{format}\"{values})\n\
         );\n"
    );
    (record, definition)
}

fn header(spec: &Spec, module: &str) -> String {
    let system = &spec.system;
    let (records, definitions): (Vec<_>, Vec<_>) = spec.events.iter().map(event).unzip();
    format!(
        "/* SPDX-License-Identifier: GPL-2.0-only */\n\
         /* Generated from trace_events! in {module}. */\n\
         #undef TRACE_SYSTEM\n\
         #define TRACE_SYSTEM {system}\n\n\
         #if !defined(FERRITE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)\n\
         #ifndef FERRITE_TRACE_H\n\
         #include <linux/types.h>\n\
         {}\
         #endif\n\
         #define FERRITE_TRACE_H\n\
         #include <linux/tracepoint.h>\n\n\
         {}\n\
         #endif\n\n\
         #undef TRACE_INCLUDE_PATH\n\
         #undef TRACE_INCLUDE_FILE\n\
         #define TRACE_INCLUDE_PATH .\n\
         #define TRACE_INCLUDE_FILE {module}_trace\n\
         #include <trace/define_trace.h>\n",
        records.concat(),
        definitions.join("\n"),
    )
}

fn source(spec: &Spec, module: &str) -> String {
    let mut text = format!(
        "// SPDX-License-Identifier: GPL-2.0-only\n\
         /* Generated from trace_events! in {module}. */\n\
         #define CREATE_TRACE_POINTS\n\
         #include \"{module}_trace.h\"\n"
    );
    for Event { name, .. } in &spec.events {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "\nvoid ferrite_trace_{name}(const struct ferrite_trace_{name} *record);\n\
             void ferrite_trace_{name}(const struct ferrite_trace_{name} *record)\n\
             {{\n\ttrace_{name}(record);\n}}\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> syn::Result<Trace> {
        let mut specs = Vec::new();
        in_text(text, &mut specs)?;
        Ok(Trace {
            header: header(&specs[0], "m"),
            source: source(&specs[0], "m"),
        })
    }

    #[test]
    fn an_event_becomes_cs() {
        let text = r#"
            mod inner {
                kernel::trace_events! {
                    system: s,
                    /// A thing.
                    event thing { a: u64, b: i8, c: bool, d: [char; 8] } => "{a:x} {b} 100% \"{d}\" {c}";
                }
            }
        "#;
        let Trace { header, source } = made(text).unwrap();
        for part in [
            "#define TRACE_SYSTEM s\n",
            "struct ferrite_trace_thing {\n\tu64 a;\n\ts8 b;\n\tbool c;\n\tchar d[8];\n};",
            "TRACE_EVENT(thing,",
            "__field(s8, b)",
            "__array(char, d, 8)",
            "memcpy(__entry->d, record->d, 8);",
            r#"TP_printk("%llx %d 100%% \"%s\" %d", (unsigned long long)__entry->a, __entry->b, __entry->d, __entry->c)"#,
        ] {
            assert!(header.contains(part), "no {part} in:\n{header}");
        }
        assert!(source.contains("trace_thing(record);"));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (declared, why) in [
            (r#"event e { a: f32 } => "";"#, "u8 to u64"),
            (r#"event e { a: u8 } => "{b}";"#, "no field `b`"),
            (r#"event e { a: bool } => "{a:x}";"#, "cannot be shown"),
            (r#"event e { a: u8 } => "}";"#, "stands alone"),
            (r#"event e { a: u8 } => "\n";"#, "printable"),
            (r#"event e { a: [char; 1] } => "";"#, "from 2 to 256"),
            (r#"event e { } => "";"#, "at least one field"),
        ] {
            let error = made(&format!("trace_events! {{ system: s, {declared} }}")).unwrap_err();
            assert!(error.to_string().contains(why), "{declared}: {error}");
        }
    }
}
