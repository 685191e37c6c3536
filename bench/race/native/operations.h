/* A list of recorded tree operations, and what every native racer reports. Plain C, for C and C++. */
#ifndef RACE_OPERATIONS_H
#define RACE_OPERATIONS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The verbs of bench/operations.ts. */
enum verb { LOAD, FIND, STORE, CLEAR, GAP, ITERATE, NEXT, PREVIOUS, LOW_GAP };

struct operation {
	double verb, a, b, c;
};

/* The largest index of the suite, which stands for the largest of all. */
#define TOP 9007199254740991.0

static struct operation *operations;
static long operation_count;

static void read_operations(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file || fseek(file, 0, SEEK_END)) {
		perror(path);
		exit(2);
	}
	operation_count = ftell(file) / (long)sizeof *operations;
	rewind(file);
	operations = (struct operation *)malloc((size_t)operation_count * sizeof *operations);
	if (fread(operations, sizeof *operations, (size_t)operation_count, file) != (size_t)operation_count) {
		fprintf(stderr, "%s: cut short\n", path);
		exit(2);
	}
	fclose(file);
}

static double nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int32_t hashed(int32_t hash, int32_t answer)
{
	return (int32_t)((uint32_t)hash * 31u + (uint32_t)answer);
}

/* One range of an iteration. */
static int32_t mixed(int32_t sum, uint64_t first, uint64_t last, int32_t value)
{
	return (int32_t)((uint32_t)sum * 31u + (uint32_t)first + 3u * (uint32_t)last + (uint32_t)value);
}

/* Performs all passes; one line of JSON with the time of each in ns an operation, and the hash of all answers. */
static void race(int32_t (*pass)(void), long passes)
{
	int32_t hash = 0;
	long i;

	printf("{\"passes\":[");
	for (i = 0; i < passes; i++) {
		double start = nanoseconds();

		hash = pass();
		printf("%s%.2f", i ? "," : "", (nanoseconds() - start) / (double)operation_count);
	}
	printf("],\"hash\":%d}\n", hash);
}

#endif
