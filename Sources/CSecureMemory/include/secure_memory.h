#ifndef GOSC_SECURE_MEMORY_H
#define GOSC_SECURE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/// Overwrites memory with zeros in a way that no optimiser removes.
void gosc_wipe(void *memory, size_t count);

/// Whether two equally long byte strings are equal; the time depends on `count` alone.
/// Returns 1 when equal, else 0.
int gosc_equal(const void *left, const void *right, size_t count);

#endif
