#define _GNU_SOURCE
#include "secure_memory.h"

#include <string.h>

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
