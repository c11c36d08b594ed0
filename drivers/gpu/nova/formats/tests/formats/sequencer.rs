// SPDX-License-Identifier: GPL-2.0-only

use nova_formats::sequencer::{Command, DEFAULT_TIMEOUT, Sequence};
use nova_formats::{Part, What};

use crate::build::Image;
use crate::build::message::sequence;

#[test]
fn every_command_is_decoded() {
    let payload = sequence(&[
        0, 0x110040, 1, // write
        1, 0x110044, 0xff, 2, // modify
        2, 0x1180f8, 4, 4, 100, 7, // poll
        2, 0x1180f8, 4, 4, 0, 7, // poll, for as long as usual
        3, 50, // delay
        4, 0xfffffc, 7, // store
        5, 6, 7, 8, // core: reset, start, wait, resume
    ]);
    let sequence = Sequence::parse(&payload).unwrap();
    assert_eq!(sequence.count(), 10);
    // A register can only come from a list, so they are compared as text.
    let commands: Vec<String> = sequence.commands().map(|it| format!("{it:x?}")).collect();
    let expected = [
        "Write { register: Register(110040), value: 1 }".to_owned(),
        "Modify { register: Register(110044), mask: ff, value: 2 }".to_owned(),
        "Poll { register: Register(1180f8), mask: 4, value: 4, timeout: 64, error: 7 }".to_owned(),
        format!(
            "Poll {{ register: Register(1180f8), mask: 4, value: 4, timeout: {DEFAULT_TIMEOUT:x}, error: 7 }}"
        ),
        "Delay { microseconds: 32 }".to_owned(),
        "Store { register: Register(fffffc), index: 7 }".to_owned(),
        "CoreReset".to_owned(),
        "CoreStart".to_owned(),
        "CoreWaitForHalt".to_owned(),
        "CoreResume".to_owned(),
    ];
    assert_eq!(commands, expected);
    let Some(Command::Write { register, value }) = sequence.into_iter().next() else {
        panic!("the first is a write")
    };
    assert_eq!((register.offset(), value), (0x11_0040, 1));
}

#[test]
fn an_empty_list_is_a_list() {
    let sequence_of_none = sequence(&[]);
    let list = Sequence::parse(&sequence_of_none).unwrap();
    assert_eq!((list.count(), list.commands().next()), (0, None));
    // What lies behind the words that count is not looked at.
    let mut longer = Image(sequence_of_none);
    longer.words(0, &[2, 0]).words(40, &[99, 99]);
    assert_eq!(Sequence::parse(&longer.0).unwrap().count(), 0);
}

#[test]
fn a_list_that_is_broken_anywhere_is_not_begun() {
    let error = |words: &[u32]| {
        let error = Sequence::parse(&sequence(words)).unwrap_err();
        assert_eq!(error.part, Part::Command);
        (error.at - 40, error.what)
    };
    assert_eq!(error(&[5, 9]), (4, What::Value(9)));
    assert_eq!(error(&[u32::MAX]), (0, What::Value(0xffff_ffff)));
    assert_eq!(error(&[5, 0, 2, 1]), (8, What::Value(2)));
    assert_eq!(error(&[0, 0x100_0000, 1]), (4, What::Value(0x100_0000)));
    assert_eq!(error(&[4, 0, 8]), (8, What::Value(8)));
    assert_eq!(error(&[4, 0, u32::MAX]), (8, What::Value(0xffff_ffff)));
    for (words, operands) in [
        (&[0, 4][..], 2),
        (&[1, 4, 1], 3),
        (&[2, 4, 1, 1, 1], 5),
        (&[3], 1),
        (&[4, 4], 2),
    ] {
        let (needs, has) = (4 * operands, 4 * words.len() - 4);
        assert_eq!(error(words), (4, What::Short { needs, has }));
    }
}

#[test]
fn a_list_has_the_words_that_it_says() {
    let with = |size: u32, words: u32| {
        let mut payload = Image(sequence(&[5, 6]));
        payload.words(0, &[size, words]);
        Sequence::parse(&payload.0).map(|list| list.count())
    };
    assert_eq!(with(2, 2), Ok(2));
    assert_eq!(with(2, 1), Ok(1));
    let part = Part::Sequence;
    let error = with(1, 2).unwrap_err();
    assert_eq!(
        (error.part, error.at, error.what),
        (part, 4, What::Count(2))
    );
    let error = with(3, 3).unwrap_err();
    let (needs, has) = (12, 8);
    assert_eq!((error.part, error.what), (part, What::Short { needs, has }));
    assert!(with(u32::MAX, u32::MAX).is_err());
    assert!(Sequence::parse(&[0; 39]).is_err());
}
