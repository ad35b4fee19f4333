//! The memory of a kernel's processes, in little: exec, page faults that grow a stack and copy on
//! write, mmap, munmap, mprotect, fork and exit. Page tables follow the map, and every page is
//! compared with what a plain list says it holds.
//!
//!     cargo run -p growstack --example toy_kernel
//!
//! Optimised for size, the functions of this file and of the engine are 70,169 bytes of code together
//! (x86_64, rustc 1.95); the second command lists them with their sizes:
//!
//!     CARGO_PROFILE_RELEASE_OPT_LEVEL=s CARGO_PROFILE_RELEASE_LTO=fat \
//!         CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 cargo build --release -p growstack --example toy_kernel
//!     nm -S -C target/release/examples/toy_kernel | grep -E ' [tT] .*(growstack|toy_kernel)'

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use growstack::{
    Addr, Change, FaultError, FindRequest, Limits, Mapping, Objects, PAGE_SIZE, Plain, Prot,
    ProtectWhat, Refusal, Size, StackTunables, Swap, VmMap, VmSpace,
};

/// A page of memory, of which only the first word matters here.
type Frame = Rc<Cell<u64>>;

/// The pages of some memory, and the object that holds those of which it has no copy.
#[derive(Default)]
struct Object {
    pages: RefCell<BTreeMap<u64, Frame>>,
    below: Option<(Rc<Self>, u64)>,
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Object {
    /// The frame at an offset, of this object or one below it.
    fn frame(&self, offset: u64) -> Option<Frame> {
        let own = self.pages.borrow().get(&offset).cloned();
        own.or_else(|| self.below.as_ref().and_then(|(below, from)| below.frame(from + offset)))
    }

    /// A frame of this object's own at an offset: a copy of the one below, or of zeros.
    fn own(&self, offset: u64) -> Frame {
        let word = self.frame(offset).map_or(0, |frame| frame.get());
        self.pages.borrow_mut().entry(offset).or_insert_with(|| Rc::new(Cell::new(word))).clone()
    }
}

/// What is behind a map: objects as above, and swap as in [`Plain`].
#[derive(Default)]
struct Kernel(Plain<Rc<Object>>);

impl Objects for Kernel {
    type Object = Rc<Object>;
    const MAKES: bool = true;

    fn swap(&self) -> Swap {
        self.0.swap()
    }
    fn account<T>(&mut self, change: impl FnOnce(&mut Swap) -> T) -> T {
        self.0.account(change)
    }
    fn child(&self) -> Self {
        Self(self.0.child())
    }
    fn make(&mut self, _: Size, _: bool) -> Option<Rc<Object>> {
        Some(Rc::default())
    }
    fn shadow(&mut self, object: &mut Rc<Object>, offset: &mut u64, _: Size, _: bool) {
        let below = Some((object.clone(), std::mem::take(offset)));
        *object = Rc::new(Object { below, ..Object::default() });
    }
}

struct Process {
    space: VmSpace<Kernel>,
    table: PageTable,
    /// What a program should find: the sum of what it has added to each page.
    sums: BTreeMap<u64, u64>,
}

/// What the processor knows: the frame of each page, and the accesses that it allows.
type PageTable = BTreeMap<u64, (Frame, Prot)>;

/// Takes changed pages out of a page table: the next access to one faults.
fn follow(table: &mut PageTable) -> impl FnMut(Change) + '_ {
    |change| table.retain(|&page, _| !change.range().contains(Addr::new(page)))
}

impl Process {
    fn exec(top: u64) -> Result<Self, Refusal> {
        let max = Addr::new(top);
        let map = VmMap::with_objects(Addr::new(PAGE_SIZE), max, Kernel::default());
        let mut space = VmSpace::new(map, Limits::default(), StackTunables::default());
        space.exec(max, Size::new(8 << 20), Prot::RW, |_| ())?;
        Ok(Self { space, table: BTreeMap::new(), sums: BTreeMap::new() })
    }

    /// An access of the program: the page table serves it, or a page fault fills the page table.
    fn access(&mut self, page: u64, access: Prot) -> Result<Frame, FaultError> {
        if let Some((frame, _)) = self.table.get(&page).filter(|(_, prot)| prot.contains(access)) {
            return Ok(frame.clone());
        }
        let addr = Addr::new(page);
        let fault = self.space.fault(addr, access, follow(&mut self.table))?;
        let object = fault.entry.object.as_ref().expect("this kernel makes objects");
        let offset = fault.offset_of(addr);
        let found = object.frame(offset).filter(|_| access == Prot::READ);
        let frame = found.unwrap_or_else(|| object.own(offset));
        // No more than `access`: a page that was read may have to be copied before it is written.
        self.table.insert(page, (frame.clone(), access));
        Ok(frame)
    }

    fn add(&mut self, page: u64, word: u64) -> Result<(), FaultError> {
        self.access(page, Prot::RW)?.update(|old| old + word);
        *self.sums.entry(page).or_default() += word;
        Ok(())
    }

    fn mmap(&mut self, pages: u64) -> Result<u64, Refusal> {
        let request = FindRequest::any(Addr::new(1 << 32), Size::pages(pages));
        let (mapping, tell) = (Mapping::anonymous(Prot::RW), follow(&mut self.table));
        Ok(self.space.map_mut().find(request, mapping, tell)?.get())
    }

    fn munmap(&mut self, start: u64, pages: u64) -> Result<(), Refusal> {
        let end = start + pages * PAGE_SIZE;
        self.sums.retain(|page, _| !(start..end).contains(page));
        let tell = follow(&mut self.table);
        self.space.map_mut().remove(Addr::new(start), Addr::new(end), tell)
    }

    fn mprotect(&mut self, page: u64, prot: Prot) -> Result<(), Refusal> {
        let (start, end) = (Addr::new(page), Addr::new(page + PAGE_SIZE));
        let tell = follow(&mut self.table);
        self.space.map_mut().protect(start, end, prot, ProtectWhat::Current, tell)
    }

    fn fork(&mut self) -> Result<Self, Refusal> {
        let space = self.space.fork(follow(&mut self.table))?;
        Ok(Self { space, table: BTreeMap::new(), sums: self.sums.clone() })
    }

    /// Reads every page written, as the program would.
    fn check(&mut self) {
        for (page, sum) in self.sums.clone() {
            assert_eq!(self.access(page, Prot::READ).map(|frame| frame.get()), Ok(sum));
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let top = 1 << 47;
    let mut shell = Process::exec(top)?;
    for depth in 1..=512 {
        shell.add(top - depth * PAGE_SIZE, depth)?; // Each 32nd one grows the stack.
    }
    assert!(matches!(shell.add(PAGE_SIZE, 0), Err(FaultError::Growth(_))));
    let heap = shell.mmap(64)?;
    for page in 0..64 {
        shell.add(heap + page * PAGE_SIZE, page)?;
    }
    let mut processes = vec![shell];
    for round in 0..100_u64 {
        let number = usize::try_from(round)? % processes.len();
        let mut child = processes[number].fork()?;
        child.check(); // What it reads here, it has to copy before it writes.
        for page in (round % 4..64).step_by(4) {
            let word = round << 8 | page;
            processes[number].add(heap + page * PAGE_SIZE, word)?;
            child.add(heap + (page ^ 1) * PAGE_SIZE, word)?;
        }
        child.mprotect(heap, Prot::READ)?;
        assert!(matches!(child.add(heap, 0), Err(FaultError::NoPermission { .. })));
        child.mprotect(heap, Prot::RW)?;
        let more = child.mmap(4)?;
        child.add(more, round)?;
        child.add(more + 3 * PAGE_SIZE, round)?;
        child.munmap(more, 2)?;
        assert!(matches!(child.access(more, Prot::READ), Err(FaultError::Unmapped { .. })));
        processes.push(child);
        processes.iter_mut().for_each(Process::check);
        if processes.len() > 6 {
            processes.remove(number).space.exit(|_| ());
        }
    }
    println!("{} processes, the last:\n{}", processes.len(), processes[5].space.map());
    Ok(())
}
