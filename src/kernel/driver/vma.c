/*
 * Performs maps, unmaps and changes of protection on an address space of a kernel's own mm/vma.c, and answers with all
 * VMAs after each. What that file asks of the rest of the kernel comes from the tree's own tools/testing/vma.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "generated/bit-length.h"
#include "maple-shared.h"

/* What the tools stand in for with less than is needed here: chains of anon_vmas, shared memory, locked memory. */
#define anon_vma_clone tools_anon_vma_clone
#define unlink_anon_vmas tools_unlink_anon_vmas
#define anon_vma_merge tools_anon_vma_merge
#define anon_vma_prepare tools_anon_vma_prepare
#define shmem_zero_setup tools_shmem_zero_setup
#define vma_supports_mlock tools_vma_supports_mlock
#define mmap_file tools_mmap_file
#define vm_area_free tools_vm_area_free
#include "vma_internal.h"
#undef anon_vma_clone
#undef unlink_anon_vmas
#undef anon_vma_merge
#undef anon_vma_prepare
#undef shmem_zero_setup
#undef vma_supports_mlock
#undef mmap_file
#undef vm_area_free
#include "anon.h"

#define MAY_BE_UNUSED __attribute__((unused))

/* As x86 has it: data is not executed unless READ_IMPLIES_EXEC is set, which here comes with the heap's flags. */
#ifdef VMA_DATA_DEFAULT_FLAGS
#undef VMA_DATA_DEFAULT_FLAGS
#define VMA_DATA_DEFAULT_FLAGS VMA_DATA_FLAGS_NON_EXEC
#endif
#ifdef VM_DATA_DEFAULT_FLAGS
#undef VM_DATA_DEFAULT_FLAGS
#define VM_DATA_DEFAULT_FLAGS (VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)
#endif

/* A stable release may carry what its own tools do not know. */
#ifndef VM_SEALED
#define VM_SEALED (1UL << 63)
#endif
/* Flags that vma.c itself does not use, and that older tools leave out: bits of include/linux/mm.h. */
#ifndef VM_DONTCOPY
#define VM_DONTCOPY (1UL << 17)
#endif
#ifndef VM_LOCKONFAULT
#define VM_LOCKONFAULT (1UL << 19)
#endif
#ifndef VM_LOCKED_MASK
#define VM_LOCKED_MASK (VM_LOCKED | VM_LOCKONFAULT)
#endif
#ifndef VM_WIPEONFORK
#define VM_WIPEONFORK (1UL << 25)
#endif
#ifndef VM_NORESERVE
#define VM_NORESERVE (1UL << 21)
#endif
#include VMA_HEADER

/* A first write: the VMA takes the anon_vma of a neighbour, or gets one of its own. */
static MAY_BE_UNUSED int anon_vma_prepare(struct vm_area_struct *vma)
{
	struct anon_vma *anon_vma;

	if (vma->anon_vma)
		return 0;
	anon_vma = find_mergeable_anon_vma(vma);
	own_anon_vma(vma, anon_vma ? anon_vma : new_anon_vma(NULL));
	return 0;
}

/* The tools leave out free_pgtables(), where the kernel does it. */
#ifdef HAVE_VMA_INIT
void tools_vm_area_free(struct vm_area_struct *vma);
#endif
void vm_area_free(struct vm_area_struct *vma)
{
	unlink_anon_vmas(vma);
	tools_vm_area_free(vma);
}

static MAY_BE_UNUSED bool vma_supports_mlock(const struct vm_area_struct *vma)
{
	(void)vma;
	return true;
}

/* An open file, by its number in the operations; 0 is none. */
struct numbered_file {
	struct file base;
	struct address_space mapping;
	unsigned int number;
	bool has_close;
};

#define FILES 0x10000
static struct numbered_file *files[FILES];

static void close_nothing(struct vm_area_struct *vma)
{
	(void)vma;
}

static const struct vm_operations_struct closing_ops = { .close = close_nothing };

static const struct vm_operations_struct *ops_of(struct file *file)
{
	if (!file)
		return NULL;
	return ((struct numbered_file *)file)->has_close ? &closing_ops : &vma_dummy_vm_ops;
}

static MAY_BE_UNUSED int mmap_file(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = ops_of(file);
	return 0;
}

/* The file that shared memory which is being mapped gets. */
static struct file *shared_memory;

static MAY_BE_UNUSED int shmem_zero_setup(struct vm_area_struct *vma)
{
	vma->vm_file = shared_memory;
	vma->vm_ops = ops_of(shared_memory);
	return 0;
}

#ifdef HAVE_VMA_INIT
#define vm_area_free tools_vm_area_free
#include VMA_INIT_SOURCE
#undef vm_area_free
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

/* The address spaces, and that which operations are on. */
#define SPACES 0x1000
/* As the kernel's: the lock that guards the tree is outside of it, and here there is none. */
#define SPACE_FLAGS (MT_FLAGS_ALLOC_RANGE | MT_FLAGS_LOCK_EXTERN)
static struct mm_struct *spaces[SPACES];
static struct mm_struct *space;

/* Their heaps, which the tools' mm_struct does not have. */
static struct heap {
	unsigned long start, end;
} heaps[SPACES], *heap;

static void use_space(unsigned int number)
{
	number %= SPACES;
	if (!spaces[number]) {
		spaces[number] = calloc(1, sizeof(**spaces));
		mt_init_flags(&spaces[number]->mm_mt, SPACE_FLAGS);
	}
	space = spaces[number];
	heap = &heaps[number];
	the_task.mm = space;
}

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

/* Flags as operations have them: sealed is a bit of its own there, whatever it is in this tree. */
#define SEALED (1UL << 42)

static unsigned long flags_from(unsigned long flags)
{
	return flags & SEALED ? (flags & ~SEALED) | VM_SEALED : flags;
}

/* The soft-dirty bit says nothing of a layout. */
static unsigned long flags_to(unsigned long flags)
{
	flags &= ~VM_SOFTDIRTY;
	return flags & VM_SEALED ? (flags & ~VM_SEALED) | SEALED : flags;
}

#ifdef HAVE_MMAP_REGION
static int map_hook(struct file *file, struct vm_area_struct *vma)
{
	return mmap_file(file, vma);
}

static const struct file_operations file_ops = { .mmap = map_hook };
#endif

/* A file of a mapping: what `d` holds beside the page offset. */
static struct file *file_of(uint64_t d, bool has_close)
{
	unsigned int number = d % FILES;
	struct numbered_file *file = files[number];

	if (number == 0)
		return NULL;
	if (!file) {
		file = files[number] = calloc(1, sizeof(*file));
		file->number = number;
		file->has_close = has_close;
		file->base.f_mapping = &file->mapping;
#ifdef HAVE_MMAP_REGION
		file->base.f_op = &file_ops;
#endif
	}
	return &file->base;
}

static void describe(struct vm_area_struct *vma, unsigned long start, unsigned long end, unsigned long flags,
		     unsigned long offset, struct file *file)
{
	vma->vm_start = start;
	vma->vm_end = end;
	vma->vm_ops = ops_of(file);
	vma->vm_file = file;
#ifdef HAVE_VMA_FLAGS
	vma_set_pgoff(vma, offset);
	vma_set_anon_pgoff(vma, start >> PAGE_SHIFT);
#else
	vma->vm_pgoff = offset;
#endif
	set_flags(vma, flags);
}

/* A VMA of its own, whatever its neighbours are. */
static int place(unsigned long start, unsigned long end, unsigned long flags, unsigned long offset, struct file *file)
{
	struct vm_area_struct *vma = vm_area_alloc(space);

	describe(vma, start, end, flags, offset, file);
	return vma_link(space, vma);
}

#include "calls.h"

/* How many anon_vmas a VMA takes part in. */
static unsigned int chain_length(struct vm_area_struct *vma)
{
	struct anon_vma_chain *link;
	unsigned int length = 0;

	list_for_each_entry_reverse(link, &vma->anon_vma_chain, same_vma)
		length++;
	return length;
}

/* Every VMA: its range, flags, page offset, file and anon_vmas; and map_count. */
static void print_space(FILE *out, int error)
{
	struct vm_area_struct *vma;

	VMA_ITERATOR(vmi, space, 0);
	fprintf(out, "%d %d", error, space->map_count);
	for_each_vma(vmi, vma)
		fprintf(out, " %lx-%lx:%lx:%lx:%x:%x", vma->vm_start, vma->vm_end, flags_to(vma->vm_flags),
			(unsigned long)vma->vm_pgoff,
			vma->vm_file ? ((struct numbered_file *)vma->vm_file)->number : 0, chain_length(vma));
	fprintf(out, "\n");
}

static int perform(const struct operation *it)
{
	struct file *file;

	switch (it->verb) {
	case VERB_VMA_MAP:
	case VERB_VMA_MAP_FILE:
		return map_operation(it);
	case VERB_VMA_WRITE:
		return write_page(it->a, it->b);
	case VERB_VMA_REMAP:
		return remap(it->a, it->b, it->c, it->d & PAGE_MASK, it->d & ~PAGE_MASK);
	case VERB_VMA_UNMAP:
		return unmap(it->a, it->b);
	case VERB_VMA_PROTECT:
		return change_flags(it->a, it->b, it->c, true);
	case VERB_VMA_FLAGS:
		return change_flags(it->a, it->b, flags_from(it->c), false);
	case VERB_VMA_HEAP:
		*heap = (struct heap){ it->a, it->b };
		return 0;
	case VERB_VMA_BRK:
		return move_break(it->a, flags_from(it->b));
	case VERB_VMA_GROW:
		return grow(it->a);
	case VERB_VMA_PLACE:
		file = file_of(it->d, false);
		return place(it->a, it->b, flags_from(it->c), it->d / FILES, file);
	case VERB_VMA_SPACE:
		use_space(it->a);
		return 0;
	case VERB_VMA_FORK:
		return fork_space(it->a);
	case VERB_VMA_EXIT:
		return leave_space(it->a);
	case VERB_VMA_SPLIT:
		return split_at(it->a);
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
	use_space(0);
	write_all(out, &hello, sizeof(hello));
	answer_frames(out);
	return 0;
}
