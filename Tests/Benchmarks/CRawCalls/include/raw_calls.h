#ifndef GOSC_RAW_CALLS_H
#define GOSC_RAW_CALLS_H

#include <stddef.h>
#include <stdint.h>

// The same cryptography as one protected message takes, on made-up bytes of the same lengths, with everything kept that
// can be kept: keyed cipher contexts of which only the nonce changes, hash contexts that are reused. Each function runs
// the whole batch and answers how many messages came out right.

struct gosc_raw_lengths {
    size_t nonce;
    size_t tag;
    size_t aad;
    size_t plaintext;
    // The rest is for group mode; zero without it.
    size_t signed_bytes;
    size_t keystream_salt;
    size_t keystream_info;
};

struct gosc_raw;

/// A batch of `count` messages under AES-128-CCM, sealed and signed already; NULL if a library fails.
struct gosc_raw *gosc_raw_new(struct gosc_raw_lengths lengths, size_t count);
void gosc_raw_free(struct gosc_raw *raw);

size_t gosc_raw_seal(struct gosc_raw *raw);
size_t gosc_raw_open(struct gosc_raw *raw);

/// Seal, sign, derive the keystream of the signature.
size_t gosc_raw_group_protect(struct gosc_raw *raw);
/// Derive the keystream of the signature, verify, open.
size_t gosc_raw_group_verify(struct gosc_raw *raw);
/// Derive the keystream of the signature, verify: what a signature checker can do.
size_t gosc_raw_group_check(struct gosc_raw *raw);

/// CPU time of the calling thread in nanoseconds.
uint64_t gosc_thread_nanoseconds(void);

#endif
