// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What a driver has the GSP make, and how it is asked of what there is.

use vgpu_facts::release::R535;

use super::gsp::{Driver, answering, answering_with, end, log};

const CLIENT: u32 = 0xc1d0_0000;
const DEVICE: u32 = 0xde1d_0000;
const SUBDEVICE: u32 = 0x5d1d_0000;

fn words(words: &[u32], more: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.resize(bytes.len() + more, 0);
    bytes
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Asks for an object; the status.
fn make(driver: &mut Driver, parent: u32, handle: u32, class: u32, size: usize) -> u32 {
    let header = [CLIENT, parent, handle, class, 0, size as u32, 0, 0];
    driver.send(103, &words(&header, size));
    let (function, reply) = driver.receive().unwrap();
    assert_eq!((function, reply.len()), (103, 32 + size));
    word(&reply, 0x10)
}

fn free(driver: &mut Driver, handle: u32) -> u32 {
    driver.send(10, &words(&[CLIENT, 0, handle, 0], 0));
    let (function, reply) = driver.receive().unwrap();
    assert_eq!((function, reply.len()), (10, 16));
    word(&reply, 0xc)
}

fn make_all(driver: &mut Driver) {
    let size = driver.card.release.root_parameters;
    assert_eq!(make(driver, CLIENT, CLIENT, 0, size), 0);
    assert_eq!(make(driver, CLIENT, DEVICE, 0x80, 56), 0);
    assert_eq!(make(driver, DEVICE, SUBDEVICE, 0x2080, 4), 0);
}

#[test]
pub(super) fn objects_come_and_go() {
    for mut driver in [answering("ga102"), answering_with("ad102", &R535)] {
        make_all(&mut driver);
        assert_eq!(free(&mut driver, SUBDEVICE), 0);
        assert_eq!(make(&mut driver, DEVICE, SUBDEVICE, 0x2080, 4), 0);
        // All that is in it goes with it.
        assert_eq!(free(&mut driver, CLIENT), 0);
        make_all(&mut driver);
        assert_eq!(driver.card.gpu.journal().complaints, 0);
        assert_eq!(free(&mut driver, 5), 0x56);
        assert!(log(&mut driver).contains("FREE: there is no 0x5"));
    }
}

#[test]
pub(super) fn what_is_wrong_is_refused_and_what_is_not_there_is_listed() {
    let mut driver = answering("ga102");
    make_all(&mut driver);
    for (text, parent, handle, class, size) in [
        ("class 0x0080 in 0x5", 5, 1, 0x80, 56),
        ("class 0x2080 in 0xc1d00000", CLIENT, 1, 0x2080, 4),
        ("class 0x2080 has 4 bytes, not 5", DEVICE, 1, 0x2080, 5),
        ("client 0x1 is made in client 0xc1d00000", CLIENT, 1, 0, 120),
        (
            "0xde1d0000 of client 0xc1d00000 already",
            CLIENT,
            DEVICE,
            0x80,
            56,
        ),
    ] {
        assert_eq!(make(&mut driver, parent, handle, class, size), 0x56);
        let log = log(&mut driver);
        assert!(log.contains(text), "{text}: {log}");
    }
    driver.send(103, &words(&[CLIENT, CLIENT, 1, 0x80, 0, 9, 0, 0], 8));
    driver.receive().unwrap();
    assert!(log(&mut driver).contains("paramsSize is 9, and there are 8 bytes"));
    let complaints = driver.card.gpu.journal().complaints;
    assert_eq!(make(&mut driver, DEVICE, 1, 0x90f1, 48), 0x56);
    let control = [CLIENT, SUBDEVICE, 0x2080_1234, 0, 4, 0];
    driver.send(76, &words(&control, 4));
    assert_eq!(word(&driver.receive().unwrap().1, 0xc), 0x56);
    assert_eq!(driver.card.gpu.journal().complaints, complaints);
    let summary = driver.card.gpu.journal_mut().summary().join("\n");
    for line in ["class 0x90f1: asked", "control 0x20801234: asked"] {
        assert!(summary.contains(line), "{line}: {summary}");
    }
}

#[test]
pub(super) fn the_gsp_tells_of_its_processors() {
    let mut driver = answering("ga102");
    let mut ask = |number: u32, params: &[u32]| {
        let header = [0xc1e0_0001, 0xcc, number, 0, 4 * params.len() as u32, 0];
        driver.send(76, &words(&[&header[..], params].concat(), 0));
        let (_, reply) = driver.receive().unwrap();
        let status = word(&reply, 0xc);
        (
            status,
            reply[24..]
                .chunks(4)
                .map(|w| word(w, 0))
                .collect::<Vec<_>>(),
        )
    };
    let (status, gpcs) = ask(0x2080_0137, &[0]);
    assert_eq!((status, gpcs.len()), (0, 1));
    for gpc in 0..32 {
        let (status, answer) = ask(0x2080_0138, &[gpc, 0]);
        let is_there = gpcs[0] >> gpc & 1 == 1;
        assert_eq!(status == 0, is_there);
        assert!(!is_there || answer[0] == gpc && answer[1] != 0);
    }
    let (status, config) = ask(0x2080_0a1c, &[0; 10]);
    assert_eq!((status, config.len()), (0, 10));
    // The older release says it at once.
    let mut driver = answering_with("ga102", &R535);
    driver.send(65, &[0; 2168]);
    let (_, info) = driver.receive().unwrap();
    assert_eq!(word(&info, 0x124), gpcs[0]);
    assert_eq!(word(&info, 0x128 + 8 * 3), 3);
    end(&mut driver);
}
