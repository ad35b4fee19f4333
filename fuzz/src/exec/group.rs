//! A child and all that it starts, which live no longer than this program needs them.

#[cfg(not(unix))]
pub(crate) use nothing::{kill, lead};
#[cfg(unix)]
pub(crate) use processes::{kill, lead};

#[cfg(unix)]
mod processes {
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};

    use rustix::process::{Pid, Signal, kill_process_group};

    /// Has the child lead a process group. On Linux it is killed, too, if this program is, or the
    /// thread that started it ends.
    pub(crate) fn lead(command: &mut Command) {
        command.process_group(0);
        #[cfg(target_os = "linux")]
        {
            let end_with_parent = || {
                rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
                Ok(())
            };
            // SAFETY: one system call, which neither allocates nor takes a lock.
            unsafe { command.pre_exec(end_with_parent) };
        }
    }

    /// Kills all that is left of the group.
    pub(crate) fn kill(leader: &Child) {
        // Nothing is left of most groups, which is an error.
        let _ = kill_process_group(Pid::from_child(leader), Signal::KILL);
    }
}

#[cfg(not(unix))]
mod nothing {
    pub(crate) fn lead(_: &mut std::process::Command) {}
    pub(crate) fn kill(_: &std::process::Child) {}
}
