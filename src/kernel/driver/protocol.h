/* What travels between the driver and its parent: little-endian words, no padding. */
#ifndef MAPLE_PROTOCOL_H
#define MAPLE_PROTOCOL_H

#include <stdint.h>

enum verb {
	VERB_STORE = 1, VERB_INSERT, VERB_ERASE, VERB_LOAD, VERB_WALK, VERB_FIND, VERB_FIND_REVERSE, VERB_NEXT,
	VERB_PREVIOUS, VERB_MT_FIND, VERB_EMPTY_AREA, VERB_EMPTY_AREA_REVERSE, VERB_ALLOCATE, VERB_ALLOCATE_REVERSE,
	VERB_STORE_PREALLOCATED,
	/* Another store, of one index `d`, comes while the first waits for memory; after it if it need not wait. */
	VERB_STORE_BESIDE,
	VERB_CURSOR_SET = 32, VERB_CURSOR_WALK, VERB_CURSOR_FIND, VERB_CURSOR_FIND_REVERSE, VERB_CURSOR_NEXT,
	VERB_CURSOR_PREVIOUS, VERB_CURSOR_FIND_RANGE, VERB_CURSOR_FIND_RANGE_REVERSE, VERB_CURSOR_NEXT_RANGE,
	VERB_CURSOR_PREVIOUS_RANGE, VERB_CURSOR_PAUSE, VERB_CURSOR_RESET, VERB_CURSOR_STORE, VERB_CURSOR_ERASE,
	VERB_CURSOR_EMPTY_AREA, VERB_CURSOR_EMPTY_AREA_REVERSE, VERB_CURSOR_STORE_PREALLOCATED,
	VERB_CURSOR_RESERVE,
	/* The tree itself: destroyed and made anew; marked; taken back to the mark; copied, and the copy used. */
	VERB_NEW_TREE = 64, VERB_MARK, VERB_REWIND, VERB_DUPLICATE,
	/*
	 * Of vma.c. Maps: the first byte, with a bit for shared memory and one for a file with a close hook; the first
	 * byte after the range; flags; the page offset times 65,536 and the number of a file, 0 for none. Unmap, protect:
	 * the range, flags of access. A write: an address; 1 if it is forced, 2 if no neighbour's anon_vma is taken. A
	 * remap: a range and the one that it becomes, to whose end bits are added: see enum remap_flag.
	 */
	VERB_VMA_MAP = 96, VERB_VMA_UNMAP, VERB_VMA_PROTECT, VERB_VMA_MAP_FILE, VERB_VMA_WRITE, VERB_VMA_REMAP,
	/*
	 * All flags of a range. The heap: its first byte and the first after it. Its new end, and its flags. A touch
	 * below a stack. A VMA by itself, described as a map is. The address space that operations are on from then on;
	 * the one that a child gets; the one that ends.
	 */
	VERB_VMA_FLAGS, VERB_VMA_HEAP, VERB_VMA_BRK, VERB_VMA_GROW, VERB_VMA_PLACE, VERB_VMA_SPACE, VERB_VMA_FORK,
	VERB_VMA_EXIT,
	/* What a call that failed may leave: two VMAs where there was one. */
	VERB_VMA_SPLIT,
};

/* One operation. What `a` to `d` are depends on the verb, in the order of the kernel's parameters. */
struct operation {
	uint32_t verb;
	uint32_t options;
	uint64_t a, b, c, d;
};

enum answer_flag {
	/* A rule of the kernel's own validation or of the code on the way is broken. */
	ANSWER_BROKEN_RULE = 1,
	/* Something was printed. */
	ANSWER_PRINTED = 2,
	/* A walk over all entries met one that does not begin after the one before. */
	ANSWER_DISORDER = 4,
	/* Nodes are left after the tree was destroyed; `value` says how many. */
	ANSWER_LEAK = 8,
};

/* The answer to one operation. The last four words are 0 unless the operation may have written. */
struct answer {
	int32_t error;
	uint32_t status;
	uint32_t value;
	uint32_t flags;
	uint64_t first, last;
	uint32_t count;
	uint32_t content_low, content_high;
	uint32_t lookups;
	uint32_t shape;
	uint32_t unused;
};

enum frame_kind { FRAME_OPERATIONS = 1, FRAME_DUMP = 2, FRAME_SHAPE = 3, FRAME_SPACE = 4 };

/* Before each request and each reply. */
struct frame {
	uint32_t kind;
	/* Operations or answers; for text, bytes. */
	uint32_t count;
	/* Of a request: milliseconds on a processor after which the process ends itself. */
	uint32_t limit_ms;
};

/* The first thing that the driver says. */
struct hello {
	uint32_t magic;
	uint32_t node_bytes;
	uint32_t range_slots;
	uint32_t gap_slots;
	uint32_t word_bits;
	uint32_t features;
};

#define HELLO_MAGIC 0x4d61706cU

enum feature { FEATURE_RANGE_MOVES = 1, FEATURE_STATUS = 2, FEATURE_DUPLICATE = 4, FEATURE_RESERVE = 8 };

#endif
