#ifndef GOSC_ALLOCATION_COUNTER_H
#define GOSC_ALLOCATION_COUNTER_H

#include <stdint.h>

/// How many blocks this thread has allocated since it started, by whichever library.
uint64_t gosc_allocation_count(void);

/// How many bytes this thread has asked for since it started. What was freed is not taken off.
uint64_t gosc_allocated_bytes(void);

/// How many bytes of the heap this thread's blocks take, with what the allocator adds; what it has freed is taken off, and
/// so is what it has freed of others'.
int64_t gosc_held_bytes(void);

#endif
