// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::*;
use crate::bench::count::Cost;
use crate::bench::registers::CompileTime;
use crate::bench::results::{Environment, RUST};
use crate::bench::size::{Size, Twin};
use crate::bench::values::Value;

/// A page with everything that there can be, and names that are not fit for HTML.
fn page() -> String {
    let cost = |count: f64| Cost {
        module: "m".into(),
        own: count,
        inclusive: count * 10.0,
        range: (0.0, 0.0),
        symbols: vec![("core::<T>".into(), count)],
    };
    let mut results = Results::new(Environment {
        command: "cargo xtask bench \"a\" && b".into(),
        commit: String::new(),
        rustc: "rustc 1".into(),
        qemu: String::new(),
    });
    let mut case = |kernel, name, rust: Option<f64>, twin: Option<f64>| {
        let mut case = Case::new(kernel, name);
        let sides = [(RUST, rust), (TWIN, twin)];
        for (side, count) in sides {
            if let Some(count) = count {
                case.sides.insert(side.into(), cost(count));
            }
        }
        results.cases.push(case);
    };
    case("debian", "rnull/read", Some(11.0), Some(10.0));
    case("debian", "a<b> & \"c\"", Some(1.0), Some(10.0));
    case("debian", "nothing", Some(1.0), Some(0.0));
    case("alone", "no twin", Some(1.0), None);
    results.sizes.push(Size {
        kernel: "debian".into(),
        module: "rnull".into(),
        code: 1400,
        minimal: 300,
        file: 9000,
        twin: Some(Twin {
            module: "null_blk".into(),
            code: 1000,
            file: 8000,
        }),
    });
    let value = Value::parse("debian", "value nova/boot/accesses 12 accesses");
    results.values.extend(value.unwrap());
    results.compile_time = Some(CompileTime {
        registers: 500,
        seconds: 1.25,
    });
    html(&results).unwrap()
}

#[test]
fn the_page_says_what_came_out() {
    let page = page();
    assert!(page.contains("<svg") && page.contains("rnull/read") && page.contains("1.100"));
    assert!(page.contains("core::&lt;T&gt;") && page.ends_with("</html>\n"));
    assert!(page.contains("<td class=\"n above\">1.100 !</td><td class=\"n\">9000</td>"));
    assert!(page.contains("<td class=\"\">accesses</td><td class=\"n\">12</td>"));
    assert!(page.contains("500 registers take 1.25 s to compile</p>"));
}

/// An element's name, and its attributes, each of which is there once and has a value.
fn element(start: &BytesStart<'_>) -> (String, Vec<(String, String)>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        let value = text(&attribute.value);
        let value = quick_xml::escape::unescape(&value).unwrap().into_owned();
        (text(attribute.key.as_ref()), value)
    });
    (text(start.name().as_ref()), attributes.collect())
}

/// Which elements may be right inside of one.
fn children(parent: &str) -> &'static [&'static str] {
    match parent {
        "" => &["html"],
        "html" => &["head", "body"],
        "head" => &["meta", "title", "style"],
        "body" => &["h1", "h2", "h3", "p", "table", "pre", "svg"],
        "p" => &["em", "code"],
        "table" => &["tr"],
        "tr" => &["th", "td"],
        "svg" => &["rect", "line", "polyline", "text"],
        _ => &[],
    }
}

/// What an element of a drawing must have, as numbers.
fn numbers(name: &str) -> &'static [&'static str] {
    match name {
        "svg" => &["width", "height"],
        "rect" => &["x", "y", "width", "height"],
        "line" => &["x1", "y1", "x2", "y2"],
        "text" => &["x", "y"],
        _ => &[],
    }
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> &'a str {
    let found = attributes.iter().find(|(key, _)| key == name);
    &found
        .unwrap_or_else(|| panic!("no {name}: {attributes:?}"))
        .1
}

fn check_drawing(name: &str, attributes: &[(String, String)]) {
    for key in numbers(name) {
        let number = attribute(attributes, key);
        assert!(is_number(number), "<{name} {key}={number:?}>");
        let is_size = ["width", "height"].contains(key);
        assert!(!is_size || !number.starts_with('-'), "<{name} {key}>");
    }
    if name == "svg" {
        assert_eq!(attribute(attributes, "xmlns"), "http://www.w3.org/2000/svg");
        let view = attribute(attributes, "viewBox");
        assert!(view.split(' ').count() == 4 && view.split(' ').all(is_number));
    }
    if name == "polyline" {
        let mut points = attribute(attributes, "points").split_whitespace();
        assert!(
            points.all(|point| point.split(',').count() == 2 && point.split(',').all(is_number))
        );
    }
}

/// Elements are closed in their order, are where they may be, and name nothing outside of the page;
/// a drawing has numbers where it needs them.
#[test]
fn the_page_is_well_formed_and_stands_alone() {
    let page = page();
    let mut reader = Reader::from_str(&page);
    let (mut inside, mut drawings, mut shapes) = (vec![String::new()], 0, 0);
    loop {
        let event = reader.read_event().unwrap();
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                let (name, attributes) = element(start);
                let parent = inside.last().unwrap();
                let here = children(parent);
                assert!(here.contains(&name.as_str()), "<{name}> in <{parent}>");
                for (key, value) in &attributes {
                    assert!(
                        !["src", "href", "xlink:href", "style"].contains(&key.as_str()),
                        "{key}"
                    );
                    assert!(!value.contains("url("), "{value}");
                }
                check_drawing(&name, &attributes);
                drawings += u32::from(name == "svg");
                shapes += u32::from(name == "rect");
                if matches!(event, Event::Start(_)) {
                    inside.push(name);
                } else {
                    // To HTML any other is open.
                    assert!(name == "meta" || parent == "svg", "<{name}/>");
                }
            }
            Event::End(_) => {
                inside.pop();
            }
            Event::Text(text) => {
                let text = text.decode().unwrap();
                assert!(!text.contains("@import") && !text.contains("url("));
            }
            Event::DocType(text) => assert_eq!(text.decode().unwrap(), "html"),
            Event::GeneralRef(name) => {
                let name = name.decode().unwrap();
                assert!(
                    ["amp", "lt", "gt", "quot", "apos"].contains(&name.as_ref()),
                    "&{name};"
                );
            }
            Event::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(inside, [""]);
    // One kernel has cases with a ratio: three of them, of which one is infinite.
    assert_eq!(drawings, 1);
    assert!(shapes >= 4, "{shapes} bars");
}
