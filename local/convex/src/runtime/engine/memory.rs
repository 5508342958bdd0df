//! The memory of one QuickJS runtime, which can be put back to how it was at a moment.
//!
//! A context with its modules takes over a millisecond to make and a copy of its memory some microseconds to put back.
//! Everything that QuickJS knows of a runtime is in here: contexts, objects, atoms and its own bookkeeping. Putting all
//! of that back is a fresh context, bit by bit.

#![allow(
    unsafe_code,
    reason = "an allocator hands out raw memory, and QuickJS's is not otherwise reachable"
)]

use std::{
    alloc::{Layout, alloc, dealloc, realloc},
    cell::RefCell,
    collections::HashMap,
    fmt,
    mem::MaybeUninit,
    ptr::{self, NonNull},
    rc::Rc,
};

use rquickjs::allocator::Allocator;

/// What blocks are aligned to, and the room in front of each for its size.
const ALIGNMENT: usize = 16;
/// The smallest block. Its size leaves room for the link to the next free one.
const SMALLEST: usize = 64;
/// Blocks up to this size share chunks; larger ones are the system's, and go back to it when they are freed.
const LARGEST: usize = 32 << 10;
const CHUNK: usize = 256 << 10;
/// Four sizes between one power of two and the next, from `SMALLEST` to `LARGEST`.
const CLASSES: usize = 4 * (LARGEST.ilog2() - SMALLEST.ilog2()) as usize + 1;

type Block = NonNull<u8>;

/// The memory of a runtime. Clones are the same memory.
#[derive(Clone, Default)]
pub(super) struct Memory(Rc<RefCell<Blocks>>);

/// What was in a [`Memory`] at a moment.
pub(super) struct Image {
    parts: Vec<(Block, Box<[MaybeUninit<u8>]>)>,
    place: Place,
}

#[derive(Default)]
struct Blocks {
    chunks: Vec<NonNull<u8>>,
    /// Blocks of the system by their address, with their size.
    large: HashMap<Block, usize>,
    place: Place,
    /// What belongs to an image, and must stay where it is.
    kept: Kept,
}

#[derive(Default)]
struct Kept {
    chunks: usize,
    large: HashMap<Block, usize>,
}

/// Where the next block comes from.
#[derive(Clone)]
struct Place {
    /// How much of the last chunk is taken.
    used: usize,
    /// Freed blocks by class, each a list linked through their first bytes.
    free: [Option<Block>; CLASSES],
}

impl Default for Place {
    fn default() -> Self {
        Self {
            used: CHUNK,
            free: [None; CLASSES],
        }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Memory")
    }
}

impl Memory {
    /// Copies everything that is in use. From now on its place is not given away, also when it is freed.
    pub(super) fn save(&self) -> Image {
        let mut blocks = self.0.borrow_mut();
        let last = blocks.chunks.len();
        let chunks = blocks.chunks.iter().zip(1..).map(|(chunk, number)| {
            let length = if number == last {
                blocks.place.used
            } else {
                CHUNK
            };
            (*chunk, length)
        });
        let large = blocks.large.iter().map(|(block, size)| (*block, *size));
        // SAFETY: chunks are `CHUNK` long and filled up to `used`; blocks are as long as their entry says.
        let parts = chunks
            .chain(large)
            .map(|(at, length)| (at, unsafe { copy(at, length) }));
        let image = Image {
            parts: parts.collect(),
            place: blocks.place.clone(),
        };
        blocks.kept = Kept {
            chunks: last,
            large: blocks.large.clone(),
        };
        image
    }

    /// Puts everything back to where it was when `image` was made, which must be this memory's newest one.
    ///
    /// # Safety
    ///
    /// For the runtime in this memory it will be as if nothing had happened since. So nothing outside may still refer to
    /// what the runtime has made since, and everything that it referred to outside must still be there.
    pub(super) unsafe fn restore(&self, image: &Image) {
        let mut blocks = self.0.borrow_mut();
        for (at, bytes) in &image.parts {
            // SAFETY: parts are kept, so they are where they were and as long as they were.
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr().cast(), at.as_ptr(), bytes.len()) };
        }
        let kept = blocks.kept.chunks;
        for chunk in blocks.chunks.drain(kept..) {
            // SAFETY: made by `Blocks::grow`; what was in it is not in use any more.
            unsafe { dealloc(chunk.as_ptr(), chunk_layout()) };
        }
        let kept = blocks.kept.large.clone();
        for (block, size) in std::mem::replace(&mut blocks.large, kept) {
            if !blocks.kept.large.contains_key(&block) {
                // SAFETY: made by `system` with this size, and not in use any more.
                unsafe { release(block, size) };
            }
        }
        blocks.place = image.place.clone();
    }
}

impl Blocks {
    fn allocate(&mut self, size: usize) -> Option<Block> {
        if size > LARGEST {
            let block = system(size)?;
            self.large.insert(block, size);
            return Some(block);
        }
        let (class, usable) = class(size);
        if let Some(block) = self.place.free[class] {
            // SAFETY: a free block begins with the link that `free` wrote.
            self.place.free[class] = unsafe { block.cast().read() };
            return Some(block);
        }
        if self.place.used + ALIGNMENT + usable > CHUNK {
            self.grow()?;
        }
        let chunk = *self.chunks.last()?;
        // SAFETY: the block and the room in front of it end within the chunk.
        let block = unsafe {
            let at = chunk.add(self.place.used);
            at.cast().write(usable);
            at.add(ALIGNMENT)
        };
        self.place.used += ALIGNMENT + usable;
        Some(block)
    }

    fn grow(&mut self) -> Option<()> {
        // SAFETY: the layout is not empty.
        let chunk = NonNull::new(unsafe { alloc(chunk_layout()) })?;
        self.chunks.push(chunk);
        self.place.used = 0;
        Some(())
    }

    /// # Safety
    ///
    /// `block` was given out by this memory and is not used any more.
    unsafe fn free(&mut self, block: Block) {
        // SAFETY: as promised by the caller; a block of a class has room for a link.
        unsafe {
            let size = size_of(block);
            if size <= LARGEST {
                let (class, _) = class(size);
                block.cast().write(self.place.free[class]);
                self.place.free[class] = Some(block);
            } else if !self.kept.large.contains_key(&block) {
                self.large.remove(&block);
                release(block, size);
            }
        }
    }

    /// # Safety
    ///
    /// `block` was given out by this memory; it must not be used any more unless the result is `None`.
    unsafe fn reallocate(&mut self, block: Block, size: usize) -> Option<Block> {
        // SAFETY: as promised by the caller.
        unsafe {
            let old = size_of(block);
            let is_large = old > LARGEST;
            if size <= old && (!is_large || size > old / 2) {
                return Some(block);
            }
            if is_large && size > LARGEST && !self.kept.large.contains_key(&block) {
                let new = resize(block, old, size)?;
                self.large.remove(&block);
                self.large.insert(new, size);
                return Some(new);
            }
            let new = self.allocate(size)?;
            ptr::copy_nonoverlapping(block.as_ptr(), new.as_ptr(), old.min(size));
            self.free(block);
            Some(new)
        }
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        // SAFETY: the runtime that used them is gone, and with it whatever is left in them.
        unsafe {
            for chunk in self.chunks.drain(..) {
                dealloc(chunk.as_ptr(), chunk_layout());
            }
            self.large.extend(self.kept.large.drain());
            for (block, size) in self.large.drain() {
                release(block, size);
            }
        }
    }
}

// SAFETY: blocks are separate, as large as asked for or larger, aligned to more than a pointer, and know their size.
unsafe impl Allocator for Memory {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        address(self.0.borrow_mut().allocate(size))
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        let Some(size) = count.checked_mul(size) else {
            return ptr::null_mut();
        };
        let block = self.0.borrow_mut().allocate(size);
        if let Some(block) = block {
            // SAFETY: the block has at least this size.
            unsafe { block.write_bytes(0, size) };
        }
        address(block)
    }

    unsafe fn dealloc(&mut self, block: *mut u8) {
        if let Some(block) = NonNull::new(block) {
            // SAFETY: as promised by the caller.
            unsafe { self.0.borrow_mut().free(block) };
        }
    }

    unsafe fn realloc(&mut self, block: *mut u8, size: usize) -> *mut u8 {
        match NonNull::new(block) {
            // SAFETY: as promised by the caller.
            Some(block) => address(unsafe { self.0.borrow_mut().reallocate(block, size) }),
            None => self.alloc(size),
        }
    }

    unsafe fn usable_size(block: *mut u8) -> usize {
        // SAFETY: as promised by the caller.
        NonNull::new(block).map_or(0, |block| unsafe { size_of(block) })
    }
}

fn address(block: Option<Block>) -> *mut u8 {
    block.map_or(ptr::null_mut(), NonNull::as_ptr)
}

/// The class of blocks of this size, and the size of its blocks.
fn class(size: usize) -> (usize, usize) {
    let size = size.max(SMALLEST);
    // Of the powers of two below `size`, the highest.
    let power = (size - 1).ilog2();
    let step = 1_usize << (power - 2);
    let usable = size.next_multiple_of(step);
    let quarter = (usable >> (power - 2)) - 4;
    let class = 4 * (power + 1 - SMALLEST.ilog2()) as usize + quarter - 4;
    (class, usable)
}

const fn chunk_layout() -> Layout {
    match Layout::from_size_align(CHUNK, ALIGNMENT) {
        Ok(layout) => layout,
        Err(_) => Layout::new::<u128>(),
    }
}

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(ALIGNMENT)?, ALIGNMENT).ok()
}

fn system(size: usize) -> Option<Block> {
    // SAFETY: the layout is not empty, and begins with the room for the size.
    unsafe {
        let at = NonNull::new(alloc(layout(size)?))?;
        at.cast().write(size);
        Some(at.add(ALIGNMENT))
    }
}

/// # Safety
///
/// `block` is of `system` and has the size `old`.
unsafe fn resize(block: Block, old: usize, size: usize) -> Option<Block> {
    let new = layout(size)?.size();
    // SAFETY: as promised by the caller.
    unsafe {
        let at = realloc(block.as_ptr().sub(ALIGNMENT), layout(old)?, new);
        let at = NonNull::new(at)?;
        at.cast().write(size);
        Some(at.add(ALIGNMENT))
    }
}

/// # Safety
///
/// `block` is of `system`, has this size, and is not used any more.
unsafe fn release(block: Block, size: usize) {
    if let Some(layout) = layout(size) {
        // SAFETY: as promised by the caller.
        unsafe { dealloc(block.as_ptr().sub(ALIGNMENT), layout) };
    }
}

/// # Safety
///
/// `block` was given out by a [`Memory`] that still has it.
unsafe fn size_of(block: Block) -> usize {
    // SAFETY: in front of every block is its size.
    unsafe { block.sub(ALIGNMENT).cast().read() }
}

/// # Safety
///
/// There are `length` bytes at `at`.
unsafe fn copy(at: NonNull<u8>, length: usize) -> Box<[MaybeUninit<u8>]> {
    let mut bytes = Box::new_uninit_slice(length);
    // SAFETY: as promised by the caller; not all of them need to be initialized.
    unsafe { ptr::copy_nonoverlapping(at.as_ptr().cast(), bytes.as_mut_ptr(), length) };
    bytes
}

#[cfg(test)]
mod tests;
