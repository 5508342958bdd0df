#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

#[test]
fn a_class_fits_its_sizes() {
    let mut last = 0;
    for size in 1..=LARGEST {
        let (number, usable) = class(size);
        assert!(usable >= size && usable.is_multiple_of(ALIGNMENT), "{size}");
        assert!(usable <= SMALLEST.max(size + size / 4), "{size}");
        assert!(number == last || number == last + 1, "{size}");
        assert_eq!(class(usable), (number, usable));
        last = number;
    }
    assert_eq!(last, CLASSES - 1);
}

/// What a test does with a memory: the index is among the blocks that are alive.
#[derive(Clone, Debug)]
enum Step {
    Allocate(usize),
    Free(usize),
    Reallocate(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![1..200_usize, 1..LARGEST + 100, LARGEST..8 * LARGEST];
    prop_oneof![
        3 => size.clone().prop_map(Step::Allocate),
        2 => any::<usize>().prop_map(Step::Free),
        2 => (any::<usize>(), size).prop_map(|(at, size)| Step::Reallocate(at, size)),
    ]
}

/// Blocks with what must be in them.
#[derive(Clone, Default)]
struct Model(Vec<(*mut u8, usize, u8)>);

impl Model {
    fn check(&self) {
        let mut spans: Vec<_> = self.0.iter().map(|(at, size, _)| (*at, *size)).collect();
        spans.sort();
        for pair in spans.windows(2) {
            assert!(pair[0].0 as usize + pair[0].1 <= pair[1].0 as usize);
        }
        for (at, size, fill) in &self.0 {
            // SAFETY: alive, and of this size.
            let bytes = unsafe { std::slice::from_raw_parts(*at, *size) };
            assert!(bytes.iter().all(|byte| byte == fill));
        }
    }

    fn run(&mut self, memory: &mut Memory, steps: &[Step], fill: u8) {
        for step in steps {
            // SAFETY: only blocks that are alive are freed, and filled as long as they are.
            unsafe {
                match step {
                    Step::Allocate(size) => {
                        let at = memory.alloc(*size);
                        at.write_bytes(fill, *size);
                        self.0.push((at, *size, fill));
                    }
                    Step::Free(at) if !self.0.is_empty() => {
                        let (at, ..) = self.0.swap_remove(at % self.0.len());
                        memory.dealloc(at);
                    }
                    Step::Reallocate(at, size) if !self.0.is_empty() => {
                        let (at, old, was) = self.0.swap_remove(at % self.0.len());
                        let new = memory.realloc(at, *size);
                        let kept = std::slice::from_raw_parts(new, old.min(*size));
                        assert!(kept.iter().all(|byte| *byte == was));
                        new.write_bytes(fill, *size);
                        self.0.push((new, *size, fill));
                    }
                    _ => {}
                }
            }
        }
        self.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_happened_since_an_image_is_undone(
        before in prop::collection::vec(step(), 0..60),
        after in prop::collection::vec(prop::collection::vec(step(), 0..60), 1..4),
    ) {
        let mut memory = Memory::default();
        let mut model = Model::default();
        model.run(&mut memory, &before, 1);
        let image = memory.save();
        for steps in &after {
            let mut changed = model.clone();
            changed.run(&mut memory, steps, 2);
            // SAFETY: nobody uses the blocks of `changed` any more.
            unsafe { memory.restore(&image) };
            model.check();
        }
    }
}
