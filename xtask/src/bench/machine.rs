//! What the numbers were measured on.

use std::fmt;

/// The machine, as far as the system tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory: String,
    pub(crate) kernel: String,
    pub(crate) load: String,
}

/// As reports name it; without its load, which is no part of it.
impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}, {} cores, {} of memory, Linux {}", self.cpu, self.cores, self.memory, self.kernel)
    }
}

impl Machine {
    /// Asks Linux. Elsewhere most is unknown.
    pub(crate) fn ask() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        Self {
            cpu: cpu(&read("/proc/cpuinfo")),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory: memory(&read("/proc/meminfo")),
            kernel: or_unknown(read("/proc/sys/kernel/osrelease").trim()),
            load: or_unknown(read("/proc/loadavg").split(' ').next().unwrap_or_default()),
        }
    }

    /// Whether other work was going on when it was asked.
    pub(super) fn is_busy(&self) -> bool {
        self.load.parse::<f64>().is_ok_and(|load| load > 0.5)
    }
}

fn cpu(cpuinfo: &str) -> String {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"));
    or_unknown(line.and_then(|line| line.split_once(": ")).map_or("", |(_, name)| name))
}

fn memory(meminfo: &str) -> String {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.map_or_else(|| or_unknown(""), |kib| format!("{} GiB", kib.div_ceil(1024 * 1024)))
}

fn or_unknown(text: &str) -> String {
    if text.is_empty() { "unknown" } else { text }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_tells_is_read() {
        assert_eq!(cpu("processor\t: 0\nmodel name\t: AMD EPYC\nflags: x\n"), "AMD EPYC");
        assert_eq!(memory("MemTotal:       24578080 kB\nMemFree: 1 kB\n"), "24 GiB");
        assert_eq!((cpu(""), memory("MemTotal: x")), ("unknown".to_owned(), "unknown".to_owned()));
    }

    #[test]
    fn load_is_other_work() {
        let machine = |load: &str| Machine { load: load.to_owned(), ..Machine::ask() };
        assert!(machine("2.31").is_busy());
        assert!(!machine("0.04").is_busy() && !machine("unknown").is_busy());
    }
}
