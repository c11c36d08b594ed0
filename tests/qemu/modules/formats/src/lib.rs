// SPDX-License-Identifier: GPL-2.0-only

//! Every parser and builder of nova's formats, compiled for a kernel.
//!
//! That it builds shows that none of them can panic (`panic-sites = 0`) and that none needs more of the
//! stack than a kernel has. Loading it lets each parser refuse a page of zeros; it fails to load, with
//! `EPROTO`, if one takes it.

#![no_std]
#![forbid(unsafe_code)]

use core::hint::black_box;

use kernel::prelude::*;
use nova_formats::fb::{Layout, Needs, size_by_mib, size_by_scale};
use nova_formats::firmware::{Booter, RiscvBootloader, bin, elf, tlv};
use nova_formats::message::{
    Assembly, ElementHeader, HEADER_SIZE, Header, InOrder, Message, parts,
};
use nova_formats::queue::{self, Pointer, Ring};
use nova_formats::radix3::{self, Radix3};
use nova_formats::rpc::{
    Function, Libos, LibosPrint, OsErrorLog, PostEvent, RmArguments, SystemInfo, registry, release,
};
use nova_formats::sequencer::Sequence;
use nova_formats::vbios::fwsec::Command;
use nova_formats::wpr::{Addresses, WprMeta};
use nova_formats::{Result as Parsed, libos, vbios};

module! {
    type: Formats,
    name: "formats",
    authors: ["The Ferrite developers"],
    description: "Every parser of nova's formats in a kernel, without a place to panic",
    license: "GPL",
}

static ZEROS: [u8; 4096] = [0; 4096];

/// Gives zeros to some of the parsers; they may write into the page.
type Parser = fn(&[u8], &mut [u8; 4096]) -> Parsed<()>;

struct Formats;

impl Module for Formats {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let zeros = black_box(&ZEROS[..]);
        let mut page = KBox::<[u8; 4096]>::zeroed(GFP_KERNEL)?;
        let page: &mut [u8; 4096] = &mut page;
        let parsers: [Parser; 9] = [
            rom, fwsec, files, containers, image, memory, messages, events, commands,
        ];
        for parse in parsers {
            if black_box(parse)(zeros, page).is_ok() {
                return Err(EPROTO);
            }
        }
        builders(page).map_err(|_| EPROTO)?;
        pr_info!("every parser refused a page of zeros");
        Ok(Self)
    }
}

fn rom(zeros: &[u8], page: &mut [u8; 4096]) -> Parsed<()> {
    let mut prom = zeros;
    let found = vbios::scan(&mut prom)?;
    found.pc_at.read(&mut prom, page)
}

fn fwsec(zeros: &[u8], page: &mut [u8; 4096]) -> Parsed<()> {
    let fwsec = match vbios::find(zeros, zeros) {
        Ok(fwsec) => fwsec,
        Err(_) => vbios::Fwsec::parse(zeros, 0)?,
    };
    if let Some(signature) = fwsec.signature(1)? {
        fwsec.patch_signature(page, signature)?;
    }
    fwsec.patch_command(page, Command::Sb)?;
    let (at, size) = (0x1000, 0x1000);
    fwsec.patch_command(page, Command::Frts { at, size })?;
    fwsec.mapper(page)?;
    black_box(fwsec.for_bootloader(0x1000)?);
    Ok(())
}

fn files(zeros: &[u8], page: &mut [u8; 4096]) -> Parsed<()> {
    let loaders = bin::riscv_bootloader(zeros).is_ok() || bin::falcon_bootloader(zeros).is_ok();
    black_box(loaders);
    booter(bin::booter(zeros)?, page)
}

fn booter(booter: Booter<'_>, page: &mut [u8; 4096]) -> Parsed<()> {
    black_box((booter.open(), booter.secure(), booter.data(), booter.brom()));
    booter.patch_signature(page, booter.signature(1)?)
}

fn containers(zeros: &[u8], page: &mut [u8; 4096]) -> Parsed<()> {
    let loaders = tlv::riscv_bootloader(zeros).is_ok() || tlv::falcon_bootloader(zeros).is_ok();
    black_box(loaders);
    if let Ok(file) = tlv::gsp(zeros) {
        black_box(file.with(zeros)?);
    }
    booter(tlv::booter(zeros)?, page)
}

fn image(zeros: &[u8], _: &mut [u8; 4096]) -> Parsed<()> {
    black_box(elf::gsp(zeros, "ga10x")?);
    Ok(())
}

fn memory(zeros: &[u8], page: &mut [u8; 4096]) -> Parsed<()> {
    libos::log_index(page)?;
    WprMeta::parse(zeros).map(|meta| {
        black_box(meta.is_verified());
    })
}

fn messages(zeros: &[u8], page: &mut [u8; 4096]) -> Parsed<()> {
    let pointer = |at: usize| {
        let raw = zeros.get(at..).and_then(|bytes| bytes.first_chunk::<4>());
        Pointer::from_gsp(raw.map_or(0, |bytes| u32::from_le_bytes(*bytes)))
    };
    let ring = Ring {
        write: pointer(0)?,
        read: pointer(4)?,
    };
    black_box(ring.to_read().within(0..0)?);
    black_box(ring.to_write(1)?);
    let header = zeros.first_chunk().unwrap_or(&[0; HEADER_SIZE]);
    black_box(InOrder::new().take(0)?);
    if let Ok(header) = Header::parse(header, zeros.len()) {
        black_box(header.pages());
    }
    let message = Message::parse(zeros)?;
    let mut assembly = Assembly::begin(page, &message)?;
    assembly.push(&message)?;
    black_box(assembly.payload());
    Ok(())
}

fn events(zeros: &[u8], _: &mut [u8; 4096]) -> Parsed<()> {
    for version in black_box(["570.144", "535.113.01"]) {
        if let Some(release) = release(version) {
            black_box(release.event(0x1001));
            black_box(release.rc_triggered(zeros)?);
            let info = release.static_info(zeros)?;
            black_box(info.name());
            for region in info.usable()? {
                black_box(region);
            }
        }
    }
    black_box(OsErrorLog::parse(zeros)?);
    black_box(LibosPrint::parse(zeros)?);
    black_box(PostEvent::parse(zeros)?);
    PostEvent::parse(zeros.get(..16).unwrap_or(&[])).map(|event| {
        black_box(event);
    })
}

fn commands(zeros: &[u8], _: &mut [u8; 4096]) -> Parsed<()> {
    let list = Sequence::parse(zeros)?;
    for command in list {
        black_box(command);
    }
    // A list of nothing is a list; of less than that it is not.
    Sequence::parse(zeros.get(..39).unwrap_or(&[])).map(|_| ())
}

fn builders(page: &mut [u8; 4096]) -> Parsed<()> {
    for version in black_box(["570.144", "535.113.01"]) {
        let Some(release) = release(version) else {
            continue;
        };
        release.write_system_info(page, &black_box(SystemInfo::default()))?;
        release.write_rm_arguments(page, &black_box(RmArguments { queues: 0x1000 }))?;
        metadata(release.heap(Libos::V3), page)?;
    }
    registry::write(page, &black_box(registry::SETTINGS))?;
    queue_of(page)?;
    let argument = libos::Argument::new(black_box("LOGRM"), 0x1000, 0x1_0000)?;
    libos::write(page, &[argument])?;
    libos::write_log(page, black_box(0x1000))?;
    let tables = Radix3::new(black_box(0x1_0001))?;
    let pages = u64::from(tables.image_pages());
    black_box(radix3::fill(page, &mut (1..pages).map(|page| page << 12))?);
    for piece in parts(Function::SET_REGISTRY, black_box(0x1_0000)) {
        black_box(ElementHeader::command(piece.function, 0, &[&page[..]])?);
    }
    Ok(())
}

fn metadata(heap: nova_formats::fb::Heap, page: &mut [u8; 4096]) -> Parsed<()> {
    let needs = Needs {
        fb: size_by_scale(black_box(24), 10, false)?.max(size_by_mib(black_box(1))?),
        vga_workspace: black_box(None),
        frts: black_box(1 << 20),
        bootloader: 4096,
        image: black_box(0x3c9_9000),
        heap,
    };
    let layout = Layout::new(&needs)?;
    let addresses = black_box(Addresses {
        radix3: 0x1000,
        bootloader: 0x2000,
        signature: 0x3000,
    });
    let bootloader = RiscvBootloader {
        image: &page[..],
        code_at: 0,
        data_at: 0,
        manifest_at: 0,
        app_version: 0,
    };
    let meta = WprMeta::new(&layout, &addresses, &bootloader, needs.image, 4096)?;
    black_box(meta);
    Ok(())
}

/// There is too little of a page for it.
fn queue_of(page: &mut [u8; 4096]) -> Parsed<()> {
    match queue::write(page, black_box(0x1000)) {
        Err(_) => Ok(()),
        Ok(()) => radix3::fill(page, &mut core::iter::once(1)).map(|_| ()),
    }
}
