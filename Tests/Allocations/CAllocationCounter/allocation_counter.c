#define _GNU_SOURCE
#include "allocation_counter.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

// The program's own definitions come before those of libc, which stay reachable under these names.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static __thread uint64_t count;
static __thread uint64_t bytes;
static __thread int64_t held;

uint64_t gosc_allocation_count(void) { return count; }

uint64_t gosc_allocated_bytes(void) { return bytes; }

int64_t gosc_held_bytes(void) { return held; }

// glibc keeps the size of a block in front of it.
static int64_t taken(void *block) { return block == NULL ? 0 : (int64_t)(malloc_usable_size(block) + sizeof(size_t)); }

static void *note(size_t size, void *block) {
    count++;
    bytes += size;
    held += taken(block);
    return block;
}

void *malloc(size_t size) { return note(size, __libc_malloc(size)); }

void *calloc(size_t number, size_t size) { return note(number * size, __libc_calloc(number, size)); }

void *realloc(void *block, size_t size) {
    held -= taken(block);
    void *grown = __libc_realloc(block, size);
    // Where there is no room the old block stays.
    if (grown == NULL && size > 0) held += taken(block);
    return note(size, grown);
}

void *memalign(size_t alignment, size_t size) { return note(size, __libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return note(size, __libc_memalign(alignment, size)); }

int posix_memalign(void **block, size_t alignment, size_t size) {
    *block = note(size, __libc_memalign(alignment, size));
    return *block == NULL ? ENOMEM : 0;
}

void free(void *block) {
    held -= taken(block);
    __libc_free(block);
}
