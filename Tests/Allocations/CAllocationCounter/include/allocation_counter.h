#ifndef GOSC_ALLOCATION_COUNTER_H
#define GOSC_ALLOCATION_COUNTER_H

#include <stdint.h>

/// How many blocks this thread has allocated since it started, by whichever library.
uint64_t gosc_allocation_count(void);

#endif
