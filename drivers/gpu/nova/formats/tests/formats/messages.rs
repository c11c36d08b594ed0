// SPDX-License-Identifier: GPL-2.0-only

//! The rings and what goes through them.

use nova_formats::message::{
    Assembly, Checksum, ElementHeader, HEADER_SIZE, Header, InOrder, LARGEST_PAYLOAD, Message,
    parts,
};
use nova_formats::queue::{self, Pieces, Pointer, RING_PAGES, Ring};
use nova_formats::rpc::Function;
use nova_formats::{Part, What};
use proptest::prelude::*;
use zerocopy::IntoBytes as _;

use crate::build::message::{element, sum};
use crate::build::{Image, pattern, u32_at, u64_at};

fn pointer(raw: u32) -> Pointer {
    Pointer::from_gsp(raw).unwrap()
}

#[test]
fn the_memory_is_as_both_sides_expect_it() {
    let mut memory = vec![0; queue::SIZE];
    queue::write(&mut memory, 0x1_2345_6000).unwrap();
    for page in 0..129 {
        assert_eq!(
            u64_at(&memory, 8 * page),
            0x1_2345_6000 + 4096 * page as u64
        );
    }
    assert!(memory[8 * 129..0x1000].iter().all(|byte| *byte == 0));
    let header: Vec<u32> = (0..8)
        .map(|word| u32_at(&memory, 0x1000 + 4 * word))
        .collect();
    assert_eq!(header, [0, 0x4_0000, 0x1000, 63, 0, 1, 0x20, 0x1000]);
    assert!(memory[0x1020..].iter().all(|byte| *byte == 0));
    assert_eq!(queue::COMMANDS_AT + queue::QUEUE_SIZE, queue::STATUS_AT);
    assert_eq!(queue::STATUS_AT + queue::QUEUE_SIZE, queue::SIZE);
    assert_eq!(queue::PAGES as usize * queue::PAGE, queue::SIZE);
    assert_eq!(
        queue::RING_AT + RING_PAGES as usize * queue::PAGE,
        queue::QUEUE_SIZE
    );

    assert!(queue::write(&mut memory, 0x1001).is_err());
    assert!(queue::write(&mut memory, u64::MAX - 0xfff).is_err());
    assert!(queue::write(&mut memory[..0x1000], 0).is_err());
}

#[test]
fn a_pointer_is_a_page_of_the_ring() {
    for raw in 0..RING_PAGES {
        assert_eq!(pointer(raw).raw(), raw);
        assert_eq!(pointer(raw).place(), 0x1000 + raw as usize * 0x1000);
    }
    for raw in [63, 64, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        let error = Pointer::from_gsp(raw).unwrap_err();
        assert_eq!(error.part, Part::QueuePointer);
        assert_eq!(error.what, What::Value(u64::from(raw)));
    }
}

#[test]
fn every_ring_has_one_free_page_at_least() {
    for write in 0..RING_PAGES {
        for read in 0..RING_PAGES {
            let ring = Ring {
                write: pointer(write),
                read: pointer(read),
            };
            assert_eq!(ring.used(), (write + 63 - read) % 63);
            assert_eq!(ring.free(), (read + 63 - write - 1) % 63);
            assert_eq!(pointer(read).after(ring.used()), ring.write);
            assert_eq!(ring.to_read().size(), ring.used() as usize * 4096);
            let all = ring.to_write(ring.free()).unwrap();
            assert_eq!(all.size(), ring.free() as usize * 4096);
            assert!(ring.to_write(ring.free() + 1).is_err());
            assert!(ring.to_write(u32::MAX).is_err());
        }
    }
}

#[test]
fn what_wraps_is_in_two_pieces() {
    let ring = Ring {
        write: pointer(2),
        read: pointer(61),
    };
    let pieces = ring.to_read();
    assert_eq!(pieces.first, 0x3e000..0x40000);
    assert_eq!(pieces.second, 0x1000..0x3000);
    let within = |range| pieces.within(range).unwrap();
    assert_eq!(within(0..80).first, 0x3e000..0x3e050);
    assert!(within(0..80).second.is_empty());
    let both = within(0x1ff0..0x2010);
    assert_eq!(
        (both.first, both.second),
        (0x3fff0..0x40000, 0x1000..0x1010)
    );
    let behind = within(0x2100..0x4000);
    assert!(behind.first.is_empty());
    assert_eq!(behind.second, 0x1100..0x3000);
    assert!(pieces.within(0..0x4001).is_err());
    #[expect(
        clippy::reversed_empty_ranges,
        reason = "such a range is what is shown"
    )]
    let turned = 2..1;
    assert!(pieces.within(turned).is_err());
    assert_eq!(pointer(61).after(5), pointer(3));
    assert_eq!(pointer(0).after(u32::MAX), pointer(u32::MAX % 63));
}

#[test]
fn a_command_is_what_the_gsp_expects() {
    let payload = pattern(3, 117);
    let header = ElementHeader::command(Function::SET_REGISTRY, 7, &[&payload]).unwrap();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(&payload);
    assert!(bytes[..0x20].iter().all(|byte| *byte == 0));
    assert_eq!(sum(&bytes), 0);
    let words: Vec<u32> = (9..20).map(|word| u32_at(&bytes, 4 * word)).collect();
    let none = u32::MAX;
    let vrpc = u32::from_le_bytes(*b"VRPC");
    let expected = [7, 1, 0, 0x0300_0000, vrpc, 32 + 117, 73, none, none, 0, 0];
    assert_eq!(words, expected);
    // In pieces it is the same.
    for cut in 0..=payload.len() {
        let pieces = [&payload[..cut], &payload[cut..]];
        let cut = ElementHeader::command(Function::SET_REGISTRY, 7, &pieces).unwrap();
        assert_eq!(cut.as_bytes(), header.as_bytes());
    }
}

#[test]
fn an_element_has_a_size_and_a_number_of_pages() {
    for (size, pages) in [(0, 1), (4016, 1), (4017, 2), (LARGEST_PAYLOAD, 16)] {
        let payload = vec![0; size];
        let header = ElementHeader::command(Function::NOP, 0, &[&payload]).unwrap();
        assert_eq!(header.pages.get(), pages, "{size}");
    }
    let payload = vec![0; LARGEST_PAYLOAD + 1];
    assert!(ElementHeader::command(Function::NOP, 0, &[&payload]).is_err());
    assert!(ElementHeader::command(Function::NOP, 0, &[&payload, &payload]).is_err());
}

#[test]
fn what_arrives_is_read() {
    let payload = pattern(9, 333);
    let bytes = element(0x1002, 5, &payload);
    let header = Header::parse(bytes.first_chunk().unwrap(), 4096).unwrap();
    assert_eq!(header.size(), 413);
    assert_eq!(header.pages(), 1);
    assert_eq!(header.function, Function(0x1002));
    assert!(header.function.is_event());
    assert_eq!(
        (header.sequence, header.rpc_sequence, header.result),
        (5, 0, 0)
    );
    let message = Message::parse(&bytes).unwrap();
    assert_eq!((message.header, message.payload), (header, &payload[..]));
    // What lies behind it does not belong to it.
    let mut longer = bytes.clone();
    longer.extend([0xff; 100]);
    assert_eq!(Message::parse(&longer).unwrap().payload, payload);
}

#[test]
fn what_arrives_must_be_whole() {
    let bytes = element(0x1001, 0, &[]);
    let with = |at: usize, value: u32| {
        let mut image = Image(bytes.clone());
        image.u32(at, value);
        let header = Header::parse(image.0.first_chunk().unwrap(), 0x8000).unwrap_err();
        assert_eq!(Message::parse(&image.0).unwrap_err().part, header.part);
        (header.part, header.at, header.what)
    };
    let rpc = Part::RpcHeader;
    assert_eq!(with(0x34, 1), (rpc, 0x34, What::Signature(1)));
    assert_eq!(with(0x30, 1), (rpc, 0x30, What::Version(1)));
    assert_eq!(with(0x38, 31), (rpc, 0x38, What::Size(31)));
    assert_eq!(with(0x38, u32::MAX), (rpc, 0x38, What::Size(0xffff_ffff)));
    assert_eq!(with(0x38, 0xffd1), (rpc, 0x38, What::Size(0xffd1)));
    let (needs, has) = (0x1_0000, 0x8000);
    assert_eq!(with(0x38, 0xffd0), (rpc, 0x38, What::Short { needs, has }));
    // All ones, as a card that is gone.
    assert!(Header::parse(&[0xff; HEADER_SIZE], 4096).is_err());
    assert!(Header::parse(&[0; HEADER_SIZE], 4096).is_err());
    assert!(Header::parse(bytes.first_chunk().unwrap(), HEADER_SIZE - 1).is_err());
    assert!(Message::parse(&bytes[..79]).is_err());
}

#[test]
fn every_bit_counts_in_the_checksum() {
    let bytes = element(0x1001, 3, &pattern(1, 21));
    // Not the words that are checked before it.
    for at in (0..0x30).chain(0x3c..bytes.len()) {
        for bit in 0..8 {
            let mut other = bytes.clone();
            other[at] ^= 1 << bit;
            let error = Message::parse(&other).unwrap_err();
            assert_eq!((error.part, error.at), (Part::QueueElement, 0x20));
            assert!(matches!(error.what, What::Checksum(_)));
        }
    }
}

#[test]
fn order_is_noticed() {
    let mut order = InOrder::new();
    assert_eq!(order.take(0), Ok(()));
    assert_eq!(order.take(1), Ok(()));
    let what = |result: Result<(), nova_formats::Error>| result.unwrap_err().what;
    let wrong = |expected, found| What::Order { expected, found };
    assert_eq!(what(order.take(1)), wrong(2, 1));
    assert_eq!(order.take(2), Ok(()));
    assert_eq!(what(order.take(7)), wrong(3, 7));
    assert_eq!(order.next(), 8);
    assert_eq!(what(order.take(u32::MAX)), wrong(8, u32::MAX));
    assert_eq!(order.take(0), Ok(()));
    // One that has no number has the next.
    order.skip();
    assert_eq!(order.take(2), Ok(()));
    for (expected, found, is_repeated) in [
        (2, 1, true),
        (0, u32::MAX, true),
        (3, 7, false),
        (u32::MAX, 0, false),
    ] {
        assert_eq!(wrong(expected, found).is_repeated(), is_repeated);
    }
    assert!(!What::Missing.is_repeated());
}

#[test]
fn long_payloads_are_cut() {
    let cut = |size| -> Vec<(u32, std::ops::Range<usize>)> {
        parts(Function::SET_REGISTRY, size)
            .map(|piece| (piece.function.0, piece.range))
            .collect()
    };
    const MOST: usize = 0xffb0;
    assert_eq!(LARGEST_PAYLOAD, MOST);
    assert_eq!(cut(0), [(73, 0..0)]);
    assert_eq!(cut(1), [(73, 0..1)]);
    assert_eq!(cut(MOST), [(73, 0..MOST)]);
    assert_eq!(cut(MOST + 1), [(73, 0..MOST), (71, MOST..MOST + 1)]);
    let end = 3 * MOST;
    assert_eq!(cut(end).last(), Some(&(71, 2 * MOST..end)));
    assert_eq!(cut(end).len(), 3);
}

#[test]
fn long_payloads_are_put_together() {
    let payload = pattern(7, 2 * LARGEST_PAYLOAD + 5);
    let elements: Vec<Vec<u8>> = parts(Function::GSP_RM_CONTROL, payload.len())
        .zip(0..)
        .map(|(piece, sequence)| element(piece.function.0, sequence, &payload[piece.range]))
        .collect();
    let [first, second, third] = &elements[..] else {
        panic!("three elements")
    };
    let parse = |bytes| Message::parse(bytes).unwrap();
    let mut out = vec![0; payload.len() + 100];
    let mut assembly = Assembly::begin(&mut out, &parse(first)).unwrap();
    assert!(!assembly.is_complete());
    assembly.push(&parse(second)).unwrap();
    assert!(!assembly.is_complete());
    assembly.push(&parse(third)).unwrap();
    assert!(assembly.is_complete());
    assert_eq!(assembly.payload(), payload);
    assert!(assembly.push(&parse(third)).is_err());
    assert_eq!(assembly.payload(), payload);

    // A record without a beginning, a beginning in the middle, and too much.
    assert!(Assembly::begin(&mut out, &parse(second)).is_err());
    let mut assembly = Assembly::begin(&mut out, &parse(first)).unwrap();
    let error = assembly.push(&parse(first)).unwrap_err();
    assert_eq!(
        (error.part, error.what),
        (Part::Continuation, What::Value(76))
    );
    let mut small = vec![0; LARGEST_PAYLOAD + 5];
    let mut assembly = Assembly::begin(&mut small, &parse(first)).unwrap();
    assert!(assembly.push(&parse(second)).is_err());
    assert_eq!(assembly.payload(), &payload[..LARGEST_PAYLOAD]);
    // As much as there is room for is all that is expected.
    let mut exact = vec![0; LARGEST_PAYLOAD];
    assert!(
        Assembly::begin(&mut exact, &parse(first))
            .unwrap()
            .is_complete()
    );
}

proptest! {
    #[test]
    fn the_checksum_is_that_of_the_definition(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        cuts in proptest::collection::vec(0_usize..200, 0..4),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let in_pieces = cuts
            .windows(2)
            .fold(Checksum::new(), |sum, cut| sum.over(&bytes[cut[0]..cut[1]]));
        prop_assert_eq!(in_pieces.get(), sum(&bytes));
    }

    #[test]
    fn what_is_sent_can_be_read(
        function in 0..0x2000_u32,
        sequence: u32,
        payload in proptest::collection::vec(any::<u8>(), 0..5000),
    ) {
        let header = ElementHeader::command(Function(function), sequence, &[&payload]).unwrap();
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend(&payload);
        let message = Message::parse(&bytes).unwrap();
        prop_assert_eq!(message.payload, payload);
        prop_assert_eq!(message.header.function, Function(function));
        prop_assert_eq!(message.header.sequence, sequence);
        prop_assert_eq!(message.header.pages(), header.pages.get());
    }

    #[test]
    fn pieces_of_pieces_are_bytes_of_the_ring(
        write in 0..RING_PAGES, read in 0..RING_PAGES, start: u32, end: u32,
    ) {
        let pieces = Ring { write: pointer(write), read: pointer(read) }.to_read();
        let bytes = |pieces: &Pieces| pieces.first.clone().chain(pieces.second.clone());
        let size = pieces.size();
        let (start, end) = (start as usize % (size + 1), end as usize % (size + 1));
        if start <= end {
            let part = pieces.within(start..end).unwrap();
            prop_assert_eq!(part.size(), end - start);
            prop_assert!(bytes(&part).eq(bytes(&pieces).skip(start).take(end - start)));
            prop_assert!(bytes(&part).all(|at| (queue::RING_AT..queue::QUEUE_SIZE).contains(&at)));
        }
    }
}
