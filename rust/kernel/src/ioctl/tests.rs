// SPDX-License-Identifier: GPL-2.0-only

use super::*;
use crate::ktest::kernel_test;
use crate::prelude::*;
use crate::uaccess::testing::Mapping;

#[kernel_test]
fn the_numbers_are_cs() {
    // BLKROSET, BLKGETSIZE64 with a 64-bit word, FIFREEZE, and one without an argument.
    assert_eq!(_IO(0x12, 93), 0x125d);
    assert_eq!(_IOR::<u64>(0x12, 114), 0x8008_1272);
    assert_eq!(_IOWR::<u32>(b'X', 119), 0xc004_5877);
    assert_eq!(_IOW::<[u8; 300]>(b'f', 255), 0x412c_66ff);
    let number = _IOWR::<[u8; 300]>(b'f', 7);
    assert_eq!((_IOC_DIR(number), _IOC_SIZE(number)), (3, 300));
    assert_eq!((_IOC_TYPE(number), _IOC_NR(number)), (0x66, 7));
    assert_eq!(IoW::<u16>::new(b'f', 1).number(), _IOW::<u16>(b'f', 1));
    assert_eq!(IoR::<u16>::new(b'f', 1).number(), _IOR::<u16>(b'f', 1));
    assert_eq!(Io::new(b'f', 1).number(), _IO(b'f', 1));
}

const GET: IoR<u32> = IoR::new(b'f', 1);
const SET: IoW<u32> = IoW::new(b'f', 1);
const SWAP: IoWR<u32> = IoWR::new(b'f', 1);

fn ioctl(value: &core::cell::Cell<u32>, cmd: u32, arg: usize) -> Result<isize> {
    Dispatch::new(cmd, arg)
        .read(GET, || Ok(value.get()))
        .write(SET, |new| {
            value.set(new);
            Ok(1)
        })
        .read_write(SWAP, |new| Ok(value.replace(new)))
        .end()
}

#[kernel_test]
fn arguments_are_copied_by_their_direction() -> Result {
    let user = Mapping::anonymous(1)?;
    let value = core::cell::Cell::new(5);
    assert_eq!(ioctl(&value, GET.number(), user.addr())?, 0);
    assert_eq!(user.get(0)?, 5_u32.to_ne_bytes());
    user.put(0, &6_u32.to_ne_bytes())?;
    assert_eq!(ioctl(&value, SET.number(), user.addr())?, 1);
    assert_eq!((value.get(), user.get(0)?), (6, 6_u32.to_ne_bytes()));
    user.put(0, &7_u32.to_ne_bytes())?;
    assert_eq!(ioctl(&value, SWAP.number(), user.addr())?, 0);
    assert_eq!((value.get(), user.get(0)?), (7, 6_u32.to_ne_bytes()));
    assert_eq!(ioctl(&value, SWAP.number(), 0), Err(EFAULT));
    // The same letter and count with another size is another ioctl.
    assert_eq!(
        ioctl(&value, _IOW::<u64>(b'f', 1), user.addr()),
        Err(ENOTTY)
    );
    assert_eq!(value.get(), 7);
    Ok(())
}
