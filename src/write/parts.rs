//! Work on many files with all processors.
//!
//! In: a list and what to do with each part of it. Out: what was done, in the order of the list. The pipeline's own workers are not used:
//! the writer looks at the disk while they parse, and works on when they are gone.

use std::thread;

/// What one thread does alone: below this, starting another costs more than it saves.
const SMALL: usize = 256;
/// Disks answer no faster to more.
const MOST: usize = 8;

/// Runs `work` on parts of `all` at once, and joins what it returns.
///
/// # Errors
/// The first error in the order of the list.
pub(super) fn in_parts<T: Sync, R: Send, E: Send>(
    all: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST).min(all.len() / SMALL);
    if threads < 2 {
        return all.iter().map(work).collect();
    }
    let work = &work;
    let parts: Vec<Result<Vec<R>, E>> = thread::scope(|scope| {
        let start = |part| scope.spawn(move || <[T]>::iter(part).map(work).collect());
        let running: Vec<_> = all.chunks(all.len().div_ceil(threads)).map(start).collect();
        running.into_iter().map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let mut joined = Vec::with_capacity(all.len());
    for part in parts {
        joined.extend(part?);
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_the_first_error_counts() {
        for count in [0, 1, SMALL, 10 * SMALL + 1] {
            let all: Vec<usize> = (0..count).collect();
            assert_eq!(
                in_parts(&all, |n| Ok::<_, usize>(n * 2)).unwrap(),
                all.iter().map(|n| n * 2).collect::<Vec<_>>()
            );
            let failed = in_parts(&all, |n| if n % 100 == 99 { Err(*n) } else { Ok(()) });
            assert_eq!(failed.err(), (count > 99).then_some(99), "{count}");
        }
    }
}
