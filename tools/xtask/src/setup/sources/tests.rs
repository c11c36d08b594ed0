// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

use proptest::prelude::*;

use super::*;

const DEB822: &str = "\
Types: deb deb-src
# a comment in between
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://vendor.example/debian
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/vendor.gpg
";

fn pick(entries: &[Entry]) -> Result<Archive> {
    choose(entries, None, None, None, &["/k.gpg".into()])
}

#[test]
fn deb822_gives_main_security_and_keyring() {
    let archive = pick(&parse_deb822(DEB822)).unwrap();
    assert_eq!(archive.main, "http://mirror.example/debian");
    assert_eq!(
        archive.security.as_deref(),
        Some("http://mirror.example/debian-security")
    );
    let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg".into();
    assert_eq!(archive.keys, Keys::Files(vec![keyring]));
}

#[test]
fn a_vendor_that_comes_first_is_passed_over() {
    let text = "\
deb https://vendor.example/php/ bookworm main
deb [arch=amd64 signed-by=/etc/apt/keyrings/v.asc] https://vendor.example/linux/debian bookworm main
deb https://vendor.example/cloud cloud-bookworm main
#deb http://commented.example/debian bookworm main
deb http://mirror.example/debian/ bookworm main non-free # trailing
deb-src http://source.example/debian bookworm main
deb http://mirror.example/debian-security bookworm/updates main";
    let archive = pick(&parse_list(text)).unwrap();
    assert_eq!(archive.main, "http://mirror.example/debian/");
    assert_eq!(
        archive.security.as_deref(),
        Some("http://mirror.example/debian-security")
    );
    assert_eq!(archive.keys, Keys::Files(vec!["/k.gpg".into()]));
}

#[test]
fn a_disabled_stanza_does_not_count() {
    let text = DEB822.replace("Types: deb", "Enabled: no\nTypes: deb");
    let error = pick(&parse_deb822(&text)).unwrap_err().to_string();
    assert!(error.contains(MIRROR_VAR), "{error}");
}

#[test]
fn an_inline_key_is_kept_whole() {
    let text = "Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie\nComponents: main\n\
        Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----\n";
    let archive = pick(&parse_deb822(text)).unwrap();
    let key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n";
    assert_eq!(archive.keys, Keys::Inline(key.to_owned()));
}

#[test]
fn the_variable_wins_and_brings_no_foreign_security_archive() {
    let mirror = Some("http://own.example/debian".to_owned());
    let archive = choose(&parse_deb822(DEB822), mirror, None, None, &[]).unwrap();
    assert_eq!(archive.main, "http://own.example/debian");
    assert_eq!(archive.security, None);
}

#[test]
fn without_a_keyring_the_cure_is_named() {
    let entries = parse_list("deb http://mirror.example/debian bookworm main");
    let error = choose(&entries, None, None, None, &[]).unwrap_err();
    assert!(error.to_string().contains("debian-archive-keyring"));
}

proptest! {
    #[test]
    fn any_text_is_parsed_without_a_panic(text in "(?s).{0,400}") {
        let _ = best(&parse_list(&text), Role::Main);
        let _ = best(&parse_deb822(&text), Role::Security);
    }

    #[test]
    fn both_formats_say_the_same(
        suite in "(bookworm|trixie)(-updates|-security)?", component in "main|contrib",
        host in "[a-z]{1,8}",
    ) {
        let line = format!("deb http://{host}.example/debian {suite} {component}");
        let stanza = format!(
            "Types: deb\nURIs: http://{host}.example/debian\nSuites: {suite}\nComponents: {component}\n"
        );
        prop_assert_eq!(parse_list(&line), parse_deb822(&stanza));
    }
}
