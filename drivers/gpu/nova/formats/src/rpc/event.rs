// SPDX-License-Identifier: GPL-2.0-only

//! What the GSP says unasked. From 0x101b on the numbers differ between releases.

use zerocopy::little_endian::{U16, U32};

use crate::bytes::{Bytes, index};
use crate::{Part, Result};

macro_rules! events {
    ($($event:ident $name:literal,)*) => {
        /// An event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Event {
            $(#[doc = concat!("`", $name, "`.")] $event,)*
        }

        impl Event {
            /// All of them, in the order of their places.
            pub const ALL: &[Self] = &[$(Self::$event,)*];

            /// Which of [`Event::ALL`] it is.
            #[must_use]
            pub const fn place(self) -> usize {
                self as usize
            }

            /// What it is called.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)*
                }
            }
        }
    };
}

events! {
    InitDone "GSP_INIT_DONE",
    RunCpuSequencer "GSP_RUN_CPU_SEQUENCER",
    PostEvent "POST_EVENT",
    RcTriggered "RC_TRIGGERED",
    MmuFaultQueued "MMU_FAULT_QUEUED",
    OsErrorLog "OS_ERROR_LOG",
    RgLineIntr "RG_LINE_INTR",
    PerfmonUtilSamples "GPUACCT_PERFMON_UTIL_SAMPLES",
    SimRead "SIM_READ",
    SimWrite "SIM_WRITE",
    SemaphoreScheduleCallback "SEMAPHORE_SCHEDULE_CALLBACK",
    LibosPrint "UCODE_LIBOS_PRINT",
    VgpuPluginTriggered "VGPU_GSP_PLUGIN_TRIGGERED",
    PerfBoostSyncLimits "PERF_GPU_BOOST_SYNC_LIMITS_CALLBACK",
    PerfBridgelessInfo "PERF_BRIDGELESS_INFO_UPDATE",
    VgpuConfig "VGPU_CONFIG",
    DisplayModeset "DISPLAY_MODESET",
    ExtdevIntrService "EXTDEV_INTR_SERVICE",
    NvlinkInband256 "NVLINK_INBAND_RECEIVED_DATA_256",
    NvlinkInband512 "NVLINK_INBAND_RECEIVED_DATA_512",
    NvlinkInband1024 "NVLINK_INBAND_RECEIVED_DATA_1024",
    NvlinkInband2048 "NVLINK_INBAND_RECEIVED_DATA_2048",
    NvlinkInband4096 "NVLINK_INBAND_RECEIVED_DATA_4096",
    TimedSemaphoreRelease "TIMED_SEMAPHORE_RELEASE",
    NvlinkIsGpuDegraded "NVLINK_IS_GPU_DEGRADED",
    PfmReqHndlrStateSync "PFM_REQ_HNDLR_STATE_SYNC_CALLBACK",
    SendUserSharedData "GSP_SEND_USER_SHARED_DATA",
    NvlinkFaultUp "NVLINK_FAULT_UP",
    LockdownNotice "GSP_LOCKDOWN_NOTICE",
    MigCiConfigUpdate "MIG_CI_CONFIG_UPDATE",
    UpdateGspTrace "UPDATE_GSP_TRACE",
    NvlinkFatalErrorRecovery "NVLINK_FATAL_ERROR_RECOVERY",
    PostNocatRecord "GSP_POST_NOCAT_RECORD",
    FecsError "FECS_ERROR",
    RecoveryAction "RECOVERY_ACTION",
}

/// The number of the first event.
const FIRST: u32 = 0x1001;

/// The events that have had the same number in all releases, from [`FIRST`] on.
const COMMON: [Event; 26] = [
    Event::InitDone,
    Event::RunCpuSequencer,
    Event::PostEvent,
    Event::RcTriggered,
    Event::MmuFaultQueued,
    Event::OsErrorLog,
    Event::RgLineIntr,
    Event::PerfmonUtilSamples,
    Event::SimRead,
    Event::SimWrite,
    Event::SemaphoreScheduleCallback,
    Event::LibosPrint,
    Event::VgpuPluginTriggered,
    Event::PerfBoostSyncLimits,
    Event::PerfBridgelessInfo,
    Event::VgpuConfig,
    Event::DisplayModeset,
    Event::ExtdevIntrService,
    Event::NvlinkInband256,
    Event::NvlinkInband512,
    Event::NvlinkInband1024,
    Event::NvlinkInband2048,
    Event::NvlinkInband4096,
    Event::TimedSemaphoreRelease,
    Event::NvlinkIsGpuDegraded,
    Event::PfmReqHndlrStateSync,
];

/// The event with this number: one of the common ones, or one of those of a release behind them.
pub(super) fn find(number: u32, behind: &[Event]) -> Option<Event> {
    let place = index(number.checked_sub(FIRST)?);
    COMMON.iter().chain(behind).nth(place).copied()
}

layout! {
    struct PostEventHeader: 32 {
        0x00 client: U32,
        0x04 event: U32,
        0x08 notify_index: U32,
        0x0c data: U32,
        0x10 info16: U16,
        0x12 _gap: U16,
        0x14 status: U32,
        0x18 data_size: U32,
        0x1c notify_list: u8,
        0x1d _gap2: [u8; 3],
    }

    struct OsErrorLogHeader: 12 {
        0x0 kind: U32,
        0x4 runlist: U32,
        0x8 channel: U32,
    }

    struct LibosPrintHeader: 8 {
        0x0 engine: U32,
        0x4 size: U32,
    }
}

/// An event of an object of the driver's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostEvent<'a> {
    /// The client.
    pub client: u32,
    /// The handle of the event.
    pub event: u32,
    /// What has happened.
    pub notify_index: u32,
    /// A word with it.
    pub data: u32,
    /// Half a word with it.
    pub info16: u16,
    /// How it went.
    pub status: u32,
    /// Whether all who listen are to be told.
    pub notify_list: bool,
    /// Bytes with it.
    pub bytes: &'a [u8],
}

impl<'a> PostEvent<'a> {
    /// Reads the payload of [`Event::PostEvent`].
    ///
    /// # Errors
    ///
    /// It is too short for what it says.
    pub fn parse(payload: &'a [u8]) -> Result<Self> {
        // The bytes begin where the header's last field ends, before the end of the structure.
        const BYTES_AT: usize = 0x1d;
        let bytes = Bytes::new(Part::Event, payload);
        let header: &PostEventHeader = bytes.view(0)?;
        let size = index(header.data_size.get());
        Ok(Self {
            client: header.client.get(),
            event: header.event.get(),
            notify_index: header.notify_index.get(),
            data: header.data.get(),
            info16: header.info16.get(),
            status: header.status.get(),
            notify_list: header.notify_list != 0,
            bytes: bytes.slice(BYTES_AT, size)?.data(),
        })
    }
}

/// An error that people are to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OsErrorLog<'a> {
    /// What NVIDIA calls an Xid.
    pub kind: u32,
    /// The runlist.
    pub runlist: u32,
    /// The channel.
    pub channel: u32,
    /// What is said; bytes that are not text, too.
    pub text: &'a [u8],
}

impl<'a> OsErrorLog<'a> {
    /// Reads the payload of [`Event::OsErrorLog`]; in 570 something follows the text.
    ///
    /// # Errors
    ///
    /// It is too short.
    pub fn parse(payload: &'a [u8]) -> Result<Self> {
        let bytes = Bytes::new(Part::Event, payload);
        let header: &OsErrorLogHeader = bytes.view(0)?;
        let text = bytes.slice(size_of::<OsErrorLogHeader>(), 256)?.data();
        let end = text.iter().position(|byte| *byte == 0);
        Ok(Self {
            kind: header.kind.get(),
            runlist: header.runlist.get(),
            channel: header.channel.get(),
            text: end.and_then(|end| text.get(..end)).unwrap_or(text),
        })
    }

    /// What of the text can stand in a line of a log: all before what is not a printable character.
    #[must_use]
    pub fn line(&self) -> &'a str {
        let printable = |byte: &u8| matches!(byte, b' '..=b'~');
        let end = self.text.iter().position(|byte| !printable(byte));
        let line = end.and_then(|end| self.text.get(..end));
        core::str::from_utf8(line.unwrap_or(self.text)).unwrap_or_default()
    }
}

/// What a program on one of the card's processors prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LibosPrint<'a> {
    /// On which.
    pub engine: u32,
    /// What.
    pub bytes: &'a [u8],
}

impl<'a> LibosPrint<'a> {
    /// Reads the payload of [`Event::LibosPrint`].
    ///
    /// # Errors
    ///
    /// It is too short for what it says.
    pub fn parse(payload: &'a [u8]) -> Result<Self> {
        let bytes = Bytes::new(Part::Event, payload);
        let header: &LibosPrintHeader = bytes.view(0)?;
        let size = index(header.size.get());
        Ok(Self {
            engine: header.engine.get(),
            bytes: bytes.slice(size_of::<LibosPrintHeader>(), size)?.data(),
        })
    }
}

/// A channel was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RcTriggered {
    /// On which engine.
    pub engine: u32,
    /// Which.
    pub channel: u32,
    /// Why: what NVIDIA calls an Xid.
    pub kind: u32,
    /// What else it concerns.
    pub scope: u32,
    /// The address of the fault, if the release tells it.
    pub fault_address: Option<u64>,
}
