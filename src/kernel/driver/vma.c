/*
 * Performs maps, unmaps and changes of protection on an address space of a kernel's own mm/vma.c, and answers with all
 * VMAs after each. What that file asks of the rest of the kernel comes from the tree's own tools/testing/vma.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "generated/bit-length.h"
#include "maple-shared.h"
#include "vma_internal.h"

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

static int link_new(unsigned long start, unsigned long end, unsigned long flags)
{
	struct vm_area_struct *vma = vm_area_alloc(&space);

	vma->vm_start = start;
	vma->vm_end = end;
#ifdef HAVE_VMA_FLAGS
	vma_set_pgoff(vma, start >> PAGE_SHIFT);
	vma_set_anon_pgoff(vma, start >> PAGE_SHIFT);
#else
	vma->vm_pgoff = start >> PAGE_SHIFT;
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
static int map(unsigned long start, unsigned long end, unsigned long flags)
{
	VMA_ITERATOR(vmi, &space, start);
#ifdef HAVE_VMA_FLAGS
	VMG_STATE(merge, &space, &vmi, start, end, flags_of(flags), start >> PAGE_SHIFT, start >> PAGE_SHIFT);
#else
	VMG_STATE(merge, &space, &vmi, start, end, flags, start >> PAGE_SHIFT);
#endif
	int error = unmap(start, end);

	if (error)
		return error;
	vma_iter_set(&vmi, start);
	merge.next = vma_next(&vmi);
	merge.prev = vma_prev(&vmi);
	if (merge.prev)
		vma_iter_next_range(&vmi);
	if (vma_merge_new_range(&merge))
		return 0;
	return link_new(start, end, flags);
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
		return map(operation->a, operation->b, operation->c);
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
	write_all(out, &hello, sizeof(hello));
	answer_frames(out);
	return 0;
}
