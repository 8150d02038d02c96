#ifndef GOSC_SECURE_MEMORY_H
#define GOSC_SECURE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/// Overwrites memory with zeros in a way that no optimiser removes.
void gosc_wipe(void *memory, size_t count);

/// Whether two equally long byte strings are equal; the time depends on `count` alone.
/// Returns 1 when equal, else 0.
int gosc_equal(const void *left, const void *right, size_t count);

/// From here on the system writes no core dump of this process, and other processes of the same user cannot read its
/// memory. A failure changes nothing and is not reported: there is nothing that a caller could do.
void gosc_forbid_dumps(void);

/// Makes a crash end this process at once: the handlers of the Swift runtime would print registers and the memory that
/// they point to, which may be a key.
void gosc_forbid_crash_reports(void);

#endif
