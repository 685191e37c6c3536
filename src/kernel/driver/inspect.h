/* What a tree holds, how its nodes lie, and both as text. */
#ifndef MAPLE_INSPECT_H
#define MAPLE_INSPECT_H

#include "compat.h"
#include "protocol.h"

/* 32 bits of a number's two halves; the same function stands in content.ts. */
static inline uint32_t mix(uint32_t hash, uint32_t word)
{
	hash = (hash ^ word) * 0x85ebca6bU;
	return hash ^ (hash >> 15);
}

static inline uint32_t mix_long(uint32_t hash, uint64_t number)
{
	return mix(mix(hash, (uint32_t)number), (uint32_t)(number >> 32));
}

/* Two words for a range; what a tree holds is their sum, which content.ts keeps up to date from write to write. */
static inline void add_range(uint32_t *low, uint32_t *high, uint64_t first, uint64_t last, uint32_t value)
{
	uint32_t mixed = mix(mix_long(mix_long(0x9e3779b9U, first), last), value);

	*low += mixed;
	*high += mix(0x7f4a7c15U, mixed);
}

/* Fills in the content of `tree` as a linear walk meets it, and lookups at and beside the ends of what was written. */
static void inspect_content(struct maple_tree *tree, uint64_t first, uint64_t last, struct answer *answer)
{
	uint32_t low = 0, high = 0, lookups = 1, count = 0;
	unsigned long after = 0;
	void *entry;

	MA_STATE(walk, tree, 0, 0);
	rcu_read_lock();
	mas_for_each(&walk, entry, ULONG_MAX) {
		if (walk.index < after || walk.last < walk.index)
			answer->flags |= ANSWER_DISORDER;
		after = walk.last + 1;
		add_range(&low, &high, walk.index, walk.last, (uint32_t)value_of(entry));
		/* A walk that does not end is the caller's time limit; one that goes round is told here. */
		if (++count > 50000000)
			break;
		if (!after)
			break;
	}
	rcu_read_unlock();
	answer->count = count;
	answer->content_low = low;
	answer->content_high = high;
	lookups = mix(lookups, (uint32_t)value_of(mtree_load(tree, first)));
	lookups = mix(lookups, (uint32_t)value_of(mtree_load(tree, last)));
	lookups = mix(lookups, first ? (uint32_t)value_of(mtree_load(tree, first - 1)) : 0);
	lookups = mix(lookups, last != ULONG_MAX ? (uint32_t)value_of(mtree_load(tree, last + 1)) : 0);
	answer->lookups = lookups;
}

typedef void (*visit_node)(void *context, struct maple_enode *node, int depth, unsigned long first,
			   unsigned long last, unsigned char end);

static void visit_nodes(struct maple_enode *enode, int depth, unsigned long first, unsigned long last,
			visit_node visit, void *context)
{
	enum maple_type type = mte_node_type(enode);
	struct maple_node *node = mte_to_node(enode);
	unsigned long *pivots = ma_pivots(node, type);
	void __rcu **slots = ma_slots(node, type);
	unsigned char end = ma_data_end(node, type, pivots, last);

	visit(context, enode, depth, first, last, end);
	if (ma_is_leaf(type))
		return;
	for (int slot = 0; slot <= end; slot++) {
		unsigned long slot_last = slot == end ? last : pivots[slot];

		visit_nodes((struct maple_enode *)slots[slot], depth + 1, first, slot_last, visit, context);
		first = slot_last + 1;
	}
}

static void visit_tree(struct maple_tree *tree, visit_node visit, void *context)
{
	void *root = tree->ma_root;

	if (xa_is_node(root))
		visit_nodes(mte_safe_root(root), 0, 0, ULONG_MAX, visit, context);
}

/* A gap in the terms of indices that end at 2^53 - 1: only the free range at their end is longer than that. */
static uint64_t gap_of(struct maple_enode *enode, int slot)
{
	return mte_to_node(enode)->ma64.gap[slot] & ((1ULL << 53) - 1);
}

static void mix_node(void *context, struct maple_enode *enode, int depth, unsigned long first,
		     unsigned long last, unsigned char end)
{
	uint32_t *hash = context, mixed = mix(mix(*hash, depth), mte_node_type(enode));

	mixed = mix(mix_long(mix_long(mixed, first), last), end);
	if (mte_node_type(enode) == maple_arange_64)
		for (int slot = 0; slot <= end; slot++)
			mixed = mix_long(mixed, gap_of(enode, slot));
	*hash = mixed;
}

/* All nodes in one word: depth, kind, range, end, gaps. */
static uint32_t shape_of(struct maple_tree *tree)
{
	uint32_t hash = 1;

	visit_tree(tree, mix_node, &hash);
	return hash;
}

static void print_node(void *context, struct maple_enode *enode, int depth, unsigned long first,
		       unsigned long last, unsigned char end)
{
	static const char *const kinds[] = { "dense", "leaf64", "range64", "arange64" };
	FILE *out = context;
	enum maple_type type = mte_node_type(enode);

	fprintf(out, "node d=%d %s 0x%lx-0x%lx end=%d", depth, kinds[type & 3], first, last, end);
	for (int slot = 0; type == maple_arange_64 && slot <= end; slot++)
		fprintf(out, "%s0x%lx", slot ? "," : " gaps=", gap_of(enode, slot));
	fprintf(out, "\n");
}

static void print_shape(struct maple_tree *tree, FILE *out)
{
	void *root = tree->ma_root;

	if (xa_is_node(root))
		visit_tree(tree, print_node, out);
	else if (root)
		fprintf(out, "root 0x%lx\n", value_of(root));
	else
		fprintf(out, "root -\n");
}

static void print_leaf(void *context, struct maple_enode *enode, int depth, unsigned long first,
		       unsigned long last, unsigned char end)
{
	FILE *out = context;
	enum maple_type type = mte_node_type(enode);
	struct maple_node *node = mte_to_node(enode);
	unsigned long *pivots = ma_pivots(node, type);

	fprintf(out, "%*s%lx-%lx: %s, end %d\n", 2 * depth, "", first, last,
		ma_is_leaf(type) ? "leaf" : "node", end);
	if (!ma_is_leaf(type))
		return;
	for (int slot = 0; slot < mt_slots[type]; slot++) {
		void *entry = ma_slots(node, type)[slot];
		unsigned long slot_last = slot >= end ? last : pivots[slot];

		/* A leaf that is not full keeps its end in the place of its last slot. */
		if (slot > end && (!entry || slot == mt_slots[type] - 1))
			continue;
		fprintf(out, "%*s  slot %d: ", 2 * depth, "", slot);
		if (slot > end)
			fprintf(out, "past the end: ");
		else
			fprintf(out, "%lx-%lx: ", first, slot_last);
		if (entry)
			fprintf(out, "%lu\n", value_of(entry));
		else
			fprintf(out, "nothing\n");
		first = slot_last + 1;
	}
}

/* Node by node, leaves slot by slot, and what lies past a leaf's end. */
static void print_dump(struct maple_tree *tree, FILE *out)
{
	if (xa_is_node(tree->ma_root))
		visit_tree(tree, print_leaf, out);
	else
		print_shape(tree, out);
}

#endif
