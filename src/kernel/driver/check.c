/*
 * Performs operations on a kernel's own maple tree and answers in frames. The answers leave by a descriptor of their
 * own: whatever the tree prints goes to standard error, so that no patch can disturb the protocol.
 */
#define CHECK_BUILD
#include "compat.h"
#include "frames.h"
#include "inspect.h"
#include "protocol.h"
#include "slab.h"
#include <stdio_ext.h>
#include <sys/personality.h>
#include <sys/resource.h>

_Static_assert(sizeof(struct operation) == 40 && sizeof(struct answer) == 56, "the protocol has no padding");

enum option { OPTION_UNCHECKED = 1, OPTION_SHAPE = 2 };

static struct maple_tree tree;
static unsigned int tree_flags;
static struct ma_state cursor;

/* Writes since the tree was made, until it was marked: what a rewind performs again. */
static struct operation *recorded;
static size_t recorded_count, recorded_room;
static bool recording;

static void start_cursor(unsigned long first, unsigned long last)
{
	MA_STATE(fresh, &tree, first, last);

	cursor = fresh;
}

static void new_tree(unsigned int flags)
{
	tree_flags = flags;
	mt_init_flags(&tree, flags);
	start_cursor(0, 0);
}

static uint32_t status_of(struct ma_state *state)
{
#ifdef HAVE_STATUS
	return state->status;
#else
	(void)state;
	return 0xffffffffU;
#endif
}

static void answer_entry(struct answer *answer, struct ma_state *state, void *entry)
{
	answer->value = value_of(entry);
	if (!entry)
		return;
	answer->first = state->index;
	answer->last = state->last;
}

static void answer_area(struct answer *answer, struct ma_state *state, int error)
{
	answer->error = error;
	if (error)
		return;
	answer->first = state->index;
	answer->last = state->last;
}

static void allocate(const struct operation *operation, struct answer *answer)
{
	unsigned long start = 0;
	void *entry = entry_of(operation->d);

	if (operation->verb == VERB_ALLOCATE)
		answer->error = mtree_alloc_range(&tree, &start, entry, operation->c, operation->a,
						  operation->b, GFP_KERNEL);
	else
		answer->error = mtree_alloc_rrange(&tree, &start, entry, operation->c, operation->a,
						   operation->b, GFP_KERNEL);
	if (!answer->error)
		answer->first = start;
}

/* Reserves, and stores with what was reserved. The slab refuses whatever the store would take beyond that. */
static int store_preallocated(struct ma_state *state, unsigned long value)
{
	void *entry = entry_of(value);
	int error;

	mtree_lock(&tree);
	error = preallocate(state, entry);
	if (!error)
		mas_store_prealloc(state, entry);
	mtree_unlock(&tree);
	return error;
}

/* The value that another writer stores while the first one waits. */
#define BESIDE_VALUE 0x7ffdUL

static unsigned long beside_index;

static void store_beside(void)
{
	mtree_store(&tree, beside_index, entry_of(BESIDE_VALUE), GFP_KERNEL);
}

static int store_with_another(const struct operation *operation)
{
	int error;

	beside_index = operation->d;
	while_waiting = store_beside;
	error = mtree_store_range(&tree, operation->a, operation->b, entry_of(operation->c), GFP_KERNEL);
	if (while_waiting) {
		while_waiting = NULL;
		store_beside();
	}
	return error;
}

/* Operations on the tree, or on a state of their own. */
static void perform_on_tree(const struct operation *operation, struct answer *answer)
{
	unsigned long a = operation->a, b = operation->b, c = operation->c;
	MA_STATE(state, &tree, a, a);

	switch (operation->verb) {
	case VERB_STORE:
		answer->error = mtree_store_range(&tree, a, b, entry_of(c), GFP_KERNEL);
		return;
	case VERB_INSERT:
		answer->error = mtree_insert_range(&tree, a, b, entry_of(c), GFP_KERNEL);
		return;
	case VERB_STORE_BESIDE:
		answer->error = store_with_another(operation);
		return;
	case VERB_STORE_PREALLOCATED:
		mas_set_range(&state, a, b);
		answer->error = store_preallocated(&state, c);
		return;
	case VERB_ERASE:
		mtree_lock(&tree);
		answer_entry(answer, &state, mas_erase(&state));
		mtree_unlock(&tree);
		return;
	case VERB_ALLOCATE:
	case VERB_ALLOCATE_REVERSE:
		allocate(operation, answer);
		return;
	case VERB_LOAD:
		answer->value = value_of(mtree_load(&tree, a));
		return;
	}
	rcu_read_lock();
	switch (operation->verb) {
	case VERB_WALK:
		answer->value = value_of(mas_walk(&state));
		answer->first = state.index;
		answer->last = state.last;
		answer->status = status_of(&state);
		break;
	case VERB_FIND:
		answer_entry(answer, &state, mas_find(&state, b));
		break;
	case VERB_FIND_REVERSE:
		answer_entry(answer, &state, mas_find_rev(&state, b));
		break;
	case VERB_NEXT:
		answer_entry(answer, &state, mas_next(&state, b));
		break;
	case VERB_PREVIOUS:
		answer_entry(answer, &state, mas_prev(&state, b));
		break;
	case VERB_EMPTY_AREA:
		answer_area(answer, &state, mas_empty_area(&state, a, b, c));
		break;
	case VERB_EMPTY_AREA_REVERSE:
		answer_area(answer, &state, mas_empty_area_rev(&state, a, b, c));
		break;
	}
	rcu_read_unlock();
	if (operation->verb == VERB_MT_FIND) {
		answer->value = value_of(mt_find(&tree, &a, b));
		answer->first = a;
	}
}

static void *move_cursor(const struct operation *operation)
{
	switch (operation->verb) {
	case VERB_CURSOR_WALK:
		return mas_walk(&cursor);
	case VERB_CURSOR_FIND:
		return mas_find(&cursor, operation->a);
	case VERB_CURSOR_FIND_REVERSE:
		return mas_find_rev(&cursor, operation->a);
	case VERB_CURSOR_NEXT:
		return mas_next(&cursor, operation->a);
	case VERB_CURSOR_PREVIOUS:
		return mas_prev(&cursor, operation->a);
#ifdef HAVE_RANGE_MOVES
	case VERB_CURSOR_FIND_RANGE:
		return mas_find_range(&cursor, operation->a);
	case VERB_CURSOR_FIND_RANGE_REVERSE:
		return mas_find_range_rev(&cursor, operation->a);
	case VERB_CURSOR_NEXT_RANGE:
		return mas_next_range(&cursor, operation->a);
	case VERB_CURSOR_PREVIOUS_RANGE:
		return mas_prev_range(&cursor, operation->a);
#endif
	}
	return NULL;
}

/* Operations on the state that lasts from one to the next. */
static void perform_on_cursor(const struct operation *operation, struct answer *answer)
{
	unsigned long a = operation->a, b = operation->b, c = operation->c;

	switch (operation->verb) {
	case VERB_CURSOR_SET:
		mas_set_range(&cursor, a, b);
		break;
	case VERB_CURSOR_PAUSE:
		mas_pause(&cursor);
		break;
	case VERB_CURSOR_RESET:
		mas_reset(&cursor);
		break;
	case VERB_CURSOR_STORE:
		mtree_lock(&tree);
		answer->error = mas_store_gfp(&cursor, entry_of(a), GFP_KERNEL);
		mtree_unlock(&tree);
		break;
	case VERB_CURSOR_STORE_PREALLOCATED:
		answer->error = store_preallocated(&cursor, a);
		break;
#ifdef HAVE_EXPECTED_ENTRIES
	case VERB_CURSOR_RESERVE:
		/* A reserve, more on top of it, and all given back. */
		mtree_lock(&tree);
		answer->error = mas_expected_entries(&cursor, a);
		if (!answer->error)
			answer->error = mas_expected_entries(&cursor, b);
		mas_destroy(&cursor);
		mtree_unlock(&tree);
		break;
#endif
	case VERB_CURSOR_ERASE:
		mtree_lock(&tree);
		answer->value = value_of(mas_erase(&cursor));
		mtree_unlock(&tree);
		break;
	case VERB_CURSOR_EMPTY_AREA:
		answer->error = mas_empty_area(&cursor, a, b, c);
		break;
	case VERB_CURSOR_EMPTY_AREA_REVERSE:
		answer->error = mas_empty_area_rev(&cursor, a, b, c);
		break;
	default:
		rcu_read_lock();
		answer->value = value_of(move_cursor(operation));
		rcu_read_unlock();
	}
	answer->first = cursor.index;
	answer->last = cursor.last;
	answer->status = status_of(&cursor);
}

static void destroy_tree(struct answer *answer)
{
	mas_destroy(&cursor);
	mtree_destroy(&tree);
	run_deferred_frees();
	answer->value = nodes_given_out;
	if (answer->value)
		answer->flags |= ANSWER_LEAK;
}

/* The twin takes the tree's place: every later operation is on the copy. */
static void duplicate(struct answer *answer)
{
#ifdef HAVE_DUPLICATE
	struct maple_tree twin;

	mt_init_flags(&twin, tree_flags);
	answer->error = mtree_dup(&tree, &twin, GFP_KERNEL);
	if (answer->error)
		return;
	mtree_destroy(&tree);
	tree = twin;
	start_cursor(0, 0);
#else
	(void)answer;
#endif
}

static bool is_write(uint32_t verb)
{
	switch (verb) {
	case VERB_STORE:
	case VERB_INSERT:
	case VERB_ERASE:
	case VERB_ALLOCATE:
	case VERB_ALLOCATE_REVERSE:
	case VERB_STORE_PREALLOCATED:
	case VERB_STORE_BESIDE:
	case VERB_CURSOR_STORE:
	case VERB_CURSOR_ERASE:
	case VERB_CURSOR_STORE_PREALLOCATED:
	case VERB_REWIND:
	case VERB_DUPLICATE:
		return true;
	}
	return false;
}

static void record(const struct operation *operation)
{
	if (recorded_count == recorded_room) {
		recorded_room = recorded_room ? 2 * recorded_room : 1024;
		recorded = realloc(recorded, recorded_room * sizeof(*recorded));
	}
	recorded[recorded_count++] = *operation;
}

static void perform(const struct operation *operation, struct answer *answer);

static void perform_on_whole_tree(const struct operation *operation, struct answer *answer)
{
	switch (operation->verb) {
	case VERB_NEW_TREE:
		destroy_tree(answer);
		new_tree(operation->a);
		recorded_count = 0;
		recording = operation->b;
		return;
	case VERB_MARK:
		recording = false;
		return;
	case VERB_REWIND:
		destroy_tree(answer);
		answer->value = 0;
		new_tree(tree_flags);
		for (size_t i = 0; i < recorded_count; i++) {
			struct answer ignored = { 0 };

			perform_on_tree(&recorded[i], &ignored);
		}
		return;
	case VERB_DUPLICATE:
		duplicate(answer);
		return;
	}
}

static void perform(const struct operation *operation, struct answer *answer)
{
	if (recording && is_write(operation->verb))
		record(operation);
	if (operation->verb >= VERB_NEW_TREE)
		perform_on_whole_tree(operation, answer);
	else if (operation->verb >= VERB_CURSOR_SET)
		perform_on_cursor(operation, answer);
	else
		perform_on_tree(operation, answer);
}

/* The ends of what the operation wrote, as far as its operands and answer say. */
static void written_range(const struct operation *operation, const struct answer *answer, uint64_t *first,
			  uint64_t *last)
{
	switch (operation->verb) {
	case VERB_STORE:
	case VERB_INSERT:
	case VERB_STORE_PREALLOCATED:
	case VERB_STORE_BESIDE:
		*first = operation->a;
		*last = operation->b;
		return;
	case VERB_ERASE:
		*first = *last = operation->a;
		return;
	case VERB_ALLOCATE:
	case VERB_ALLOCATE_REVERSE:
		*first = answer->first;
		*last = answer->error ? 0 : answer->first + operation->c - 1;
		return;
	}
	*first = answer->first;
	*last = answer->last;
}

/* Checks that failed since the start: of the validation, within the tree's own functions, of memory. */
static int failed_checks(void)
{
	return atomic_read(&maple_tree_tests_run) - atomic_read(&maple_tree_tests_passed) + memory_faults;
}

static void answer_operation(const struct operation *operation, struct answer *answer)
{
	int failed = failed_checks();

	memset(answer, 0, sizeof(*answer));
	perform(operation, answer);
	run_deferred_frees();
	if (is_write(operation->verb) && !(operation->options & OPTION_UNCHECKED)) {
		uint64_t first, last;

		mt_validate(&tree);
		written_range(operation, answer, &first, &last);
		inspect_content(&tree, first, last, answer);
		if (operation->options & OPTION_SHAPE)
			answer->shape = shape_of(&tree);
	}
	if (failed_checks() != failed)
		answer->flags |= ANSWER_BROKEN_RULE;
	if (__fpending(stdout) || __fpending(stderr)) {
		answer->flags |= ANSWER_PRINTED;
		fflush(stdout);
		fflush(stderr);
	}
}

static void answer_text(int out, uint32_t kind)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);

	if (kind == FRAME_DUMP)
		print_dump(&tree, memory);
	else
		print_shape(&tree, memory);
	fclose(memory);
	struct frame reply = { kind, size, 0 };

	write_all(out, &reply, sizeof(reply));
	write_all(out, text, size);
	free(text);
}

static void answer_frames(int out)
{
	struct operation *operations = NULL;
	struct answer *answers = NULL;
	uint32_t room = 0;
	struct frame frame;

	while (read_all(&frame, sizeof(frame))) {
		if (frame.kind == FRAME_OPERATIONS && frame.count > room) {
			room = frame.count;
			operations = realloc(operations, room * sizeof(*operations));
			answers = realloc(answers, room * sizeof(*answers));
		}
		if (frame.kind == FRAME_OPERATIONS && !read_all(operations, frame.count * sizeof(*operations)))
			return;
		limit_time(frame.limit_ms);
		if (frame.kind != FRAME_OPERATIONS) {
			answer_text(out, frame.kind);
		} else {
			for (uint32_t i = 0; i < frame.count; i++)
				answer_operation(&operations[i], &answers[i]);
			write_all(out, &frame, sizeof(frame));
			write_all(out, answers, frame.count * sizeof(*answers));
		}
		limit_time(0);
	}
}

static void say_hello(int out)
{
	struct hello hello = {
		.magic = HELLO_MAGIC,
		.node_bytes = sizeof(struct maple_node),
		.range_slots = MAPLE_RANGE64_SLOTS,
		.gap_slots = MAPLE_ARANGE64_SLOTS,
		.word_bits = 8 * sizeof(long),
	};

#ifdef HAVE_RANGE_MOVES
	hello.features |= FEATURE_RANGE_MOVES;
#endif
#ifdef HAVE_STATUS
	hello.features |= FEATURE_STATUS;
#endif
#ifdef HAVE_EXPECTED_ENTRIES
	hello.features |= FEATURE_RESERVE;
#endif
#ifdef HAVE_DUPLICATE
	hello.features |= FEATURE_DUPLICATE;
#endif
	write_all(out, &hello, sizeof(hello));
}

int main(int argc, char **argv)
{
	struct rlimit memory = { 4UL << 30, 4UL << 30 };
	int out;

	/* The same addresses each time, so that what corrupts memory does it again. */
	if (argc == 1 && personality(ADDR_NO_RANDOMIZE) != -1) {
		execl("/proc/self/exe", argv[0], "fixed", NULL);
	}
	setrlimit(RLIMIT_AS, &memory);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	out = dup(STDOUT_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	setvbuf(stderr, NULL, _IOFBF, 1 << 16);
	rcu_register_thread();
	maple_tree_init();
	new_tree(MT_FLAGS_ALLOC_RANGE);
	say_hello(out);
	answer_frames(out);
	return 0;
}
