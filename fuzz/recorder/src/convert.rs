//! A log as address spaces: who has which, and which call is about whose.

use std::collections::HashMap;

use growstack::{Addr, AddrRange, Size};
use growstack_fuzz::op::Op;
use growstack_fuzz::proc_maps::Region;

use super::call::{self, Call, MmapFlags, Outcome};
use super::events::{Birth, Event, Log, Made};
use super::snapshot::{Moment, Snapshot};
use super::space::{Objects, Space};
use super::translate::New;
use super::{Ending, Origin, Style};

/// An address space from its beginning to its end.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) program: String,
    pub(super) origin: Origin,
    pub(super) ending: Ending,
    /// `None` as long as the log has no note of what the program starts from.
    pub(super) space: Option<Space>,
    /// What the kernel said last.
    pub(super) last: Option<Vec<Region>>,
    /// What happened, as the log has it.
    pub(super) story: Vec<Scene>,
    /// Nothing that comes later counts.
    over: bool,
}

/// What the log says of an address space, in the order of its lines. Calls and notes have their numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scene {
    /// A call began.
    Begins(usize),
    /// It came back.
    Returns(usize),
    /// The kernel was asked, as the event of this number says.
    Noted(usize),
    /// The address space of this number began as a copy.
    Forked(usize),
}

/// A thread.
#[derive(Clone, Copy, Debug)]
struct Task {
    process: u32,
    life: usize,
    /// The call that it is in.
    within: Option<usize>,
}

/// The state of a conversion.
pub(super) struct Converter<'a> {
    log: &'a Log,
    style: Style,
    tasks: HashMap<u32, Task>,
    pub(super) lives: Vec<Life>,
    objects: Objects,
    /// The sizes of segments of shared memory, by number.
    segments: HashMap<u64, u64>,
    /// The calls whose effect the address space has.
    done: Vec<bool>,
}

impl<'a> Converter<'a> {
    pub(super) fn new(log: &'a Log, style: Style) -> Self {
        Self {
            log,
            style,
            tasks: HashMap::new(),
            lives: Vec::new(),
            objects: Objects::default(),
            segments: HashMap::new(),
            done: vec![false; log.calls.len()],
        }
    }

    /// Goes through the whole log.
    pub(super) fn run(mut self) -> Vec<Life> {
        let log = self.log;
        for (number, event) in log.events.iter().enumerate() {
            for birth in log.births.get(&number).into_iter().flatten() {
                self.birth(birth);
            }
            match event {
                Event::Begins(index) => {
                    let tid = log.calls[*index].tid;
                    self.task(tid).within = Some(*index);
                    self.tell(tid, Scene::Begins(*index));
                }
                Event::Returns(index) => {
                    let tid = log.calls[*index].tid;
                    self.task(tid).within = None;
                    self.tell(tid, Scene::Returns(*index));
                    self.complete(*index, log.calls[*index].outcome);
                }
                Event::Noted(snapshot) => self.note(snapshot, number),
                Event::Ends { tid, signal } => self.end(*tid, signal.as_deref()),
            }
        }
        self.lives
    }

    fn task(&mut self, tid: u32) -> &mut Task {
        let lives = &mut self.lives;
        self.tasks.entry(tid).or_insert_with(|| {
            lives.push(Life::new(String::new(), Origin::Program, None));
            Task { process: tid, life: lives.len() - 1, within: None }
        })
    }

    /// Adds to the story of the address space of a thread, if that still changes.
    fn tell(&mut self, tid: u32, scene: Scene) {
        let life = self.task(tid).life;
        let life = &mut self.lives[life];
        if !life.over {
            life.story.push(scene);
        }
    }

    fn birth(&mut self, birth: &Birth) {
        let parent = *self.task(birth.parent);
        let life = if birth.memory {
            parent.life
        } else {
            let from = &self.lives[parent.life];
            let space = from.space.as_ref().filter(|_| !from.over).map(Space::fork);
            self.lives.push(Life::new(from.program.clone(), Origin::Fork, space));
            let child = self.lives.len() - 1;
            self.tell(birth.parent, Scene::Forked(child));
            child
        };
        let process = if birth.thread { parent.process } else { birth.child };
        self.tasks.insert(birth.child, Task { process, life, within: None });
        if let (Style::Growing, Some(top)) = (self.style, birth.stack) {
            // The first page that the thread writes to.
            let addr = Addr::new(top).wrapping_back(Size::new(1));
            if let Some(space) = self.lives[life].open() {
                space.apply(Op::Grow { addr });
            }
        }
    }

    /// Applies a call that ended with `outcome`, unless that was done before.
    fn complete(&mut self, index: usize, outcome: Outcome) {
        if std::mem::replace(&mut self.done[index], true) {
            return;
        }
        let Made { tid, call, .. } = &self.log.calls[index];
        match (call, outcome) {
            (Call::Exec { program }, Outcome::Returned(0)) => self.exec(*tid, program),
            (Call::Segment { size }, Outcome::Returned(id)) => {
                self.segments.insert(id, *size);
            }
            (Call::Attach { .. } | Call::Map { .. }, Outcome::Returned(at)) => {
                self.map(*tid, call, at);
            }
            (Call::Remap { length, fixed: false, old, .. }, Outcome::Returned(at))
                if at != *old =>
            {
                self.make_room(*tid, at, *length, index);
                self.translate(*tid, call, outcome);
            }
            _ => self.translate(*tid, call, outcome),
        }
    }

    fn translate(&mut self, tid: u32, call: &Call, outcome: Outcome) {
        let life = self.task(tid).life;
        if let Some(space) = self.lives[life].open() {
            space.translate(call, outcome);
        }
    }

    fn map(&mut self, tid: u32, call: &Call, at: u64) {
        let (length, prot, flags, backing, offset) = match call {
            Call::Map { length, prot, flags, backing, offset } => {
                (*length, *prot, *flags, backing.clone(), *offset)
            }
            Call::Attach { id, read_only, execute } => {
                let Some(length) = self.segments.get(id) else { return };
                let (prot, backing) = call::segment(*id, *read_only, *execute);
                (*length, prot, MmapFlags(1), backing, 0)
            }
            _ => return,
        };
        if !flags.fixed() {
            self.make_room(tid, at, length, usize::MAX);
        }
        let life = self.task(tid).life;
        let end = Addr::new(at.saturating_add(length));
        let Some(range) = AddrRange::new(Addr::new(at), end) else { return };
        let Self { lives, objects, .. } = self;
        let Some(space) = lives[life].open() else { return };
        space.mmap(&New { range, prot, flags }, &backing, offset, objects);
        if matches!(call, Call::Attach { .. }) {
            space.attached.insert(at, length);
        }
    }

    /// Linux has given out addresses that are mapped here: another thread has unmapped them, and
    /// strace has not printed its return yet. So its call comes first.
    fn make_room(&mut self, tid: u32, at: u64, length: u64, but: usize) {
        let life = self.task(tid).life;
        let wanted = AddrRange::new(Addr::new(at), Addr::new(at.saturating_add(length)));
        let Some(wanted) = wanted else { return };
        let taken = |lives: &[Life]| {
            let space = lives[life].space.as_ref();
            space.is_some_and(|space| !space.is_free(wanted))
        };
        for index in self.under_way(life) {
            if !taken(&self.lives) {
                return;
            }
            let made = &self.log.calls[index];
            let frees = match made.call {
                Call::Unmap { start, length } => Some((start, length)),
                Call::Remap { old, old_length, keep: false, .. } => Some((old, old_length)),
                Call::Break { wanted } if wanted != 0 => Some((wanted, u64::MAX)),
                Call::Detach { start } => Some((start, u64::MAX)),
                _ => None,
            };
            let touches = frees.is_some_and(|(start, length)| {
                start < wanted.end().get() && wanted.start().get() < start.saturating_add(length)
            });
            let ended = match made.outcome {
                Outcome::Unknown if matches!(made.call, Call::Unmap { .. }) => Outcome::Returned(0),
                outcome => outcome,
            };
            if index != but && touches {
                self.complete(index, ended);
            }
        }
    }

    /// The calls that threads with this address space are in, in the order of their numbers.
    fn under_way(&self, life: usize) -> Vec<usize> {
        let mut calls: Vec<usize> = self
            .tasks
            .values()
            .filter(|task| task.life == life)
            .filter_map(|task| task.within)
            .filter(|index| !self.done[*index])
            .collect();
        calls.sort_unstable();
        calls
    }

    fn exec(&mut self, tid: u32, program: &str) {
        let Task { process, life, .. } = *self.task(tid);
        self.tasks.retain(|other, task| *other == tid || task.process != process);
        if !self.is_used(life, process) {
            self.lives[life].finish(Ending::Replaced);
        }
        self.lives.push(Life::new(program.to_owned(), Origin::Program, None));
        let life = self.lives.len() - 1;
        self.tasks.insert(tid, Task { process, life, within: None });
    }

    /// Does any other process have this address space too?
    fn is_used(&self, life: usize, but: u32) -> bool {
        self.tasks.values().any(|task| task.life == life && task.process != but)
    }

    fn note(&mut self, snapshot: &Snapshot, number: usize) {
        let Task { process, life, .. } = *self.task(snapshot.tid);
        match snapshot.moment {
            Moment::Start { brk, stack_limit } => {
                self.tell(snapshot.tid, Scene::Noted(number));
                let Self { lives, objects, style, .. } = self;
                let regions = &snapshot.regions;
                let space = Space::of_program(*style, regions, brk, stack_limit, objects);
                lives[life].space = Some(space);
            }
            // A child that was made by vfork ends, and its parent goes on.
            Moment::End if self.is_used(life, process) => {}
            Moment::End => {
                self.tell(snapshot.tid, Scene::Noted(number));
                self.close(life, &snapshot.regions);
            }
        }
    }

    fn close(&mut self, life: usize, regions: &[Region]) {
        let mut calls = self.under_way(life);
        calls.sort_by_key(|index| !matches!(self.log.calls[*index].call, Call::Unmap { .. }));
        for index in calls {
            let space = self.lives[life].open();
            let settled = space.and_then(|space| space.settle(&self.log.calls[index], regions));
            if let Some(outcome) = settled {
                self.complete(index, outcome);
            }
        }
        if let Some(space) = self.lives[life].open() {
            space.grow_stacks(regions);
            self.lives[life].last = Some(regions.to_vec());
        }
        self.lives[life].finish(Ending::Exit);
    }

    fn end(&mut self, tid: u32, signal: Option<&str>) {
        let Some(task) = self.tasks.remove(&tid) else { return };
        if !self.tasks.values().any(|other| other.life == task.life) {
            let ending = signal.map_or(Ending::Unseen, |name| Ending::Signal(name.to_owned()));
            self.lives[task.life].finish(ending);
        }
    }
}

impl Life {
    fn new(program: String, origin: Origin, space: Option<Space>) -> Self {
        let (ending, story) = (Ending::Unseen, Vec::new());
        Self { program, origin, ending, space, last: None, story, over: false }
    }

    /// The address space, if it still changes.
    fn open(&mut self) -> Option<&mut Space> {
        self.space.as_mut().filter(|_| !self.over)
    }

    fn finish(&mut self, ending: Ending) {
        if !std::mem::replace(&mut self.over, true) {
            self.ending = ending;
        }
    }
}
