//! Ranges in Rust's `BTreeMap`, by their first index.

use std::collections::BTreeMap;
use std::time::Instant;

struct Range {
    last: u64,
    value: i32,
}

struct Operation {
    verb: u8,
    a: u64,
    b: u64,
    c: u64,
}

#[derive(Default)]
struct Ranges(BTreeMap<u64, Range>);

impl Ranges {
    /// The range that holds `index`.
    fn at(&self, index: u64) -> Option<(u64, &Range)> {
        let (&first, range) = self.0.range(..=index).next_back()?;
        (range.last >= index).then_some((first, range))
    }

    fn store(&mut self, first: u64, last: u64, value: i32) {
        if let Some((&start, range)) = self.0.range_mut(..=first).next_back() {
            if range.last >= first {
                if start == first && range.last == last && value != 0 {
                    range.value = value;
                    return;
                }
                if start < first {
                    let cut = Range { last: range.last, value: range.value };
                    range.last = first - 1;
                    if cut.last > last {
                        self.0.insert(last + 1, cut);
                    }
                }
            }
        }
        while let Some((&start, range)) = self.0.range(first..=last).next() {
            let cut = Range { last: range.last, value: range.value };
            self.0.remove(&start);
            if cut.last > last {
                self.0.insert(last + 1, cut);
            }
        }
        if value != 0 {
            self.0.insert(first, Range { last, value });
        }
    }

    fn find(&self, index: u64, max: u64) -> i32 {
        if let Some((first, _)) = self.at(index) {
            return if first <= max { first as i32 } else { -1 };
        }
        self.next(index, max)
    }

    fn next(&self, index: u64, max: u64) -> i32 {
        if index >= max {
            return -1;
        }
        self.0.range(index + 1..=max).next().map_or(-1, |(&first, _)| first as i32)
    }

    fn previous(&self, index: u64, min: u64) -> i32 {
        let bound = self.at(index).map_or(index, |(first, _)| first);
        match self.0.range(..bound).next_back() {
            Some((&first, range)) if range.last >= min => first as i32,
            _ => -1,
        }
    }

    /// No gaps are tracked: one range after another is looked at.
    fn highest_gap(&self, size: u64, min: u64, max: u64) -> i32 {
        let mut end = max + 1; // the first index that is not free
        for (&first, range) in self.0.range(..=max).rev() {
            let low = (range.last + 1).max(min);
            if end >= low && end - low >= size {
                return (end - size) as i32;
            }
            if first <= min {
                return -1;
            }
            end = end.min(first);
        }
        if end >= min && end - min >= size { (end - size) as i32 } else { -1 }
    }

    fn lowest_gap(&self, size: u64, min: u64, max: u64) -> i32 {
        let mut low = self.at(min).map_or(min, |(_, range)| range.last + 1);
        for (&first, range) in self.0.range(min..=max) {
            if first >= low && first - low >= size {
                return low as i32;
            }
            low = low.max(range.last + 1);
        }
        if max + 1 >= low && max + 1 - low >= size { low as i32 } else { -1 }
    }

    fn iterate(&self) -> i32 {
        self.0.iter().fold(0i32, |sum, (&first, range)| {
            sum.wrapping_mul(31)
                .wrapping_add(first as i32)
                .wrapping_add((range.last as i32).wrapping_mul(3))
                .wrapping_add(range.value)
        })
    }

    fn pass(&mut self, operations: &[Operation]) -> i32 {
        let mut hash = 0i32;
        for &Operation { verb, a, b, c } in operations {
            let answer = match verb {
                0 => self.at(a).map_or(0, |(_, range)| range.value),
                1 => self.find(a, b),
                2 => {
                    self.store(a, b, c as i32);
                    0
                }
                3 => {
                    self.store(a, b, 0);
                    0
                }
                4 => self.highest_gap(a, b, c),
                5 => self.iterate(),
                6 => self.next(a, b),
                7 => self.previous(a, b),
                _ => self.lowest_gap(a, b, c),
            };
            hash = hash.wrapping_mul(31).wrapping_add(answer);
        }
        hash
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let bytes = std::fs::read(&arguments[1]).expect("the operations can be read");
    let passes: usize = arguments[2].parse().expect("a number of passes");
    let numbers: Vec<f64> = bytes
        .chunks_exact(8)
        .map(|chunk| f64::from_le_bytes(chunk.try_into().expect("eight bytes")))
        .collect();
    let operations: Vec<Operation> = numbers
        .chunks_exact(4)
        .map(|row| Operation { verb: row[0] as u8, a: row[1] as u64, b: row[2] as u64, c: row[3] as u64 })
        .collect();
    let mut ranges = Ranges::default();
    let mut hash = 0;
    let times: Vec<String> = (0..passes)
        .map(|_| {
            let start = Instant::now();
            hash = ranges.pass(&operations);
            format!("{:.2}", start.elapsed().as_nanos() as f64 / operations.len() as f64)
        })
        .collect();
    println!("{{\"passes\":[{}],\"hash\":{}}}", times.join(","), hash);
}
