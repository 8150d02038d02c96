#define _GNU_SOURCE
#include "secure_memory.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

void gosc_wipe(void *memory, size_t count) {
    if (count > 0) {
        explicit_bzero(memory, count);
    }
}

int gosc_equal(const void *left, const void *right, size_t count) {
    const volatile uint8_t *a = left;
    const volatile uint8_t *b = right;
    uint8_t difference = 0;
    for (size_t i = 0; i < count; i++) {
        difference |= a[i] ^ b[i];
    }
    return difference == 0;
}

void gosc_forbid_dumps(void) {
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
