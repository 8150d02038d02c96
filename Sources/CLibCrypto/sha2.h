#ifndef GOSC_SHA2_H
#define GOSC_SHA2_H

#include <openssl/sha.h>
#include <stddef.h>

// SHA-2 without an allocation. The EVP functions of OpenSSL 3.0 take memory for every message, however long their context
// is kept, and these are marked deprecated because of them; docs/decisions/0011 says why they are used all the same. The
// mark is silenced here alone, so that no other deprecated function comes into use unseen.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

/// A running computation of SHA-256 (`narrow`), SHA-384 or SHA-512 (`wide`).
typedef union {
    SHA256_CTX narrow;
    SHA512_CTX wide;
} gosc_sha2;

/// Begins a computation; `digest_length` is 32, 48 or 64 here and below.
static inline void gosc_sha2_start(gosc_sha2 *state, size_t digest_length) {
    switch (digest_length) {
    case 32: (void)SHA256_Init(&state->narrow); break;
    case 48: (void)SHA384_Init(&state->wide); break;
    default: (void)SHA512_Init(&state->wide); break;
    }
}

static inline void gosc_sha2_update(gosc_sha2 *state, size_t digest_length, const void *bytes, size_t count) {
    if (digest_length == 32) {
        (void)SHA256_Update(&state->narrow, bytes, count);
    } else {
        (void)SHA512_Update(&state->wide, bytes, count);
    }
}

/// Writes `digest_length` bytes.
static inline void gosc_sha2_finish(gosc_sha2 *state, size_t digest_length, unsigned char *digest) {
    switch (digest_length) {
    case 32: (void)SHA256_Final(digest, &state->narrow); break;
    case 48: (void)SHA384_Final(digest, &state->wide); break;
    default: (void)SHA512_Final(digest, &state->wide); break;
    }
}

/// A key of HMAC (RFC 2104): the hash after the first block of the inner and of the outer message, which depend on the key
/// alone; and the message that is being authenticated. All of it is secret.
typedef struct {
    gosc_sha2 inner;
    gosc_sha2 outer;
    gosc_sha2 running;
} gosc_hmac;

#pragma clang diagnostic pop

#endif
