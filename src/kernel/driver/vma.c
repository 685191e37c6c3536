/*
 * Performs maps, unmaps and changes of protection on an address space of a kernel's own mm/vma.c, and answers with all
 * VMAs after each. What that file asks of the rest of the kernel comes from the tree's own tools/testing/vma.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "generated/bit-length.h"
#include "maple-shared.h"

/* The tools' stand-ins for these note only that they were called; whether VMAs merge depends on the chains. */
#define anon_vma_clone tools_anon_vma_clone
#define unlink_anon_vmas tools_unlink_anon_vmas
#define anon_vma_merge tools_anon_vma_merge
#include "vma_internal.h"
#undef anon_vma_clone
#undef unlink_anon_vmas
#undef anon_vma_merge

/* A VMA takes part in an anon_vma: its chain gets a link. */
static void link_anon_vma(struct vm_area_struct *vma, struct anon_vma *anon_vma)
{
	struct anon_vma_chain *link = calloc(1, sizeof(*link));

	link->anon_vma = anon_vma;
	list_add(&link->same_vma, &vma->anon_vma_chain);
}

#ifdef HAVE_CLONE_OPERATION
static int anon_vma_clone(struct vm_area_struct *to, struct vm_area_struct *from, enum vma_operation operation)
#else
static int anon_vma_clone(struct vm_area_struct *to, struct vm_area_struct *from)
#endif
{
	struct anon_vma_chain *link;

#ifdef HAVE_CLONE_OPERATION
	(void)operation;
#endif
	list_for_each_entry_reverse(link, &from->anon_vma_chain, same_vma)
		link_anon_vma(to, link->anon_vma);
	return 0;
}

static void unlink_anon_vmas(struct vm_area_struct *vma)
{
	while (!list_empty(&vma->anon_vma_chain)) {
		struct anon_vma_chain *link =
			list_first_entry(&vma->anon_vma_chain, struct anon_vma_chain, same_vma);

		list_del(&link->same_vma);
		free(link);
	}
	vma->anon_vma = NULL;
}

static void __attribute__((unused)) anon_vma_merge(struct vm_area_struct *kept, struct vm_area_struct *gone)
{
	(void)kept;
	unlink_anon_vmas(gone);
}

/* A stable release may carry what its own tools do not know: nothing is sealed here. */
#ifndef VM_SEALED
#define VM_SEALED 0UL
#endif
#include VMA_HEADER

#ifdef HAVE_VMA_INIT
#include VMA_INIT_SOURCE
unsigned long mmap_min_addr, dac_mmap_min_addr;
unsigned long stack_guard_gap = 256UL << PAGE_SHIFT;
int sysctl_max_map_count = 65530;
unsigned long rlimit(unsigned int limit)
{
	(void)limit;
	return -1UL;
}
#endif
#include VMA_SOURCE

#include "frames.h"
#include "protocol.h"

const struct vm_operations_struct vma_dummy_vm_ops;
static struct task_struct the_task;

struct task_struct *get_current(void)
{
	return &the_task;
}

#ifdef LACKS_VMA_CLOSE
void vma_close(struct vm_area_struct *vma)
{
	(void)vma;
}
#endif

static struct mm_struct space;

#ifdef HAVE_VMA_FLAGS
#define flags_of(flags) legacy_to_vma_flags(flags)
#else
#define flags_of(flags) (flags)
#endif

static void set_flags(struct vm_area_struct *vma, unsigned long flags)
{
#ifdef HAVE_VMA_FLAGS
	vma->flags = flags_of(flags);
#else
	vma->__vm_flags = flags;
#endif
}

/* The files that may be mapped; number 0 is none. */
#define FILES 4
static struct file files[FILES];
static struct address_space mappings[FILES];

static int link_new(unsigned long start, unsigned long end, unsigned long flags, unsigned long offset,
		    struct file *file)
{
	struct vm_area_struct *vma = vm_area_alloc(&space);

	vma->vm_start = start;
	vma->vm_end = end;
	vma->vm_ops = file ? &vma_dummy_vm_ops : NULL;
	vma->vm_file = file;
#ifdef HAVE_VMA_FLAGS
	vma_set_pgoff(vma, offset);
	vma_set_anon_pgoff(vma, start >> PAGE_SHIFT);
#else
	vma->vm_pgoff = offset;
#endif
	set_flags(vma, flags);
	return vma_link(&space, vma);
}

static int unmap(unsigned long start, unsigned long end)
{
	VMA_ITERATOR(vmi, &space, start);

	return do_vmi_munmap(&vmi, &space, start, end - start, NULL, false);
}

/* As mmap() with MAP_FIXED: what was there goes, then the new range joins its neighbours or becomes a VMA. */
static int map(unsigned long start, unsigned long end, unsigned long flags, unsigned long offset, struct file *file)
{
	VMA_ITERATOR(vmi, &space, start);
#ifdef HAVE_VMA_FLAGS
	VMG_STATE(merge, &space, &vmi, start, end, flags_of(flags), offset, start >> PAGE_SHIFT);
#else
	VMG_STATE(merge, &space, &vmi, start, end, flags, offset);
#endif
	int error = unmap(start, end);

	if (error)
		return error;
	merge.file = file;
	vma_iter_set(&vmi, start);
	merge.next = vma_next(&vmi);
	merge.prev = vma_prev(&vmi);
	if (merge.prev)
		vma_iter_next_range(&vmi);
	if (vma_merge_new_range(&merge))
		return 0;
	return link_new(start, end, flags, offset, file);
}

/* As mprotect(): up to the first hole. */
static int protect(unsigned long start, unsigned long end, unsigned long flags)
{
	while (start < end) {
		struct vm_area_struct *vma, *prev;
		unsigned long last;
#ifdef HAVE_VMA_FLAGS
		vma_flags_t wanted = flags_of(flags);
#endif
		VMA_ITERATOR(vmi, &space, start);

		vma = vma_find(&vmi, end);
		if (!vma || vma->vm_start > start)
			return -ENOMEM;
		prev = vma_prev(&vmi);
		if (start > vma->vm_start)
			prev = vma;
		vma = vma_next(&vmi);
		last = vma->vm_end < end ? vma->vm_end : end;
		if (vma->vm_flags != flags) {
#ifdef HAVE_VMA_FLAGS
			vma = vma_modify_flags(&vmi, prev, vma, start, last, &wanted);
#else
			vma = vma_modify_flags(&vmi, prev, vma, start, last, flags);
#endif
			if (IS_ERR(vma))
				return PTR_ERR(vma);
			set_flags(vma, flags);
		}
		start = last;
	}
	return 0;
}

/* A first write to a page: the VMA takes the anon_vma of a neighbour, or gets one of its own. */
static int write_page(unsigned long address)
{
	struct vm_area_struct *vma;
	struct anon_vma *anon_vma;

	VMA_ITERATOR(vmi, &space, address);
	vma = vma_find(&vmi, address + 1);
	if (!vma || !(vma->vm_flags & VM_WRITE))
		return -EFAULT;
	if (vma->anon_vma)
		return 0;
	anon_vma = find_mergeable_anon_vma(vma);
	if (!anon_vma) {
		anon_vma = calloc(1, sizeof(*anon_vma));
		anon_vma->root = anon_vma;
	}
	vma->anon_vma = anon_vma;
	link_anon_vma(vma, anon_vma);
	return 0;
}

/* The VMA that holds a whole range. */
static struct vm_area_struct *vma_around(unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma;

	VMA_ITERATOR(vmi, &space, start);
	vma = vma_find(&vmi, start + 1);
	return vma && end <= vma->vm_end ? vma : NULL;
}

/* As mremap() without MREMAP_MAYMOVE, for a range that lies in one VMA. */
static int resize(unsigned long start, unsigned long end, unsigned long new_end)
{
	struct vm_area_struct *vma = vma_around(start, end), *next;

	if (new_end <= end)
		return new_end < end ? unmap(new_end, end) : 0;
	if (vma->vm_end != end)
		return -ENOMEM;
	VMA_ITERATOR(vmi, &space, end);
	next = vma_find(&vmi, new_end);
	if (next)
		return -ENOMEM;
	vma_iter_set(&vmi, end);
	return vma_merge_extend(&vmi, vma, new_end - end) ? 0 : -ENOMEM;
}

/* As mremap() with MREMAP_FIXED: the pages are no concern of vma.c. */
static int move(unsigned long start, unsigned long end, unsigned long new_start, unsigned long new_end)
{
	struct vm_area_struct *vma;
	unsigned long offset;
	bool locks;
	int error = unmap(new_start, new_end);

	if (!error && new_end - new_start < end - start) {
		error = unmap(start + (new_end - new_start), end);
		end = start + (new_end - new_start);
	}
	if (error)
		return error;
	vma = vma_around(start, end);
	offset = vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT);
#if defined(COPY_TAKES_ANON_PGOFF)
	vma = copy_vma(&vma, new_start, new_end - new_start, offset, __linear_anon_page_index(vma, start), &locks,
		       false);
#elif defined(COPY_TAKES_KEEP_SOURCE)
	vma = copy_vma(&vma, new_start, new_end - new_start, offset, &locks, false);
#else
	vma = copy_vma(&vma, new_start, new_end - new_start, offset, &locks);
#endif
	return vma ? unmap(start, end) : -ENOMEM;
}

/* Not asked: what mremap() refuses before it comes to vma.c, such as a range that overlaps its target. */
static int remap(unsigned long start, unsigned long end, unsigned long new_start, unsigned long new_end)
{
	if (!vma_around(start, end))
		return 0;
	if (new_start == start)
		return resize(start, end, new_end);
	if (new_start < end && start < new_end)
		return 0;
	return move(start, end, new_start, new_end);
}

/* Every VMA, its range, flags and page offset, and map_count. */
static void print_space(FILE *out, int error)
{
	struct vm_area_struct *vma;

	VMA_ITERATOR(vmi, &space, 0);
	fprintf(out, "%d %d", error, space.map_count);
	for_each_vma(vmi, vma)
		fprintf(out, " %lx-%lx:%lx:%lx", vma->vm_start, vma->vm_end, (unsigned long)vma->vm_flags,
			(unsigned long)vma->vm_pgoff);
	fprintf(out, "\n");
}

static int perform(const struct operation *operation)
{
	switch (operation->verb) {
	case VERB_VMA_MAP:
		return map(operation->a, operation->b, operation->c, operation->a >> PAGE_SHIFT, NULL);
	case VERB_VMA_MAP_FILE:
		return map(operation->a, operation->b, operation->c, operation->d >> 8,
			   &files[operation->d % FILES]);
	case VERB_VMA_WRITE:
		return write_page(operation->a);
	case VERB_VMA_REMAP:
		return remap(operation->a, operation->b, operation->c, operation->d);
	case VERB_VMA_UNMAP:
		return unmap(operation->a, operation->b);
	case VERB_VMA_PROTECT:
		return protect(operation->a, operation->b, operation->c);
	}
	return -EINVAL;
}

static void answer_frames(int out)
{
	struct frame frame;

	while (read_all(&frame, sizeof(frame))) {
		struct operation *operations = calloc(frame.count, sizeof(*operations));
		char *text = NULL;
		size_t size = 0;
		FILE *memory = open_memstream(&text, &size);

		if (!read_all(operations, frame.count * sizeof(*operations)))
			return;
		limit_time(frame.limit_ms);
		for (uint32_t i = 0; i < frame.count; i++)
			print_space(memory, perform(&operations[i]));
		fclose(memory);
		limit_time(0);
		write_all(out, &(struct frame){ frame.kind, size, 0 }, sizeof(frame));
		write_all(out, text, size);
		free(text);
		free(operations);
	}
}

int main(void)
{
	struct hello hello = { .magic = HELLO_MAGIC, .word_bits = 8 * sizeof(long) };
	int out = dup(STDOUT_FILENO);

	dup2(STDERR_FILENO, STDOUT_FILENO);
	rcu_register_thread();
	maple_tree_init();
#ifdef HAVE_VMA_INIT
	vma_state_init();
#endif
	mt_init_flags(&space.mm_mt, MT_FLAGS_ALLOC_RANGE);
	the_task.mm = &space;
	for (int i = 0; i < FILES; i++)
		files[i].f_mapping = &mappings[i];
	write_all(out, &hello, sizeof(hello));
	answer_frames(out);
	return 0;
}
