/*
 * What a pair of mmap and munmap costs the running kernel, in a process of a given number of VMAs.
 *
 * pair VMAS PASSES prints the time of each pass in ns a pair, as the other racers print theirs of an operation. The
 * VMAs that the process lacks are pages whose protection alternates; the pair maps what merges with none of them.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS = 1000, PAGES = 4 };

static int count_vmas(void)
{
	int lines = 0, c;
	FILE *maps = fopen("/proc/self/maps", "r");

	if (!maps)
		return -1;
	while ((c = getc(maps)) != EOF)
		lines += c == '\n';
	fclose(maps);
	return lines;
}

/* Changes the protection of every other page of a new mapping, and of its last page, until there are as many VMAs. */
static int fill(int vmas, long page)
{
	size_t length = 2 * vmas * page;
	char *region = mmap(NULL, length, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = region;

	if (region == MAP_FAILED)
		return -1;
	for (int have = count_vmas(); have < vmas; have = count_vmas(), at += 2 * page) {
		char *odd = have + 1 == vmas ? region + length - page : at + page;

		if (have < 0 || mprotect(odd, page, PROT_NONE))
			return -1;
	}
	return 0;
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	int passes = argc > 2 ? atoi(argv[2]) : 0;
	size_t length = PAGES * sysconf(_SC_PAGESIZE);

	if (passes < 1 || fill(atoi(argv[1]), sysconf(_SC_PAGESIZE))) {
		fprintf(stderr, "pair: cannot make that many VMAs\n");
		return 1;
	}
	printf("{\"vmas\":%d,\"hash\":0,\"passes\":[", count_vmas());
	for (int pass = 0; pass < passes; pass++) {
		double start = now_ns();

		for (int i = 0; i < PAIRS; i++) {
			void *at = mmap(NULL, length, PROT_READ | PROT_EXEC,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			if (at == MAP_FAILED || munmap(at, length))
				return 1;
		}
		printf("%s%.1f", pass ? "," : "", (now_ns() - start) / PAIRS);
	}
	printf("]}\n");
	return 0;
}
