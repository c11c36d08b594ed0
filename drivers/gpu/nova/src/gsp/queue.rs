// SPDX-License-Identifier: GPL-2.0-only

//! The two queues: commands to the GSP, and what the GSP has to say.
//!
//! The memory is shared with the GSP, so a pointer is read once, and a message is copied to memory of the
//! driver's before it is looked at.

use core::ops::Range;

use kernel::dma::Coherent;
use kernel::io::{Io, Register as _};
use kernel::prelude::*;
use kernel::sync::barrier::{dma_rmb, dma_wmb};
use kernel::time::Delta;
use nova_formats::message::{ElementHeader, HEADER_SIZE, Header, InOrder, LARGEST, Message, parts};
use nova_formats::queue::{
    self, COMMANDS_AT, PAGE, Pieces, Pointer, READ_POINTER_AT, Ring, STATUS_AT, WRITE_POINTER_AT,
};
use nova_formats::rpc::Function;
use zerocopy::IntoBytes as _;

use crate::boot::{Fault, answers};
use crate::registers::{NV_PGSP_QUEUE_HEAD, Registers};
use crate::wait::wait_for;

const WORD: usize = size_of::<u32>();
/// How long the GSP may take to read commands, if there is no room for another.
const ROOM: Delta = Delta::from_secs(1);
/// How often it is looked whether it has done something, at first.
const TICK: Delta = Delta::from_micros(100);

/// The memory that the queues are in.
pub(super) type Shared<'bound> = Coherent<'bound, [u32]>;

/// What the queues are accessed by.
#[derive(Clone, Copy)]
pub(super) struct Access<'a> {
    pub(super) bar: &'a Registers,
    pub(super) memory: &'a Shared<'static>,
}

impl Access<'_> {
    fn word(&self, at: usize) -> Result<u32> {
        Ok(self.memory.view().index(at / WORD)?.read())
    }

    fn set_word(&self, at: usize, value: u32) -> Result {
        self.memory.view().index(at / WORD)?.write(value);
        Ok(())
    }

    /// Where the GSP goes on to write. The memory says nothing of a card that is gone: that is `ENODEV`.
    fn write_pointer(&self) -> Result<u32> {
        if !answers(self.bar) {
            return Err(ENODEV);
        }
        self.word(STATUS_AT + WRITE_POINTER_AT)
    }
}

/// Where the driver is in the queues.
pub(super) struct Queue {
    /// Where the next command goes, and its number.
    write: Pointer,
    sequence: u32,
    /// Where the next message is, and its number.
    read: Pointer,
    order: InOrder,
    /// A message, of either direction.
    element: KVVec<u32>,
    /// How many bytes of it were received.
    size: usize,
}

/// A message that is whole.
pub(super) struct Taken {
    pub(super) header: Header,
    /// Whether it is the next.
    pub(super) order: nova_formats::Result<()>,
}

/// How much memory there is, in words.
pub(super) const WORDS: usize = queue::SIZE / WORD;

impl Queue {
    /// Prepares the memory.
    #[inline(never)]
    pub(super) fn new(memory: &Shared<'_>) -> Result<Self, Fault> {
        let mut element = KVVec::from_elem(0, LARGEST / WORD, GFP_KERNEL)?;
        queue::write(element.as_mut_bytes(), memory.dma_address())?;
        memory
            .view()
            .range(..element.len())?
            .copy_from_slice(&element)?;
        Ok(Self {
            write: Pointer::START,
            sequence: 0,
            read: Pointer::START,
            order: InOrder::new(),
            element,
            size: 0,
        })
    }

    /// Sends a command, in as many elements as it takes. May sleep.
    pub(super) fn send(
        &mut self,
        on: Access<'_>,
        function: Function,
        payload: &[u8],
    ) -> Result<(), Fault> {
        for piece in parts(function, payload.len()) {
            let bytes = payload.get(piece.range).ok_or(EINVAL)?;
            self.send_element(on, piece.function, bytes)?;
        }
        Ok(())
    }

    fn send_element(
        &mut self,
        on: Access<'_>,
        function: Function,
        payload: &[u8],
    ) -> Result<(), Fault> {
        let header = ElementHeader::command(function, self.sequence, &[payload])?;
        let places = self.wait_for_room(on, header.pages.get())?;
        let element = self.element.as_mut_bytes();
        let (head, rest) = element.split_at_mut_checked(HEADER_SIZE).ok_or(EINVAL)?;
        head.copy_from_slice(header.as_bytes());
        let (body, rest) = rest.split_at_mut_checked(payload.len()).ok_or(EINVAL)?;
        body.copy_from_slice(payload);
        // What is left of the last page is no old message's.
        rest.iter_mut().take(PAGE).for_each(|byte| *byte = 0);

        let (first, second) = (
            words(COMMANDS_AT, places.first),
            words(COMMANDS_AT, places.second),
        );
        let (element, rest) = self.element.split_at_checked(first.len()).ok_or(EINVAL)?;
        let rest = rest.get(..second.len()).ok_or(EINVAL)?;
        on.memory.view().range(first)?.copy_from_slice(element)?;
        on.memory.view().range(second)?.copy_from_slice(rest)?;
        dma_wmb();
        self.write = self.write.after(header.pages.get());
        on.set_word(COMMANDS_AT + WRITE_POINTER_AT, self.write.raw())?;
        self.sequence = self.sequence.wrapping_add(1);
        on.bar
            .write(NV_PGSP_QUEUE_HEAD, NV_PGSP_QUEUE_HEAD::zeroed());
        Ok(())
    }

    /// Waits until so many pages can be written.
    fn wait_for_room(&self, on: Access<'_>, pages: u32) -> Result<Pieces, Fault> {
        let ring = |read| Ring {
            write: self.write,
            read,
        };
        let pointer = || on.word(STATUS_AT + READ_POINTER_AT);
        // A pointer that cannot be is not waited for.
        let is_there =
            |raw: &u32| Pointer::from_gsp(*raw).map_or(true, |p| ring(p).free() >= pages);
        let read = wait_for(pointer, is_there, TICK, ROOM)
            .map_err(|error| Fault::Text("the GSP does not read its commands", error))?;
        Ok(ring(Pointer::from_gsp(read)?).to_write(pages)?)
    }

    /// Waits for the next message, and takes it; [`Self::payload`] is what it says. May sleep.
    ///
    /// # Errors
    ///
    /// There is none in this time, or it is not the next; or as [`Self::take`].
    pub(super) fn receive(&mut self, on: Access<'_>, patience: Delta) -> Result<Header, Fault> {
        let (pointer, read) = (|| on.write_pointer(), self.read.raw());
        wait_for(pointer, |write| *write != read, TICK, patience)
            .map_err(|error| Fault::Text("the GSP says nothing", error))?;
        let Taken { header, order } = self.take(on)?;
        order?;
        Ok(header)
    }

    /// Whether there is a message. Not of a card that does not answer.
    pub(super) fn has_more(&self, on: Access<'_>) -> bool {
        on.write_pointer()
            .is_ok_and(|write| write != self.read.raw())
    }

    /// Where the driver goes on to read.
    pub(super) fn place(&self) -> Pointer {
        self.read
    }

    /// Takes the next message, which is there. Any context.
    ///
    /// # Errors
    ///
    /// It is none. It is then done with, like all others behind it if it cannot be told where it ends; but
    /// not if there is no telling where the GSP writes.
    pub(super) fn take(&mut self, on: Access<'_>) -> Result<Taken, Fault> {
        self.size = 0;
        let write = on.write_pointer()?;
        let ring = Ring {
            write: Pointer::from_gsp(write)?,
            read: self.read,
        };
        dma_rmb();
        let there = ring.to_read();
        let parsed = self.header(on, &there);
        let pages = parsed.as_ref().map_or(ring.used(), Header::pages);
        let copied = match &parsed {
            // What is there are whole pages.
            Ok(header) => {
                let size = header.size().saturating_add(WORD - 1) & !(WORD - 1);
                self.copy(on, &there, size)
            }
            Err(_) => Ok(()),
        };
        self.read = self.read.after(pages);
        on.set_word(COMMANDS_AT + READ_POINTER_AT, self.read.raw())?;
        let whole = parsed.and_then(|header| {
            copied?;
            let element = self.element.as_bytes().get(..header.size());
            Ok(Message::parse(element.ok_or(EINVAL)?)?.header)
        });
        let header = whole.inspect_err(|_| self.order.skip())?;
        self.size = header.size();
        let order = self.order.take(header.sequence);
        Ok(Taken { header, order })
    }

    /// What the message said that was received last.
    pub(super) fn payload(&self) -> &[u8] {
        let element = self.element.as_bytes().get(HEADER_SIZE..self.size);
        element.unwrap_or_default()
    }

    fn header(&mut self, on: Access<'_>, there: &Pieces) -> Result<Header, Fault> {
        self.copy(on, there, HEADER_SIZE)?;
        let header = self.element.as_bytes().first_chunk().ok_or(EINVAL)?;
        Ok(Header::parse(header, there.size())?)
    }

    /// Copies so many bytes of what is there, a multiple of [`WORD`].
    fn copy(&mut self, on: Access<'_>, there: &Pieces, size: usize) -> Result<(), Fault> {
        let places = there.within(0..size)?;
        let (first, second) = (
            words(STATUS_AT, places.first),
            words(STATUS_AT, places.second),
        );
        let (begin, end) = self
            .element
            .split_at_mut_checked(first.len())
            .ok_or(EINVAL)?;
        let end = end.get_mut(..second.len()).ok_or(EINVAL)?;
        on.memory.view().range(first)?.copy_to_slice(begin)?;
        on.memory.view().range(second)?.copy_to_slice(end)?;
        Ok(())
    }
}

/// Which words of the memory these bytes of a queue are.
fn words(queue: usize, bytes: Range<usize>) -> Range<usize> {
    let word = |at: usize| queue.saturating_add(at) / WORD;
    word(bytes.start)..word(bytes.end)
}
