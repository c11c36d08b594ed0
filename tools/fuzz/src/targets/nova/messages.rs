// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! What the GSP says.

use nova_formats::Result;
use nova_formats::libos;
use nova_formats::message::{
    Assembly, Checksum, HEADER_SIZE, Header, InOrder, LARGEST, LARGEST_PAYLOAD, Message, parts,
};
use nova_formats::rpc::interrupts::InterruptTable;
use nova_formats::rpc::{Function, LibosPrint, OsErrorLog, PostEvent, R535, R570, Release};
use nova_formats::sequencer::{Command, SAVED, Sequence};
use nova_formats::wpr::WprMeta;

use crate::targets::bits::{Bits, words};

const CONTINUATION: u32 = 71;

/// An element that is right but for its function and its sequence.
fn sealed(function: u32, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let mut element = vec![0; HEADER_SIZE];
    let size = HEADER_SIZE + payload.len();
    for (at, value) in [
        (0x24, sequence),
        (0x28, size.div_ceil(4096) as u32),
        (0x30, 0x0300_0000),
        (0x34, 0x4350_5256),
        (0x38, size as u32 - 48),
        (0x3c, function),
    ] {
        element[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    element.extend(payload);
    let sum = Checksum::new().over(&element).get();
    element[0x20..0x24].copy_from_slice(&sum.to_le_bytes());
    element
}

fn commands() -> Vec<u32> {
    vec![
        0, 0x11_0040, 1, 1, 0x11_0044, 0xff, 2, 2, 0x11_80f8, 4, 4, 100, 7, 3, 50, 4, 0x40, 7, 5,
        6, 7, 8,
    ]
}

pub(super) fn sequences() -> Vec<Vec<u8>> {
    let list = |commands: &[u32]| {
        let count = commands.len() as u32;
        let mut all = vec![count, count];
        all.extend([0; 8]);
        all.extend(commands);
        words(&all)
    };
    vec![list(&commands()), list(&[]), list(&[4, 0, 7, 8])]
}

pub(super) fn elements() -> Vec<Vec<u8>> {
    let mut all: Vec<_> = sequences()
        .iter()
        .map(|payload| sealed(0x1002, 3, payload))
        .collect();
    all.push(sealed(0x1001, 0, &[]));
    all.push(sealed(65, 1, &vec![1; 1656]));
    all.push(sealed(CONTINUATION, 1, &vec![5; LARGEST_PAYLOAD]));
    all
}

pub(super) fn element(input: &[u8]) -> Result<()> {
    if let Some(header) = input.first_chunk()
        && let Ok(header) = Header::parse(header, input.len())
    {
        assert!((HEADER_SIZE..=LARGEST).contains(&header.size()) && header.size() <= input.len());
        assert!((1..=16).contains(&header.pages()));
    }
    let message = Message::parse(input)?;
    assert!(message.payload.len() <= LARGEST_PAYLOAD);
    payload(message.payload)
}

/// Records: how long the payload is, its function (in the low bits), its sequence.
pub(super) fn pieces() -> Vec<Vec<u8>> {
    let record = |function: u16, size: u16| {
        let mut bytes = function.to_le_bytes().to_vec();
        bytes.extend(size.to_le_bytes());
        bytes
    };
    vec![
        [vec![0, 0, 4, 0], record(65, 100)].concat(),
        [
            vec![0, 0, 4, 0],
            record(65, 0xffff),
            record(71, 0xffff),
            record(71, 3),
        ]
        .concat(),
        [vec![0, 16, 0, 0], record(71, 8)].concat(),
    ]
}

pub(super) fn assembly(input: &[u8]) -> Result<()> {
    let mut bits = Bits(input);
    let room = bits.u32() as usize % 0x8_0000;
    let mut out = vec![0; room];
    let mut order = InOrder::new();
    let mut next = |bits: &mut Bits<'_>| {
        let (function, size) = (bits.u16(), bits.u16());
        let function = match function & 0x1ff {
            CONTINUATION_LOW => CONTINUATION,
            other => u32::from(other),
        };
        // Most are as long as they can be: only then something follows.
        let size = usize::from(size).min(LARGEST_PAYLOAD);
        let element = sealed(function, order.next(), &vec![size as u8; size]);
        let message = Message::parse(&element)?;
        order.take(message.header.sequence)?;
        Ok::<_, nova_formats::Error>(element)
    };
    let first = next(&mut bits)?;
    let message = Message::parse(&first)?;
    let mut total = message.payload.len();
    let mut assembly = Assembly::begin(&mut out, &message)?;
    while !bits.is_empty() {
        let element = next(&mut bits)?;
        let message = Message::parse(&element)?;
        assembly.push(&message)?;
        total += message.payload.len();
        assert_eq!(assembly.payload().len(), total);
    }
    assert!(total <= room);
    let pieces: Vec<_> = parts(Function(65), room).collect();
    assert_eq!(pieces.iter().map(|p| p.range.len()).sum::<usize>(), room);
    Ok(())
}

const CONTINUATION_LOW: u16 = 71;

/// Payloads of the sizes that the layouts have, with counts that are right.
pub(super) fn payloads() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (size, count, name) in [(0x678, 0x158, 0x4ec), (0x878, 0x348, 0x71c)] {
        let mut info = vec![1; size];
        info[count..count + 4].copy_from_slice(&2_u32.to_le_bytes());
        info[name..name + 12].copy_from_slice(b"NVIDIA card\0");
        all.push(info);
    }
    let mut table = vec![0; 2068];
    table[0] = 3;
    table[4] = 50;
    all.push(table);
    let mut event = vec![0; 64];
    event[0x18] = 32;
    all.push(event);
    let mut log = vec![b'x'; 40];
    log[..12].fill(0);
    log[39] = 0;
    all.push(log);
    all.push([words(&[1, 12]), b"libos says x".to_vec()].concat());
    all.push(words(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
    all.extend(sequences());
    let mut argument = vec![0; 256];
    argument[..8].copy_from_slice(&0xdc3a_ae21_371a_60b3_u64.to_le_bytes());
    argument[8] = 1;
    all.push(argument);
    all
}

pub(super) fn payload(payload: &[u8]) -> Result<()> {
    let releases: [&dyn Release; 2] = [&R570, &R535];
    for release in releases {
        let _ = release.rc_triggered(payload);
        if let Ok(info) = release.static_info(payload) {
            let _ = info.name();
            if let Ok(usable) = info.usable() {
                for region in usable {
                    assert!(region.start <= region.end, "{region:x?}");
                }
            }
        }
        for number in payload.chunks_exact(4) {
            let number = u32::from_le_bytes([number[0], number[1], number[2], number[3]]);
            let _ = release.event(number).map(|event| event.name());
            let _ = Function(number).name();
        }
    }
    let _ = PostEvent::parse(payload);
    let _ = OsErrorLog::parse(payload);
    let _ = LibosPrint::parse(payload);
    if let Ok(table) = InterruptTable::parse(payload) {
        let _ = table.stall(50);
    }
    if let Ok(Some(index)) = libos::log_index(payload) {
        assert!(index < payload.len() as u64);
    }
    let _ = WprMeta::parse(payload).map(WprMeta::is_verified);
    sequence(payload)
}

pub(super) fn sequence(payload: &[u8]) -> Result<()> {
    let list = Sequence::parse(payload)?;
    let mut count = 0;
    for command in list {
        count += 1;
        match command {
            Command::Write { register, .. }
            | Command::Modify { register, .. }
            | Command::Poll { register, .. } => {
                assert!(register.offset() < 16 << 20 && register.offset() % 4 == 0);
            }
            Command::Store { index, .. } => assert!(index < SAVED),
            _ => {}
        }
    }
    assert_eq!(count, list.count());
    Ok(())
}
