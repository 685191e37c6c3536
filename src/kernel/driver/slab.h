/*
 * The allocator of nodes, in the place of the kernel's slab and of its test suite's.
 *
 * FREE_LIST: a list of free nodes and nothing else, so that what is timed is the tree.
 * Else: each node stands alone between two guarded areas, and one that was given back is overwritten and not given out
 * again for a while: a write past a node's end, a node given back twice, and a write to a node that was given back are
 * reported.
 */
#ifndef MAPLE_SLAB_H
#define MAPLE_SLAB_H

#include "compat.h"

#define NODE_BYTES 256

/* Older trees do not say what a cache is; newer ones do, and there is only the one of nodes. */
static struct kmem_cache *the_cache(void)
{
	static long room[64];

	return (struct kmem_cache *)room;
}

static long nodes_given_out;

#ifdef FREE_LIST

static void *free_nodes;

static void more_nodes(void)
{
	char *nodes = aligned_alloc(NODE_BYTES, 4096 * NODE_BYTES);

	for (int i = 4096; i-- > 0;) {
		void **node = (void **)(nodes + i * NODE_BYTES);

		node[1] = free_nodes;
		free_nodes = node;
	}
}

static inline void *give_out(void)
{
	void **node = free_nodes;

	if (__builtin_expect(!node, 0)) {
		more_nodes();
		node = free_nodes;
	}
	free_nodes = node[1];
	nodes_given_out++;
	return memset(node, 0, NODE_BYTES);
}

static inline void take_back(void *object)
{
	void **node = object;

	node[1] = free_nodes;
	free_nodes = node;
	nodes_given_out--;
}

#else

#define GUARD_BYTES 256
#define GUARD_WORD 0xa5a5a5a5a5a5a5a5UL
#define FREED_WORD 0xdeadbeefdeadbeefUL
#define KEPT_BACK 1024

static void *kept_back[KEPT_BACK];
static unsigned int next_kept_back;
static void *spare_nodes;

/* Rules of memory that were broken; the caller tells them with its answer. */
static int memory_faults;

static void memory_fault(const char *what, void *node)
{
	memory_faults++;
	fprintf(stderr, "BUG: %s: node %p\n", what, node);
}

static void fill(void *area, unsigned long word, size_t bytes)
{
	unsigned long *words = area;

	for (size_t i = 0; i < bytes / sizeof(long); i++)
		words[i] = word;
}

/* Called once when a request has to wait for memory: what another writer does meanwhile. */
static void (*while_waiting)(void);

static void wait_for_memory(int flags)
{
	void (*meanwhile)(void) = while_waiting;

	if (!(flags & __GFP_DIRECT_RECLAIM) || !meanwhile)
		return;
	while_waiting = NULL;
	meanwhile();
}

static bool holds_only(void *area, unsigned long word, size_t bytes)
{
	unsigned long *words = area, wrong = 0;

	for (size_t i = 0; i < bytes / sizeof(long); i++)
		wrong |= words[i] ^ word;
	return !wrong;
}

static bool is_guarded(char *node)
{
	return holds_only(node - GUARD_BYTES, GUARD_WORD, GUARD_BYTES) &&
	       holds_only(node + NODE_BYTES, GUARD_WORD, GUARD_BYTES);
}

static void *give_out(void)
{
	char *node = spare_nodes;

	if (node) {
		spare_nodes = *(void **)node;
	} else {
		char *area = aligned_alloc(NODE_BYTES, NODE_BYTES + 2 * GUARD_BYTES);

		if (!area)
			return NULL;
		node = area + GUARD_BYTES;
		fill(area, GUARD_WORD, GUARD_BYTES);
		fill(node + NODE_BYTES, GUARD_WORD, GUARD_BYTES);
	}
	nodes_given_out++;
	return memset(node, 0, NODE_BYTES);
}

static void take_back(void *object)
{
	char *node = object, *oldest = kept_back[next_kept_back];

	if (!is_guarded(node))
		memory_fault("a write beside a node", node);
	if (holds_only(node, FREED_WORD, NODE_BYTES)) {
		memory_fault("a node given back twice", node);
		return;
	}
	nodes_given_out--;
	fill(node, FREED_WORD, NODE_BYTES);
	kept_back[next_kept_back] = node;
	next_kept_back = (next_kept_back + 1) % KEPT_BACK;
	if (!oldest)
		return;
	if (!holds_only(oldest, FREED_WORD, NODE_BYTES))
		memory_fault("a write to a node that was given back", oldest);
	*(void **)oldest = spare_nodes;
	spare_nodes = oldest;
}

#endif

/* As in the kernel's own suite a request that may not wait finds nothing, so that the ways around it are taken too. */
static inline bool may_have(int flags)
{
#ifdef FREE_LIST
	(void)flags;
	return true;
#else
	wait_for_memory(flags);
	return flags & __GFP_DIRECT_RECLAIM;
#endif
}

void *kmem_cache_alloc_lru(struct kmem_cache *cache, struct list_lru *lru, int flags)
{
	(void)cache;
	(void)lru;
	return may_have(flags) ? give_out() : NULL;
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	(void)cache;
	take_back(object);
}

void kmem_cache_free_bulk(struct kmem_cache *cache, size_t count, void **objects)
{
	(void)cache;
	for (size_t i = 0; i < count; i++)
		take_back(objects[i]);
}

#ifdef HAVE_SHEAVES
bool kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t flags, size_t count, void **objects)
#else
int kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t flags, size_t count, void **objects)
#endif
{
	(void)cache;
	if (!may_have(flags))
		return 0;
	for (size_t i = 0; i < count; i++)
		objects[i] = give_out();
	return count;
}

void kmem_cache_shrink(struct kmem_cache *cache)
{
	(void)cache;
}

#ifdef HAVE_SHEAVES

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size, struct kmem_cache_args *args,
					    unsigned int flags)
{
	(void)name;
	(void)size;
	(void)args;
	(void)flags;
	return the_cache();
}

struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *cache, gfp_t flags, unsigned int count)
{
	struct slab_sheaf *sheaf;

	if (!may_have(flags))
		return NULL;
	sheaf = calloc(1, sizeof(*sheaf) + (count < 32 ? 32 : count) * sizeof(void *));
	sheaf->cache = cache;
	sheaf->capacity = count < 32 ? 32 : count;
	while (sheaf->size < count)
		sheaf->objects[sheaf->size++] = give_out();
	return sheaf;
}

void kmem_cache_return_sheaf(struct kmem_cache *cache, gfp_t flags, struct slab_sheaf *sheaf)
{
	(void)flags;
	kmem_cache_free_bulk(cache, sheaf->size, sheaf->objects);
	free(sheaf);
}

int kmem_cache_refill_sheaf(struct kmem_cache *cache, gfp_t flags, struct slab_sheaf **sheaf, unsigned int count)
{
	struct slab_sheaf *larger;

	if (!may_have(flags))
		return -ENOMEM;
	if (count > (*sheaf)->capacity) {
		larger = kmem_cache_prefill_sheaf(cache, flags, count);
		kmem_cache_return_sheaf(cache, flags, *sheaf);
		*sheaf = larger;
	}
	while ((*sheaf)->size < count)
		(*sheaf)->objects[(*sheaf)->size++] = give_out();
	return 0;
}

void *kmem_cache_alloc_from_sheaf(struct kmem_cache *cache, gfp_t flags, struct slab_sheaf *sheaf)
{
	(void)cache;
	(void)flags;
	return sheaf->size ? sheaf->objects[--sheaf->size] : NULL;
}

#else

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align, unsigned int flags,
				     void (*construct)(void *))
{
	(void)name;
	(void)size;
	(void)align;
	(void)flags;
	(void)construct;
	return the_cache();
}

#endif

/* Newer trees give nodes back with kfree() too. */
void kfree(void *object)
{
	if (object)
		take_back(object);
}

#ifdef CHECK_BUILD
/* What the tree's own tests would ask of the slab. */
void kmem_cache_set_non_kernel(struct kmem_cache *cache, unsigned int count)
{
	(void)cache;
	(void)count;
}

unsigned long kmem_cache_get_alloc(struct kmem_cache *cache)
{
	(void)cache;
	return nodes_given_out * NODE_BYTES;
}

void kmem_cache_zero_nr_tallocated(struct kmem_cache *cache)
{
	(void)cache;
}

unsigned int kmem_cache_nr_tallocated(struct kmem_cache *cache)
{
	(void)cache;
	return 0;
}

unsigned int kmem_cache_nr_allocated(struct kmem_cache *cache)
{
	(void)cache;
	return nodes_given_out;
}

void kmem_cache_set_callback(struct kmem_cache *cache, void (*callback)(void *))
{
	(void)cache;
	(void)callback;
}

void kmem_cache_set_private(struct kmem_cache *cache, void *private)
{
	(void)cache;
	(void)private;
}
#endif

#endif
