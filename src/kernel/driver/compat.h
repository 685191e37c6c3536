/*
 * Brings a kernel's own lib/maple_tree.c into a program, whatever the kernel's age: the headers come from that tree's
 * tools/include and tools/testing, the differences between releases are named by HAVE_... macros that the build sets
 * after it has read the tree's headers.
 */
#ifndef MAPLE_COMPAT_H
#define MAPLE_COMPAT_H

#define _GNU_SOURCE
#define CONFIG_64BIT 1
#ifdef CHECK_BUILD
#define CONFIG_DEBUG_MAPLE_TREE
#define CONFIG_MAPLE_SEARCH
#define MAPLE_32BIT (MAPLE_NODE_SLOTS > 31)
#endif

#if __has_include("shared.h")
#include "shared.h"
#else
#include <linux/gfp.h>
#include <linux/types.h>
#include <linux/rcupdate.h>
#endif
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "linux/init.h"
#include <linux/slab.h>

#ifndef module_init
#define module_init(x)
#define module_exit(x)
#define MODULE_AUTHOR(x)
#define MODULE_LICENSE(x)
#endif
#ifndef fallthrough
#define fallthrough __attribute__((__fallthrough__))
#endif

/* A broken rule is counted and told with the answer; it is no reason to end the process. */
#undef dump_stack
#define dump_stack() do { } while (0)

/*
 * Nodes that readers might still see are kept until the operation is over, in which nobody reads beside the writer.
 * Then they are freed, so that a tree that goes on using one meets freed memory at its next step.
 */
struct deferred {
	struct rcu_head *head;
	void (*free)(struct rcu_head *head);
};

static struct deferred *deferred_frees;
static size_t deferred_count, deferred_room;

static void defer_free(struct rcu_head *head, void (*free)(struct rcu_head *head))
{
	if (deferred_count == deferred_room) {
		deferred_room = deferred_room ? 2 * deferred_room : 64;
		deferred_frees = realloc(deferred_frees, deferred_room * sizeof(*deferred_frees));
	}
	deferred_frees[deferred_count++] = (struct deferred){ head, free };
}

/* A grace period has passed. A free may defer others. */
static void run_deferred_frees(void)
{
	for (size_t i = 0; i < deferred_count; i++)
		deferred_frees[i].free(deferred_frees[i].head);
	deferred_count = 0;
}

#undef call_rcu
#define call_rcu defer_free

static void free_node_later(struct rcu_head *head);
#undef kfree_rcu
#define kfree_rcu(object, member) defer_free(&(object)->member, free_node_later)

#ifdef RACE_BUILD
/* As in a kernel without preemption: entering a read section costs nothing. */
#undef rcu_read_lock
#undef rcu_read_unlock
#undef rcu_dereference
#undef rcu_dereference_check
#undef rcu_dereference_protected
#undef rcu_dereference_raw
#undef rcu_assign_pointer
#define rcu_read_lock() do { } while (0)
#define rcu_read_unlock() do { } while (0)
#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_RELAXED)
#define rcu_dereference_check(p, c) __atomic_load_n(&(p), __ATOMIC_RELAXED)
#define rcu_dereference_protected(p, c) __atomic_load_n(&(p), __ATOMIC_RELAXED)
#define rcu_dereference_raw(p) __atomic_load_n(&(p), __ATOMIC_RELAXED)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)
#endif

#ifdef CHECK_BUILD
#include <linux/atomic.h>
/* The checks of the tree's own are counted one by one, and there is one thread: no bus need be locked for that. */
#define atomic_inc(counted) ((void)((counted)->counter++))
#endif

#include MAPLE_TREE_SOURCE

static void free_node_later(struct rcu_head *head)
{
	kmem_cache_free(maple_node_cache, container_of(head, struct maple_node, rcu));
}

/* mas_preallocate() lost its entry after 6.1 and got it back in 6.5. */
#ifdef PREALLOCATE_TAKES_ENTRY
#define preallocate(mas, entry) mas_preallocate((mas), (entry), GFP_KERNEL)
#else
#define preallocate(mas, entry) ((void)(entry), mas_preallocate((mas), GFP_KERNEL))
#endif

/* A value is a small number, stored as the kernel stores numbers; 0 is nothing. */
static inline void *entry_of(unsigned long value)
{
	return value ? xa_mk_value(value) : NULL;
}

static inline unsigned long value_of(void *entry)
{
	if (!entry)
		return 0;
	return xa_is_value(entry) ? xa_to_value(entry) : 0xffffffffUL;
}

#endif
