/* Reading and writing whole frames, and the time that one may take. */
#ifndef MAPLE_FRAMES_H
#define MAPLE_FRAMES_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <unistd.h>

static bool read_all(void *buffer, size_t size)
{
	for (char *at = buffer; size > 0;) {
		ssize_t got = read(STDIN_FILENO, at, size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		size -= got;
	}
	return true;
}

static void write_all(int out, const void *buffer, size_t size)
{
	for (const char *at = buffer; size > 0;) {
		ssize_t put = write(out, at, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			_exit(3);
		at += put;
		size -= put;
	}
}

/*
 * A frame that takes longer ends the process, whether the parent still lives or not. What counts is the time on a
 * processor, so that a busy machine is not taken for a loop; the parent looks at the clock for those that wait for
 * ever.
 */
static void limit_time(uint32_t milliseconds)
{
	struct itimerval timer = { .it_value = { milliseconds / 1000, milliseconds % 1000 * 1000 } };

	setitimer(ITIMER_PROF, &timer, NULL);
}

#endif
