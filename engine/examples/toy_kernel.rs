//! The memory of a kernel's processes, in little: exec, page faults that grow a stack and copy on
//! write, mmap, munmap, mprotect, fork and exit. Page tables follow the map, and every page is
//! compared with what a plain list says it holds.
//!
//!     cargo run -p growstack --example toy_kernel

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
    /// The frame at an offset, and whether it is in this object itself and not below it.
    fn frame(&self, offset: u64) -> Option<(Frame, bool)> {
        if let Some(frame) = self.pages.borrow().get(&offset) {
            return Some((frame.clone(), true));
        }
        let (below, from) = self.below.as_ref()?;
        Some((below.frame(from + offset)?.0, false))
    }

    /// A frame of this object's own at an offset.
    fn own(&self, offset: u64, word: u64) -> Frame {
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
    /// What a program should find: a word for each page that it has written.
    written: BTreeMap<u64, u64>,
}

/// What the processor knows: the frame of each page, and whether it may be written.
type PageTable = BTreeMap<u64, (Frame, bool)>;

/// Takes pages out of a page table: the next access to one faults.
fn follow(table: &mut PageTable) -> impl FnMut(Change) + '_ {
    |change| match change {
        Change::Unmapped(range) | Change::Protected(range, _) | Change::CopyOnWrite(range) => {
            table.retain(|&page, _| !range.contains(Addr::new(page)));
        }
        Change::Mapped(..) | Change::Wired(_) | Change::Unwired(_) => {}
    }
}

impl Process {
    fn exec(top: u64) -> Result<Self, Refusal> {
        let max = Addr::new(top);
        let map = VmMap::with_objects(Addr::new(PAGE_SIZE), max, Kernel::default());
        let mut space = VmSpace::new(map, Limits::default(), StackTunables::default());
        space.exec(max, Size::new(8 << 20), Prot::RW, |_| ())?;
        Ok(Self { space, table: BTreeMap::new(), written: BTreeMap::new() })
    }

    /// An access of the program: the page table serves it, or a page fault fills the page table.
    fn access(&mut self, page: u64, access: Prot) -> Result<Frame, FaultError> {
        let write = access.contains(Prot::WRITE);
        if let Some((frame, writable)) = self.table.get(&page)
            && (*writable || !write)
        {
            return Ok(frame.clone());
        }
        let addr = Addr::new(page);
        let fault = self.space.fault(addr, access, follow(&mut self.table))?;
        let object = fault.entry.object.as_ref().expect("this kernel makes objects");
        let offset = fault.offset_of(addr);
        let (frame, own) = match object.frame(offset) {
            Some((below, false)) if write => (object.own(offset, below.get()), true),
            Some(found) => found,
            None => (object.own(offset, 0), true),
        };
        let writable = own && fault.page_prot().contains(Prot::WRITE);
        self.table.insert(page, (frame.clone(), writable));
        Ok(frame)
    }

    fn store(&mut self, page: u64, word: u64) -> Result<(), FaultError> {
        self.access(page, Prot::WRITE)?.set(word);
        self.written.insert(page, word);
        Ok(())
    }

    fn mmap(&mut self, pages: u64) -> Result<u64, Refusal> {
        let request = FindRequest::any(Addr::new(1 << 32), Size::pages(pages));
        let (mapping, tell) = (Mapping::anonymous(Prot::RW), follow(&mut self.table));
        Ok(self.space.map_mut().find(request, mapping, tell)?.get())
    }

    fn munmap(&mut self, start: u64, pages: u64) -> Result<(), Refusal> {
        let end = start + pages * PAGE_SIZE;
        self.written.retain(|page, _| !(start..end).contains(page));
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
        Ok(Self { space, table: BTreeMap::new(), written: self.written.clone() })
    }

    /// Reads every page written, as the program would.
    fn check(&mut self) {
        for (page, word) in self.written.clone() {
            assert_eq!(self.access(page, Prot::READ).map(|frame| frame.get()), Ok(word));
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let top = 1 << 47;
    let mut shell = Process::exec(top)?;
    for depth in 1..=512 {
        shell.store(top - depth * PAGE_SIZE, depth)?; // Each 32nd one grows the stack.
    }
    assert!(matches!(shell.store(PAGE_SIZE, 0), Err(FaultError::Growth(_))));
    let heap = shell.mmap(64)?;
    for page in 0..64 {
        shell.store(heap + page * PAGE_SIZE, !page)?;
    }
    let mut processes = vec![shell];
    for round in 0..100_u64 {
        let number = usize::try_from(round)? % processes.len();
        let mut child = processes[number].fork()?;
        for page in 0..64 {
            let (addr, word) = (heap + page * PAGE_SIZE, round << 8 | page);
            match (page * 5 + round) % 4 {
                0 => processes[number].store(addr, word)?,
                1 => child.store(addr, word)?,
                _ => {}
            }
        }
        child.mprotect(heap, Prot::READ)?;
        assert!(matches!(child.store(heap, 0), Err(FaultError::NoPermission { .. })));
        child.mprotect(heap, Prot::RW)?;
        let more = child.mmap(4)?;
        child.store(more, round)?;
        child.store(more + 3 * PAGE_SIZE, round)?;
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
