//! What Linux tells of processes.

use std::{fs, time::Duration};

use rustix::process::{Pid, Signal, kill_process};

use crate::Error;

/// A process and its children, and theirs.
pub fn family(pid: u32) -> Result<Vec<u32>, Error> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, fields(pid).ok()?.get(1)?.parse().ok()?)))
        .collect();
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| pid));
        next += 1;
    }
    Ok(family)
}

/// The memory that a process has in use, in bytes.
pub fn resident_bytes(pid: u32) -> Result<u64, Error> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

/// The time that a process has spent on a core.
pub fn cpu_time(pid: u32) -> Result<Duration, Error> {
    // The 12th and 13th field after the name, in hundredths of a second.
    let ticks: Result<Vec<u64>, _> = fields(pid)?.iter().skip(11).take(2).map(|field| field.parse()).collect();
    Ok(Duration::from_millis(ticks?.iter().sum::<u64>() * 10))
}

/// Asks a process to end.
pub fn ask_to_end(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// What comes after the name in brackets, which may hold anything.
fn fields(pid: u32) -> Result<Vec<String>, Error> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, rest) = stat.rsplit_once(')').ok_or("no name")?;
    Ok(rest.split_whitespace().map(str::to_owned).collect())
}
