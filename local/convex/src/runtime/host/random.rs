//! `Math.random`, the same for the same seed.

/// xoshiro256++, which is good enough for `Math.random` and for nothing secret.
#[derive(Debug)]
pub(in crate::runtime) struct Random([u64; 4]);

impl Random {
    pub(in crate::runtime) fn new(seed: [u8; 32]) -> Self {
        let mut words = [0_u64; 4];
        for (word, bytes) in words.iter_mut().zip(seed.chunks_exact(8)) {
            *word = bytes
                .iter()
                .fold(0, |word, byte| (word << 8) | u64::from(*byte));
        }
        // All zeros would stay all zeros.
        words[3] |= u64::from(words == [0; 4]);
        let mut random = Self(words);
        // Seeds that differ little diverge within a few steps.
        for _ in 0..8 {
            random.next();
        }
        random
    }

    fn next(&mut self) -> u64 {
        let [first, second, third, fourth] = &mut self.0;
        let result = first
            .wrapping_add(*fourth)
            .rotate_left(23)
            .wrapping_add(*first);
        let shifted = *second << 17;
        *third ^= *first;
        *fourth ^= *second;
        *second ^= *third;
        *first ^= *fourth;
        *third ^= shifted;
        *fourth = fourth.rotate_left(45);
        result
    }

    /// At least zero and below one.
    pub(in crate::runtime) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
