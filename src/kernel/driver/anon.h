/*
 * anon_vmas and the chains by which VMAs take part in them. The tools' stand-ins note only that they were called;
 * whether VMAs merge depends on the chains, and on which anon_vma a fork takes up again.
 */
#ifndef MAPLE_ANON_H
#define MAPLE_ANON_H

/* With what mm/rmap.c counts: VMAs in whose chain it is, those whose own it is, and the anon_vmas made from it. */
struct counted_anon_vma {
	struct anon_vma base;
	struct counted_anon_vma *parent;
	unsigned int links, active, children;
};

static struct counted_anon_vma *counted(struct anon_vma *anon_vma)
{
	return (struct counted_anon_vma *)anon_vma;
}

/* A new one; without a parent it is a root, and its own child. */
static struct anon_vma *new_anon_vma(struct anon_vma *parent)
{
	struct counted_anon_vma *made = calloc(1, sizeof(*made));

	made->parent = parent ? counted(parent) : made;
	made->base.root = parent ? parent->root : &made->base;
	made->parent->children++;
	return &made->base;
}

/* A VMA takes part in an anon_vma: its chain gets a link. */
static void link_anon_vma(struct vm_area_struct *vma, struct anon_vma *anon_vma)
{
	struct anon_vma_chain *link = calloc(1, sizeof(*link));

	link->anon_vma = anon_vma;
	list_add(&link->same_vma, &vma->anon_vma_chain);
	counted(anon_vma)->links++;
}

/* A VMA gets its first anon_vma. */
static void own_anon_vma(struct vm_area_struct *vma, struct anon_vma *anon_vma)
{
	vma->anon_vma = anon_vma;
	counted(anon_vma)->active++;
	link_anon_vma(vma, anon_vma);
}

/* The oldest link is the last of the list. */
static void clone_links(struct vm_area_struct *to, struct vm_area_struct *from)
{
	struct anon_vma_chain *link;

	list_for_each_entry_reverse(link, &from->anon_vma_chain, same_vma)
		link_anon_vma(to, link->anon_vma);
}

#ifdef HAVE_CLONE_OPERATION
static int anon_vma_clone(struct vm_area_struct *to, struct vm_area_struct *from, enum vma_operation operation)
#else
static int anon_vma_clone(struct vm_area_struct *to, struct vm_area_struct *from)
#endif
{
#ifdef HAVE_CLONE_OPERATION
	(void)operation;
#endif
	clone_links(to, from);
	if (to->anon_vma)
		counted(to->anon_vma)->active++;
	return 0;
}

static void unlink_anon_vmas(struct vm_area_struct *vma)
{
	while (!list_empty(&vma->anon_vma_chain)) {
		struct anon_vma_chain *link =
			list_first_entry(&vma->anon_vma_chain, struct anon_vma_chain, same_vma);
		struct counted_anon_vma *left = counted(link->anon_vma);

		if (--left->links == 0)
			left->parent->children--;
		list_del(&link->same_vma);
		free(link);
	}
	if (vma->anon_vma)
		counted(vma->anon_vma)->active--;
	vma->anon_vma = NULL;
}

static void __attribute__((unused)) anon_vma_merge(struct vm_area_struct *kept, struct vm_area_struct *gone)
{
	(void)kept;
	unlink_anon_vmas(gone);
}

/* A child's copy of a VMA: it takes up what of the chain is not in use any more, or gets one of its own. */
static void fork_anon_vma(struct vm_area_struct *child, struct vm_area_struct *parent)
{
	struct anon_vma_chain *link;
	struct anon_vma *reused = NULL;

	if (!parent->anon_vma)
		return;
	list_for_each_entry_reverse(link, &parent->anon_vma_chain, same_vma) {
		struct counted_anon_vma *it = counted(link->anon_vma);

		if (!reused && it->children < 2 && it->active == 0)
			reused = &it->base;
	}
	clone_links(child, parent);
	if (!reused) {
		own_anon_vma(child, new_anon_vma(parent->anon_vma));
		return;
	}
	child->anon_vma = reused;
	counted(reused)->active++;
}

#endif
