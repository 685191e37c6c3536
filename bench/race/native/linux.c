/*
 * A kernel's own lib/maple_tree.c on the recorded operations. Nodes come from a free list, as a kernel's cache gives
 * them in the best case, and are given back after the pass in which they were freed.
 */
#define RACE_BUILD
#include "compat.h"
#include "operations.h"

int preempt_count, kmalloc_verbose, test_verbose;

struct kmem_cache {
	size_t size, align;
	void *free;
};

static void refill(struct kmem_cache *cache)
{
	size_t count = 4096, size = (cache->size + cache->align - 1) / cache->align * cache->align;
	char *nodes = aligned_alloc(cache->align, count * size);

	for (size_t i = count; i-- > 0;) {
		*(void **)(nodes + i * size) = cache->free;
		cache->free = nodes + i * size;
	}
}

static inline void *take(struct kmem_cache *cache)
{
	void *node;

	if (!cache->free)
		refill(cache);
	node = cache->free;
	cache->free = *(void **)node;
	return node;
}

void *kmem_cache_alloc_lru(struct kmem_cache *cache, struct list_lru *lru, int flags)
{
	(void)lru;
	(void)flags;
	return take(cache);
}

void kmem_cache_free(struct kmem_cache *cache, void *node)
{
	*(void **)node = cache->free;
	cache->free = node;
}

void kmem_cache_free_bulk(struct kmem_cache *cache, size_t count, void **nodes)
{
	for (size_t i = 0; i < count; i++)
		kmem_cache_free(cache, nodes[i]);
}

int kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t flags, size_t count, void **nodes)
{
	(void)flags;
	for (size_t i = 0; i < count; i++)
		nodes[i] = take(cache);
	return (int)count;
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align, unsigned int flags,
				     void (*constructor)(void *))
{
	struct kmem_cache *cache = calloc(1, sizeof(*cache));

	(void)name;
	(void)flags;
	(void)constructor;
	*cache = (struct kmem_cache){ .size = size, .align = align };
	return cache;
}

static struct maple_tree tree;

static void store(unsigned long first, unsigned long last, void *entry)
{
	MA_STATE(state, &tree, first, last);

	if (mas_store_gfp(&state, entry, GFP_KERNEL))
		abort();
}

static int32_t first_of(struct ma_state *state, void *entry)
{
	return entry ? (int32_t)(uint32_t)state->index : -1;
}

static int32_t pass(void)
{
	MA_STATE(state, &tree, 0, 0);
	int32_t hash = 0, sum;
	void *entry;

	for (long i = 0; i < operation_count; i++) {
		struct operation *o = &operations[i];
		unsigned long a = (unsigned long)o->a, b = (unsigned long)o->b, c = (unsigned long)o->c;
		int32_t answer = 0;

		switch ((int)o->verb) {
		case LOAD:
			answer = (int32_t)value_of(mtree_load(&tree, a));
			break;
		case FIND:
			mas_set(&state, a);
			entry = mas_find(&state, b);
			answer = first_of(&state, entry);
			break;
		case STORE:
			store(a, b, entry_of(c));
			break;
		case CLEAR:
			store(a, o->b == TOP ? ULONG_MAX : b, NULL);
			break;
		case GAP:
			mas_set(&state, 0);
			answer = mas_empty_area_rev(&state, b, c, a) ? -1 : (int32_t)(uint32_t)state.index;
			break;
		case ITERATE:
			sum = 0;
			mas_set(&state, 0);
			mas_for_each(&state, entry, ULONG_MAX)
				sum = mixed(sum, state.index, state.last, (int32_t)value_of(entry));
			answer = sum;
			break;
		case NEXT:
			mas_set(&state, a);
			entry = mas_next(&state, b);
			answer = first_of(&state, entry);
			break;
		case PREVIOUS:
			mas_set(&state, a);
			entry = mas_prev(&state, b);
			answer = first_of(&state, entry);
			break;
		case LOW_GAP:
			mas_set(&state, 0);
			answer = mas_empty_area(&state, b, c, a) ? -1 : (int32_t)(uint32_t)state.index;
			break;
		}
		hash = hashed(hash, answer);
	}
	run_deferred_frees();
	return hash;
}

int main(int count, char **arguments)
{
	(void)count;
	maple_tree_init();
	mt_init_flags(&tree, MT_FLAGS_ALLOC_RANGE | MT_FLAGS_LOCK_EXTERN);
	read_operations(arguments[1]);
	race(pass, atol(arguments[2]));
	return 0;
}
