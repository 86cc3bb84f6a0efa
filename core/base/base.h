/* SPDX-License-Identifier: MIT */
/*
 * What every file may lean on: allocation that cannot fail, a few macros, and
 * the list of functions that nobody here may call.  Floor 0: libc only, no
 * files, no clock, no environment, no globals.
 */
#ifndef FAULTPOST_BASE_H
#define FAULTPOST_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of which `ptr` points at `member`. */
#define CONTAINER_OF(ptr, type, member)                                        \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Allocate or abort: a test tool gains nothing from limping on without memory.
 * xmalloc() leaves the bytes as they are, xcalloc() zeroes them.  Free with
 * free(). */
void *xmalloc(size_t size_bytes);
void *xcalloc(size_t count, size_t size_bytes);
void *xrealloc(void *old, size_t size_bytes);
char *xstrdup(const char *text);

/* Room for at least `want` elements in a growing array: returns the (perhaps
 * moved) array and updates *cap; doubles, so that n appends cost O(n). */
void *xgrow(void *array, size_t *cap, size_t want, size_t element_bytes);

/* System headers name these, hence the includes above. */
#pragma GCC poison sprintf vsprintf strcpy strcat strncpy strncat strtok gets
#pragma GCC poison atoi atol atof rand sscanf

#endif
