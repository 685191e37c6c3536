/*
 * Calls on an address space as mm/mmap.c, mm/mprotect.c, mm/mremap.c and kernel/fork.c make them with the functions of
 * mm/vma.c. Those files do not build in user space; where a release has a whole call in vma.c, that is called.
 */
#ifndef MAPLE_CALLS_H
#define MAPLE_CALLS_H

static int unmap(unsigned long start, unsigned long end)
{
	VMA_ITERATOR(vmi, space, start);

	return do_vmi_munmap(&vmi, space, start, end - start, NULL, false);
}

#ifdef HAVE_MMAP_REGION
/* As mmap() with MAP_FIXED. Of shared memory the file is made on the way. */
static int map(unsigned long start, unsigned long end, unsigned long flags, unsigned long offset, struct file *file,
	       bool is_memory)
{
	unsigned long mapped;

	shared_memory = is_memory ? file : NULL;
	mapped = mmap_region(is_memory ? NULL : file, start, end - start, flags_of(flags & ~VM_ACCOUNT), offset, NULL);
	return mapped == start ? 0 : (int)(long)mapped;
}
#else
/*
 * The same where mmap_region() is in a file that does not build here: what was there goes, then the new range joins
 * its neighbours or becomes a VMA.
 */
static int map(unsigned long start, unsigned long end, unsigned long flags, unsigned long offset, struct file *file,
	       bool is_memory)
{
	VMA_ITERATOR(vmi, space, start);
	VMG_STATE(merge, space, &vmi, start, end, flags, offset);
	int error = unmap(start, end);

	(void)is_memory;
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
	return place(start, end, flags, offset, file);
}
#endif

/* As mmap(), whose operation has a bit for shared memory and one for a file with a close hook in its first address. */
static int map_operation(const struct operation *it)
{
	unsigned long start = it->a & PAGE_MASK;
	struct file *file = file_of(it->d, it->a & 2);
	unsigned long offset = file ? it->d / FILES : start >> PAGE_SHIFT;

	return map(start, it->b, flags_from(it->c), offset, file, it->a & 1);
}

#define ACCESS_FLAGS (VM_READ | VM_WRITE | VM_EXEC)
/* With flags of access: what was never written to is not accounted any more once it cannot be. */
#define DROPS_ACCOUNT VM_SHARED

/* What mprotect() makes of a VMA's flags. */
static unsigned long protected_flags(struct vm_area_struct *vma, unsigned long wanted)
{
	unsigned long flags = vma->vm_flags, all = (flags & ~ACCESS_FLAGS) | (wanted & ACCESS_FLAGS);

	if (all & VM_WRITE)
		return flags & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE) ? all : all | VM_ACCOUNT;
	if (wanted & DROPS_ACCOUNT && !vma->vm_ops && !vma->anon_vma)
		return all & ~VM_ACCOUNT;
	return all;
}

/* As mprotect(), madvise(), mlock(): other flags up to the first hole, all of them or those of access. */
static int change_flags(unsigned long start, unsigned long end, unsigned long flags, bool is_access)
{
	while (start < end) {
		struct vm_area_struct *vma, *prev;
		unsigned long last, all;

		VMA_ITERATOR(vmi, space, start);

		vma = vma_find(&vmi, end);
		if (!vma || vma->vm_start > start)
			return -ENOMEM;
		prev = vma_prev(&vmi);
		if (start > vma->vm_start)
			prev = vma;
		vma = vma_next(&vmi);
		last = vma->vm_end < end ? vma->vm_end : end;
		all = is_access ? protected_flags(vma, flags) : flags | (vma->vm_flags & VM_SOFTDIRTY);
		if (vma->vm_flags != all) {
#ifdef HAVE_VMA_FLAGS
			vma_flags_t wanted = flags_of(all);

			vma = vma_modify_flags(&vmi, prev, vma, start, last, &wanted);
#else
			vma = vma_modify_flags(&vmi, prev, vma, start, last, all);
#endif
			if (IS_ERR(vma))
				return PTR_ERR(vma);
			set_flags(vma, all);
		}
		start = last;
	}
	return 0;
}

enum write_kind { WRITE_PLAIN, WRITE_FORCED, WRITE_APART };

/* A first write to a page. Forced, protection does not matter; apart, no neighbour's anon_vma is taken. */
static int write_page(unsigned long address, enum write_kind kind)
{
	struct vm_area_struct *vma;

	VMA_ITERATOR(vmi, space, address);
	vma = vma_find(&vmi, address + 1);
	if (!vma || (kind == WRITE_PLAIN && !(vma->vm_flags & VM_WRITE)))
		return -EFAULT;
	if (vma->vm_flags & VM_SHARED)
		return 0;
	if (kind == WRITE_APART) {
		own_anon_vma(vma, new_anon_vma(NULL));
		return 0;
	}
	return anon_vma_prepare(vma);
}

/* A touch below a stack: it grows to the page of `address`. */
static int grow(unsigned long address)
{
	struct vm_area_struct *vma;

	VMA_ITERATOR(vmi, space, address);
	vma = vma_find(&vmi, ULONG_MAX);
	if (!vma || !(vma->vm_flags & VM_GROWSDOWN))
		return -EFAULT;
#ifdef HAVE_EXPAND_DOWNWARDS
	return expand_downwards(vma, address);
#else
	/* expand_downwards() is in a file that does not build here. */
	address &= PAGE_MASK;
	anon_vma_prepare(vma);
	vma_iter_set(&vmi, vma->vm_start);
	if (vma_prev(&vmi))
		vma_iter_next_range_limit(&vmi, vma->vm_start);
	vma_iter_config(&vmi, address, vma->vm_end);
	if (vma_iter_prealloc(&vmi, vma))
		return -ENOMEM;
	vma->vm_pgoff -= (vma->vm_start - address) >> PAGE_SHIFT;
	vma->vm_start = address;
	vma_iter_store(&vmi, vma);
	return 0;
#endif
}

/* What a heap has besides what every heap has. */
#define HEAP_DEFAULT_FLAGS (VM_EXEC | VM_LOCKED | VM_LOCKONFAULT | VM_NOHUGEPAGE | VM_MERGEABLE)

/* The heap grows: the VMA at its end, or a new one. */
static int grow_heap(struct vma_iterator *vmi, struct vm_area_struct *prev, unsigned long start, unsigned long end,
		     unsigned long flags)
{
#ifdef HAVE_BRK_FLAGS
	unsigned long default_flags = flags & HEAP_DEFAULT_FLAGS;

#ifdef HAVE_VMA_FLAGS
	space->def_vma_flags = flags_of(default_flags);
	return do_brk_flags(vmi, prev, start, end - start, flags_of(0));
#else
	space->def_flags = default_flags;
	return do_brk_flags(vmi, prev, start, end - start, 0);
#endif
#else
	/* do_brk_flags() is in a file that does not build here. */
	if (prev && prev->vm_end == start) {
		VMG_STATE(merge, space, vmi, start, end, flags, start >> PAGE_SHIFT);

		merge.prev = prev;
		merge.merge_flags = VMG_FLAG_JUST_EXPAND;
		if (vma_merge_new_range(&merge))
			return 0;
	}
	return place(start, end, flags, start >> PAGE_SHIFT, NULL);
#endif
}

#define GUARD_GAP (256UL << PAGE_SHIFT)

/* Where a VMA begins with the room that a stack keeps below it. */
static unsigned long start_with_gap(struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_GROWSDOWN ? vma->vm_start - GUARD_GAP : vma->vm_start;
}

/* As brk(): to `end`, the heap's VMA with `flags`. */
static int move_break(unsigned long wanted, unsigned long flags)
{
	unsigned long end = PAGE_ALIGN(wanted), old_end = PAGE_ALIGN(heap->end);
	struct vm_area_struct *next, *prev;
	int error = 0;

	if (wanted < heap->start)
		return -ENOMEM;
	VMA_ITERATOR(vmi, space, end < old_end ? end : old_end);
	if (end < old_end) {
		next = vma_find(&vmi, old_end);
		error = next ? do_vmi_align_munmap(&vmi, next, space, end, old_end, NULL, false) : -ENOMEM;
	} else if (end > old_end) {
		next = vma_find(&vmi, end + PAGE_SIZE + GUARD_GAP);
		if (next && end + PAGE_SIZE > start_with_gap(next))
			return -ENOMEM;
		prev = vma_prev(&vmi);
		if (prev && prev->vm_end <= heap->start) {
			prev = NULL;
			vma_iter_set(&vmi, old_end);
		}
		error = grow_heap(&vmi, prev, old_end, end, flags);
	}
	if (!error)
		heap->end = wanted;
	return error;
}

/* As fork(): every VMA has a copy in the other address space, unless it is not to be copied. */
static int fork_space(unsigned int number)
{
	struct mm_struct *parent = space, *child;
	struct heap *parents = heap;
	struct vm_area_struct *vma;
	int error = 0;

	VMA_ITERATOR(vmi, parent, 0);
	use_space(number);
	child = space;
	*heap = *parents;
	for_each_vma(vmi, vma) {
		struct vm_area_struct *copy;

		if (error || vma->vm_flags & VM_DONTCOPY)
			continue;
		copy = vm_area_alloc(child);
		describe(copy, vma->vm_start, vma->vm_end, vma->vm_flags & ~VM_LOCKED_MASK, vma->vm_pgoff, vma->vm_file);
#ifdef HAVE_VMA_FLAGS
		vma_set_anon_pgoff(copy, vma_start_anon_pgoff(vma));
#endif
		if (!(vma->vm_flags & VM_WIPEONFORK))
			fork_anon_vma(copy, vma);
		error = vma_link(child, copy);
	}
	space = parent;
	heap = parents;
	the_task.mm = space;
	return error;
}

/* As the end of the last process: no VMA takes part in an anon_vma any more. */
static int leave_space(unsigned int number)
{
	struct mm_struct *gone = spaces[number % SPACES];
	struct vm_area_struct *vma;

	if (!gone)
		return 0;
	VMA_ITERATOR(vmi, gone, 0);
	for_each_vma(vmi, vma)
		unlink_anon_vmas(vma);
	__mt_destroy(&gone->mm_mt);
	mt_init_flags(&gone->mm_mt, SPACE_FLAGS);
	gone->map_count = 0;
	return 0;
}

/* The VMA that holds a whole range. */
static struct vm_area_struct *vma_around(unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma;

	VMA_ITERATOR(vmi, space, start);
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
	VMA_ITERATOR(vmi, space, end);
	next = vma_find(&vmi, new_end);
	if (next)
		return -ENOMEM;
	vma_iter_set(&vmi, end);
	return vma_merge_extend(&vmi, vma, new_end - end) ? 0 : -ENOMEM;
}

/*
 * MREMAP_DONTUNMAP: the range stays; it gets the page offset of its address; accounted memory is left alone; it is a
 * VMA of its own before it moves.
 */
enum remap_flag {
	REMAP_KEEPS = 1, REMAP_RESETS_OFFSET = 2, REMAP_SPARES_ACCOUNTED = 4, REMAP_SPLITS = 8
};

/* Two VMAs of the one that holds an address, unless one begins there. */
static int split_at(unsigned long address)
{
	struct vm_area_struct *vma;

	VMA_ITERATOR(vmi, space, address);
	vma = vma_find(&vmi, address + 1);
	return vma && vma->vm_start < address ? split_vma(&vmi, vma, address, 1) : 0;
}

/* MREMAP_DONTUNMAP: what stays is as if never written to. */
static void keep_behind(unsigned long start, unsigned long end, bool resets_offset)
{
	struct vm_area_struct *vma = vma_around(start, end);

	if (!vma)
		return;
	set_flags(vma, vma->vm_flags & ~VM_LOCKED_MASK);
	if (vma->vm_start != start || vma->vm_end != end)
		return;
	unlink_anon_vmas(vma);
	if (!resets_offset)
		return;
#ifdef HAVE_VMA_FLAGS
	vma_set_anon_pgoff(vma, start >> PAGE_SHIFT);
	if (!vma->vm_ops)
		vma_set_pgoff(vma, start >> PAGE_SHIFT);
#else
	if (!vma->vm_ops)
		vma->vm_pgoff = start >> PAGE_SHIFT;
#endif
}

/* As mremap() with MREMAP_FIXED: the pages are no concern of vma.c. */
static int move(unsigned long start, unsigned long end, unsigned long new_start, unsigned long new_end,
		unsigned int flags)
{
	struct vm_area_struct *vma;
	unsigned long offset;
	bool locks, keeps = flags & REMAP_KEEPS;
	int error = unmap(new_start, new_end);

	if (!error && new_end - new_start < end - start) {
		error = unmap(start + (new_end - new_start), end);
		end = start + (new_end - new_start);
	}
	if (!error && flags & REMAP_SPLITS)
		error = split_at(start) ?: split_at(end);
	if (error)
		return error;
	vma = vma_around(start, end);
	offset = vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT);
#if defined(COPY_TAKES_ANON_PGOFF)
	vma = copy_vma(&vma, new_start, new_end - new_start, offset, __linear_anon_page_index(vma, start), &locks,
		       keeps);
#elif defined(COPY_TAKES_KEEP_SOURCE)
	vma = copy_vma(&vma, new_start, new_end - new_start, offset, &locks, keeps);
#else
	vma = copy_vma(&vma, new_start, new_end - new_start, offset, &locks);
#endif
	if (!vma)
		return -ENOMEM;
	/* Shared memory that is mapped a second time. */
	if (start == end)
		return 0;
	if (keeps) {
		keep_behind(start, end, flags & REMAP_RESETS_OFFSET);
		return 0;
	}
	return unmap(start, end);
}

/* Not asked: what mremap() refuses before it comes to vma.c, such as a range that overlaps its target. */
static int remap(unsigned long start, unsigned long end, unsigned long new_start, unsigned long new_end,
		 unsigned int flags)
{
	struct vm_area_struct *vma = vma_around(start, end);

	if (!vma || (flags & REMAP_SPARES_ACCOUNTED && vma->vm_flags & VM_ACCOUNT))
		return 0;
	if (new_start == start)
		return resize(start, end, new_end);
	if (new_start < end && start < new_end)
		return 0;
	return move(start, end, new_start, new_end, flags);
}

#endif
