// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

//! A driver that listens to interrupts: the right way, and each wrong one.

use device_model::Line;
use vgpu_facts::chip::CHIPS;
use vgpu_facts::falcon::*;
use vgpu_facts::register::*;

use super::booter::GSP_BASE;
use super::gsp::{Driver, answering, end, log};

const COMMAND: usize = 4;
const MASTER: u8 = 4;

/// What a control of this command, on these objects, is.
pub(super) fn control(client: u32, object: u32, command: u32, size: u32, has: usize) -> Vec<u8> {
    let words = [client, object, command, 0, size, 0];
    let mut payload: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
    payload.resize(24 + has, 0);
    payload
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Where the registers of the GSP's interrupt are.
struct Vector {
    leaf: u32,
    bit: u32,
    pair: u32,
}

impl Vector {
    /// Asks for it, as a driver does.
    fn ask(driver: &mut Driver) -> Self {
        let payload = control(0xc1e0_0001, 0xcc, 0x2080_0a5c, 2068, 2068);
        driver.send(76, &payload);
        let (function, reply) = driver.receive().unwrap();
        assert_eq!((function, reply.len(), word(&reply, 12)), (76, 2092, 0));
        let count = word(&reply, 24) as usize;
        let mut entries = (0..count).map(|index| 28 + 16 * index);
        let gsp = entries.find(|at| word(&reply, *at) == 50).unwrap();
        let vector = word(&reply, gsp + 8);
        Self {
            leaf: vector / 32,
            bit: 1 << (vector % 32),
            pair: 1 << (vector / 64),
        }
    }

    fn clear(&self, driver: &mut Driver) {
        let card = &mut driver.card;
        card.write(GSP_BASE + IRQSCLR, 0x40);
        card.write(
            NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF + 4 * self.leaf,
            self.bit,
        );
    }

    fn hear(&self, driver: &mut Driver) {
        self.clear(driver);
        let at = NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET + 4 * self.leaf;
        driver.card.write(at, self.bit);
        self.arm(driver);
    }

    fn arm(&self, driver: &mut Driver) {
        let at = NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET;
        driver.card.write(at, self.pair);
    }

    /// What a handler does at once.
    fn hold(&self, driver: &mut Driver) {
        let card = &mut driver.card;
        assert_eq!(card.read(NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP), self.pair);
        card.write(NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR, self.pair);
        card.write(NV_XVE_CYA_2, 0);
    }

    fn retrigger(&self, driver: &mut Driver) {
        if driver.card.gpu.chip().retriggers() {
            driver.card.write(GSP_BASE + INTR_RETRIGGER, 1);
        }
    }

    fn quiet(&self, driver: &mut Driver) {
        let card = &mut driver.card;
        card.write(NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR, self.pair);
        let at = NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_CLEAR + 4 * self.leaf;
        card.write(at, self.bit);
    }
}

/// Where a capability is.
fn capability(driver: &mut Driver, id: u8) -> usize {
    let mut at = [0x34];
    let mut word = [0; 4];
    driver.card.gpu.config_read(0x34, &mut at);
    loop {
        driver.card.gpu.config_read(at[0].into(), &mut word);
        if word[0] == id {
            return at[0].into();
        }
        at[0] = word[1];
    }
}

/// One that has MSI, and hears the GSP.
fn hearing(chip: &str) -> (Driver, Vector) {
    let mut driver = answering(chip);
    let msi = capability(&mut driver, 5);
    driver.card.gpu.config_write(msi + 2, &[1]);
    let vector = Vector::ask(&mut driver);
    vector.hear(&mut driver);
    driver.card.lines.0.clear();
    (driver, vector)
}

fn heard(driver: &mut Driver) -> usize {
    let lines = std::mem::take(&mut driver.card.lines.0);
    assert!(lines.iter().all(|line| *line == Line::Msi(0)));
    lines.len()
}

fn leaves(driver: &mut Driver) {
    driver.card.gpu.config_write(COMMAND, &[2]);
}

#[test]
fn each_chip_is_heard() {
    for chip in CHIPS {
        let (mut driver, vector) = hearing(chip.name);
        for _ in 0..100 {
            assert_eq!(driver.card.obey("event os-error-log count=2"), "ok");
            assert_eq!(heard(&mut driver), 1);
            vector.hold(&mut driver);
            vector.clear(&mut driver);
            assert_eq!(driver.receive().unwrap().0, 0x1006);
            assert_eq!(driver.receive().unwrap().1.len(), 272);
            assert_eq!(driver.receive(), None);
            vector.retrigger(&mut driver);
            vector.arm(&mut driver);
            assert_eq!(heard(&mut driver), 0);
        }
        vector.quiet(&mut driver);
        end(&mut driver);
        leaves(&mut driver);
        let complaints = driver.card.gpu.journal().complaints;
        assert_eq!(complaints, 0, "{}: {}", chip.name, log(&mut driver));
        assert!(driver.card.gpu.journal().missing().is_empty());
    }
}

#[test]
fn what_comes_while_the_driver_reads_is_not_lost() {
    for chip in ["tu102", "ga100", "ad102"] {
        let (mut driver, vector) = hearing(chip);
        driver.card.obey("event free");
        vector.hold(&mut driver);
        // It comes between the two clears, and behind them.
        driver.card.write(GSP_BASE + IRQSCLR, 0x40);
        driver.card.obey("event free");
        let at = NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF + 4 * vector.leaf;
        driver.card.write(at, vector.bit);
        driver.receive().unwrap();
        driver.receive().unwrap();
        driver.card.obey("event free");
        heard(&mut driver);
        vector.retrigger(&mut driver);
        vector.arm(&mut driver);
        assert_eq!((chip, heard(&mut driver)), (chip, 1));
        assert_eq!(driver.card.gpu.journal().complaints, 0);
    }
}

#[test]
fn without_messages_the_pin_is_up_until_it_is_read() {
    for chip in ["tu102", "ga102"] {
        let mut driver = answering(chip);
        let vector = Vector::ask(&mut driver);
        vector.hear(&mut driver);
        driver.card.lines.0.clear();
        for _ in 0..100 {
            driver.card.obey("event lockdown-notice");
            assert_eq!(std::mem::take(&mut driver.card.lines.0), [Line::Pin]);
            assert!(driver.card.gpu.is_pin_up());
            // What a handler does at once; there is no message to be allowed again.
            let top = NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP;
            assert_eq!(driver.card.read(top), vector.pair);
            let off = NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR;
            driver.card.write(off, vector.pair);
            assert!(!driver.card.gpu.is_pin_up());
            vector.clear(&mut driver);
            driver.receive().unwrap();
            vector.retrigger(&mut driver);
            vector.arm(&mut driver);
            assert!(!driver.card.gpu.is_pin_up());
        }
        // What comes while the driver reads puts it up again.
        driver.card.obey("event free");
        vector.clear(&mut driver);
        assert!(!driver.card.gpu.is_pin_up());
        driver.card.obey("event free");
        assert!(driver.card.gpu.is_pin_up());
        assert_eq!(driver.card.gpu.journal().complaints, 0);
    }
}

#[test]
fn in_reset_the_gsp_has_no_interrupt() {
    let (mut driver, vector) = hearing("ad102");
    driver.card.obey("event free");
    assert_eq!(driver.card.read(GSP_BASE + IRQSTAT), 0x40);
    driver.card.write(GSP_BASE + ENGINE, 1);
    // A handler that comes this late finds that there was an interrupt, and nothing of it.
    let leaf = NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF + 4 * vector.leaf;
    assert_eq!(driver.card.read(leaf), vector.bit);
    assert_eq!(driver.card.read(GSP_BASE + IRQSTAT), 0);
    assert_eq!(driver.card.gpu.journal().complaints, 0);
}

#[test]
fn without_a_pin_it_is_not_heard_either() {
    let mut driver = answering("ga102");
    driver.card.gpu = driver.card.gpu.clone().without_pin();
    assert!(!driver.card.gpu.has_pin());
    let vector = Vector::ask(&mut driver);
    vector.hear(&mut driver);
    driver.card.lines.0.clear();
    driver.card.obey("event lockdown-notice");
    assert_eq!(driver.card.lines.0, []);
    assert_eq!(driver.receive().unwrap().0, 0x101c);
}

#[test]
pub(super) fn a_driver_that_errs_with_interrupts_is_told_why() {
    type Slip = fn(&mut Driver, &Vector);
    let slips: [(&str, Slip); 6] = [
        ("NV_XVE_CYA_2 was not written to", |driver, vector| {
            let at = NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_CLEAR;
            driver.card.write(at, vector.pair);
            vector.clear(driver);
            vector.arm(driver);
        }),
        ("was not retriggered", |driver, vector| {
            vector.hold(driver);
            let at = NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF + 4 * vector.leaf;
            driver.card.write(at, vector.bit);
            vector.arm(driver);
        }),
        ("interrupt 0x2 is heard, which is nobody's", |driver, _| {
            driver
                .card
                .write(NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET, 4);
        }),
        ("TOP is written to", |driver, vector| {
            let at = NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP;
            driver.card.write(at, vector.pair);
        }),
        (
            "leaves 0x2000 in NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF_EN_SET[5]",
            |driver, _| {
                leaves(driver);
            },
        ),
        (
            "leaves 0x4 in NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP_EN_SET",
            |driver, _| {
                leaves(driver);
            },
        ),
    ];
    for (words, slip) in slips {
        let (mut driver, vector) = hearing("ga102");
        driver.card.gpu.config_write(COMMAND, &[2 | MASTER]);
        driver.card.obey("event free");
        assert_eq!(driver.card.gpu.journal().complaints, 0);
        slip(&mut driver, &vector);
        let log = log(&mut driver);
        assert!(log.contains(words), "{words}: {log}");
    }
}

/// The kernel resets a card that a driver has: it switches all off at once, before the reset.
#[test]
fn who_resets_the_card_does_not_leave_its_interrupts() {
    let (mut driver, _) = hearing("ga102");
    driver.card.gpu.config_write(COMMAND, &[2 | MASTER]);
    driver.card.gpu.config_write(COMMAND, &[0, 4]);
    assert_eq!(driver.card.gpu.journal().complaints, 0);
}

#[test]
pub(super) fn a_control_that_is_wrong_is_refused() {
    for (words, payload) in [
        ("hClient", control(1, 0xcc, 0x2080_0a5c, 2068, 2068)),
        ("hObject", control(0xc1e0_0001, 1, 0x2080_0a5c, 2068, 2068)),
        (
            "cmd is 0x1, which is unknown",
            control(0xc1e0_0001, 0xcc, 1, 2068, 2068),
        ),
        (
            "paramsSize",
            control(0xc1e0_0001, 0xcc, 0x2080_0a5c, 9, 2068),
        ),
        (
            "12 bytes follow",
            control(0xc1e0_0001, 0xcc, 0x2080_0a5c, 2068, 12),
        ),
        ("nothing at 0x8", vec![0; 8]),
    ] {
        let mut driver = answering("tu102");
        // Too short for any word to be compared before.
        let payload = if payload.len() == 8 {
            control(0xc1e0_0001, 0xcc, 0, 0, 0)[..8].to_vec()
        } else {
            payload
        };
        driver.send(76, &payload);
        let (_, reply) = driver.receive().unwrap();
        assert!(reply.len() < 16 || word(&reply, 12) == 0x56);
        let log = log(&mut driver);
        assert!(
            log.contains("GSP_RM_CONTROL: ") && log.contains(words),
            "{words}: {log}"
        );
    }
}

#[test]
fn events_and_interrupts_go_wrong() {
    let (mut driver, vector) = hearing("ad102");
    driver.card.arm("lost-interrupt count=1");
    driver.card.obey("event free");
    assert_eq!(heard(&mut driver), 0);
    vector.hold(&mut driver);
    vector.clear(&mut driver);
    driver.receive().unwrap();
    vector.retrigger(&mut driver);
    vector.arm(&mut driver);
    driver.card.obey("event post-event");
    assert_eq!(heard(&mut driver), 1);
    let (_, event) = driver.receive().unwrap();
    assert_eq!((event.len(), word(&event, 0x18)), (35, 3));
    driver.card.arm("event-long");
    driver.card.obey("event post-event");
    assert_eq!(word(&driver.receive().unwrap().1, 0x18), !0);
    driver.card.arm("event-truncated");
    driver.card.obey("event rc-triggered");
    assert_eq!(driver.receive().unwrap().1.len(), 4);
    driver.card.arm("control-refused count=1");
    driver.send(76, &control(0xc1e0_0001, 0xcc, 0x2080_0a5c, 2068, 2068));
    assert_eq!(word(&driver.receive().unwrap().1, 12), 0x56);
    driver.card.arm("vector-none");
    driver.send(76, &control(0xc1e0_0001, 0xcc, 0x2080_0a5c, 2068, 2068));
    assert_eq!(word(&driver.receive().unwrap().1, 24), 2);
    driver.card.arm("vector-wild");
    driver.card.arm("pointer-wild count=1");
    driver.send(76, &control(0xc1e0_0001, 0xcc, 0x2080_0a5c, 2068, 2068));
    let write = driver.guest(super::booter::SHARED + 0x4_1010, 4);
    assert_eq!(word(&write, 0), 64);
}

#[test]
fn a_storm_goes_on_as_the_driver_reads() {
    let (mut driver, vector) = hearing("ga104");
    driver.card.obey("event free count=500");
    let (mut count, mut interrupts) = (0, 0);
    while heard(&mut driver) > 0 {
        interrupts += 1;
        vector.hold(&mut driver);
        vector.clear(&mut driver);
        while driver.receive().is_some() {
            count += 1;
        }
        vector.retrigger(&mut driver);
        vector.arm(&mut driver);
    }
    assert_eq!(count, 500);
    assert!(interrupts > 5, "{interrupts}");
    assert_eq!(
        driver.card.obey("event free count=0").split(':').next(),
        Some("error")
    );
    assert!(driver.card.obey("event nonsense").contains("os-error-log"));
    vector.quiet(&mut driver);
    end(&mut driver);
    assert_eq!(
        driver.card.obey("event free"),
        "error: the GSP does not run"
    );
}
