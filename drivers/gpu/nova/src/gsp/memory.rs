// SPDX-License-Identifier: GPL-2.0-only

//! The machine's memory that the GSP has while it runs: its logs, its arguments, and the list of all of these.

use kernel::attribute::Blob;
use kernel::device::Bound;
use kernel::devres::Devres;
use kernel::dma::Coherent;
use kernel::pci::Device;
use kernel::prelude::*;
use kernel::sync::Arc;
use nova_formats::libos::{self, Argument, LOG_PAGES, LOG_SIZE, NAMES};
use nova_formats::rpc::{R570, Release as _, RmArguments};

use crate::boot::Fault;

const PAGE: usize = 4096;

pub(super) struct Memory<'bound> {
    list: Coherent<'bound, [u8]>,
    logs: [Log; LOGS],
    _arguments: Coherent<'bound, [u8]>,
}

impl<'bound> Memory<'bound> {
    /// Prepares it; the queues are at this address.
    #[inline(never)]
    pub(super) fn new(device: &'bound Device<Bound>, queues: u64) -> Result<Self, Fault> {
        let logs = [Log::new(device)?, Log::new(device)?, Log::new(device)?];
        let arguments = Coherent::zeroed_slice(device.generic(), PAGE, GFP_KERNEL)?;
        let mut bytes = [0; 128];
        R570.write_rm_arguments(&mut bytes, &RmArguments { queues })?;
        arguments
            .view()
            .range(..bytes.len())?
            .copy_from_slice(&bytes)?;

        let list = list(device, &logs, &arguments)?;
        Ok(Self {
            list,
            logs,
            _arguments: arguments,
        })
    }

    pub(super) fn logs(&self) -> &[Log; LOGS] {
        &self.logs
    }

    /// Where the GSP finds the list.
    pub(super) fn list(&self) -> u64 {
        self.list.dma_address()
    }
}

/// The page by which the GSP finds the others.
#[inline(never)]
fn list<'bound>(
    device: &'bound Device<Bound>,
    [init, interrupts, rm]: &[Log; LOGS],
    arguments: &Coherent<'bound, [u8]>,
) -> Result<Coherent<'bound, [u8]>, Fault> {
    let list = Coherent::zeroed_slice(device.generic(), PAGE, GFP_KERNEL)?;
    let [first, second, third, fourth] = NAMES;
    let entry = |name, log: &Log| Argument::new(name, log.address, LOG_SIZE as u64);
    let entries = [
        entry(first, init)?,
        entry(second, interrupts)?,
        entry(third, rm)?,
        Argument::new(fourth, arguments.dma_address(), arguments.size() as u64)?,
    ];
    let mut bytes = [0; 256];
    libos::write(&mut bytes, &entries)?;
    list.view().range(..bytes.len())?.copy_from_slice(&bytes)?;
    Ok(list)
}

/// How many logs there are.
pub(crate) const LOGS: usize = 3;

/// A log of the GSP's, for the GSP to write and for people to read: who has its file open can do so until
/// the card is unbound.
#[derive(Clone)]
pub(crate) struct Log {
    memory: Arc<Devres<Coherent<'static, [u8]>>>,
    address: u64,
}

impl Log {
    /// It begins with where its own pages are.
    #[inline(never)]
    fn new(device: &Device<Bound>) -> Result<Self, Fault> {
        let memory = Coherent::zeroed_slice(device.generic(), LOG_SIZE, GFP_KERNEL)?;
        let address = memory.dma_address();
        let mut head = [0; (LOG_PAGES + 1) * size_of::<u64>()];
        libos::write_log(&mut head, address)?;
        memory.view().range(..head.len())?.copy_from_slice(&head)?;
        Ok(Self {
            memory: Arc::new(memory.into_devres()?, GFP_KERNEL)?,
            address,
        })
    }

    /// What is in it now. The GSP may write meanwhile.
    fn copy(&self) -> Result<KVVec<u8>> {
        let mut copy = KVVec::from_elem(0, LOG_SIZE, GFP_KERNEL)?;
        let read = |log: &Coherent<'_, [u8]>| log.view().copy_to_slice(&mut copy);
        self.memory.try_access_with(read).ok_or(ENODEV)??;
        Ok(copy)
    }
}

impl Blob for Log {
    fn with_bytes<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        match self.copy() {
            Ok(copy) => f(&copy),
            Err(_) => f(&[]),
        }
    }
}
