/*
 * The kernel's tree as a library, to be timed: lists of operations in columns, as the benches of this suite keep them,
 * performed in one call. The hash of the answers is that of `execute()` in bench/operations.ts.
 */
#define RACE_BUILD
#include "compat.h"
#ifdef FREE_LIST
#include "slab.h"
#endif

#define EXPORTED __attribute__((visibility("default")))

/* The verbs of bench/operations.ts. */
enum { LOAD, FIND, STORE, CLEAR, GAP, ITERATE, NEXT, PREVIOUS, LOW_GAP };

/* Indices of ours end at 2^53 - 1, which stands for the kernel's maximum. */
static inline unsigned long index_of(double number)
{
	return number >= 9007199254740991.0 ? ULONG_MAX : (unsigned long)number;
}

static inline uint32_t start_of(void *entry, const struct ma_state *state)
{
	return entry ? (uint32_t)state->index : (uint32_t)-1;
}

static inline void store(struct maple_tree *tree, double first, double last, void *entry)
{
	MA_STATE(state, tree, index_of(first), index_of(last));

	if (mas_store_gfp(&state, entry, GFP_KERNEL))
		abort();
}

/* Every range, mixed as bench/peers/range_map.ts does. */
static uint32_t checksum(struct maple_tree *tree)
{
	uint32_t sum = 0;
	void *entry;

	MA_STATE(state, tree, 0, 0);
	mas_for_each(&state, entry, ULONG_MAX)
		sum = sum * 31 + (uint32_t)state.index + 3 * (uint32_t)state.last + (uint32_t)value_of(entry);
	return sum;
}

static uint32_t highest_gap(struct maple_tree *tree, double size, double min, double max)
{
	MA_STATE(state, tree, 0, 0);

	if (mas_empty_area_rev(&state, index_of(min), index_of(max), index_of(size)))
		return (uint32_t)-1;
	return state.index;
}

static uint32_t lowest_gap(struct maple_tree *tree, double size, double min, double max)
{
	MA_STATE(state, tree, 0, 0);

	if (mas_empty_area(&state, index_of(min), index_of(max), index_of(size)))
		return (uint32_t)-1;
	return state.index;
}

EXPORTED struct maple_tree *native_new(void)
{
	static bool initialised;
	struct maple_tree *tree = malloc(sizeof(*tree));

	if (!initialised)
		maple_tree_init();
	initialised = true;
	mt_init_flags(tree, MT_FLAGS_ALLOC_RANGE | MT_FLAGS_LOCK_EXTERN);
	return tree;
}

EXPORTED void native_free(struct maple_tree *tree)
{
	__mt_destroy(tree);
	run_deferred_frees();
	free(tree);
}

EXPORTED int32_t native_execute(struct maple_tree *tree, const uint8_t *verbs, const double *as, const double *bs,
				const double *cs, uint32_t from, uint32_t to)
{
	uint32_t hash = 0;

	for (uint32_t i = from; i < to; i++) {
		uint32_t answer = 0;
		MA_STATE(state, tree, index_of(as[i]), index_of(as[i]));

		switch (verbs[i]) {
		case LOAD:
			answer = value_of(mtree_load(tree, index_of(as[i])));
			break;
		case FIND:
			answer = start_of(mas_find(&state, index_of(bs[i])), &state);
			break;
		case STORE:
			store(tree, as[i], bs[i], entry_of(index_of(cs[i])));
			break;
		case CLEAR:
			store(tree, as[i], bs[i], NULL);
			break;
		case GAP:
			answer = highest_gap(tree, as[i], bs[i], cs[i]);
			break;
		case ITERATE:
			answer = checksum(tree);
			break;
		case NEXT:
			answer = start_of(mas_next(&state, index_of(bs[i])), &state);
			break;
		case PREVIOUS:
			answer = start_of(mas_prev(&state, index_of(bs[i])), &state);
			break;
		case LOW_GAP:
			answer = lowest_gap(tree, as[i], bs[i], cs[i]);
			break;
		}
		hash = hash * 31 + answer;
	}
	run_deferred_frees();
	return hash;
}
