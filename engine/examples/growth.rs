//! A process image, a fault below its stack, and the map before and after.

use std::fmt::Write;

use growstack::{
    Addr, Change, Freebsd9, Freebsd14, Kernel, Limits, Mapping, Plain, Prot, Size, VmMap, VmSpace,
};

/// The map before and after a growth by the rules of a kernel, and the changes that the growth reports.
///
/// # Errors
///
/// None that this image meets.
pub fn picture<K: Kernel>() -> Result<String, Box<dyn std::error::Error>> {
    let (min, max) = (Addr::new(0x1000), Addr::new(0x8000_0000_0000));
    let map = VmMap::<Plain, K>::with_kernel(min, max, Plain::default());
    let mut process = VmSpace::new(map, Limits::UNLIMITED, K::Tunables::default());
    process.exec(Addr::new(0x7fff_ffff_f000), Size::new(512 << 20), Prot::RW, |_| ())?;
    let (text, data) = (Mapping::anonymous(Prot::RX), Mapping::anonymous(Prot::RW));
    process.map_mut().insert(Addr::new(0x40_0000), Addr::new(0x45_2000), text, |_| ())?;
    process.map_mut().insert(Addr::new(0x65_1000), Addr::new(0x65_8000), data, |_| ())?;

    let mut out = String::new();
    writeln!(out, "{}", process.map())?;
    let fault = Addr::new(0x7fff_fffd_aff8);
    writeln!(out, "\nfault at {fault}")?;
    let mut changes = Vec::new();
    let _ = process.grow(fault, |change| changes.push(change))?;
    for change in changes {
        match change {
            Change::Mapped(range, prot) => writeln!(out, "mapped {range} {prot}")?,
            other => writeln!(out, "{other:?}")?,
        }
    }
    writeln!(out, "\n{}", process.map())?;
    Ok(out)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    print!("FreeBSD 9.3\n\n{}\n", picture::<Freebsd9>()?);
    print!("FreeBSD 14.2\n\n{}", picture::<Freebsd14>()?);
    Ok(())
}
