#include "raw_calls.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { key_length = 16, hash_length = 32, hash_block = 64, signature_length = crypto_sign_BYTES };

struct gosc_raw {
    struct gosc_raw_lengths lengths;
    size_t count;
    EVP_CIPHER_CTX *encryption;
    EVP_CIPHER_CTX *decryption;
    EVP_MD_CTX *hash;
    EVP_MD *sha256;
    uint8_t *aad;
    uint8_t *to_sign;
    uint8_t *plaintext;
    uint8_t *message;
    // Of each message: nonce | ciphertext | tag | signature.
    uint8_t *messages;
    size_t stride;
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    uint8_t salt[hash_block];
    uint8_t secret[key_length];
    uint8_t info[hash_block];
    uint8_t keystream[signature_length];
};

uint64_t gosc_thread_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static EVP_CIPHER_CTX *cipher_context(const struct gosc_raw *raw, const uint8_t *key, int encrypts) {
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (!context || EVP_CipherInit_ex(context, EVP_aes_128_ccm(), NULL, NULL, NULL, encrypts) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, (int)raw->lengths.nonce, NULL) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, (int)raw->lengths.tag, NULL) != 1 ||
        EVP_CipherInit_ex(context, NULL, NULL, key, NULL, encrypts) != 1) {
        EVP_CIPHER_CTX_free(context);
        return NULL;
    }
    return context;
}

static int seal(struct gosc_raw *raw, uint8_t *message) {
    int written;
    uint8_t *ciphertext = message + raw->lengths.nonce;
    int count = (int)raw->lengths.plaintext;
    return EVP_EncryptInit_ex(raw->encryption, NULL, NULL, NULL, message) == 1 &&
           EVP_EncryptUpdate(raw->encryption, NULL, &written, NULL, count) == 1 &&
           EVP_EncryptUpdate(raw->encryption, NULL, &written, raw->aad, (int)raw->lengths.aad) == 1 &&
           EVP_EncryptUpdate(raw->encryption, ciphertext, &written, raw->plaintext, count) == 1 &&
           EVP_EncryptFinal_ex(raw->encryption, ciphertext + count, &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(raw->encryption, EVP_CTRL_AEAD_GET_TAG, (int)raw->lengths.tag,
                               ciphertext + count) == 1;
}

static int open_sealed(struct gosc_raw *raw, uint8_t *message) {
    int written;
    uint8_t *ciphertext = message + raw->lengths.nonce;
    int count = (int)raw->lengths.plaintext;
    return EVP_DecryptInit_ex(raw->decryption, NULL, NULL, NULL, message) == 1 &&
           EVP_CIPHER_CTX_ctrl(raw->decryption, EVP_CTRL_AEAD_SET_TAG, (int)raw->lengths.tag,
                               ciphertext + count) == 1 &&
           EVP_DecryptUpdate(raw->decryption, NULL, &written, NULL, count) == 1 &&
           EVP_DecryptUpdate(raw->decryption, NULL, &written, raw->aad, (int)raw->lengths.aad) == 1 &&
           EVP_DecryptUpdate(raw->decryption, raw->message, &written, ciphertext, count) == 1;
}

// HMAC-SHA256 over up to three parts. A reused EVP_MD_CTX is the cheapest way that is not deprecated: a third of EVP_KDF.
static void hmac(struct gosc_raw *raw, const uint8_t *key, size_t key_count, const uint8_t *first, size_t first_count,
                 const uint8_t *second, size_t second_count, const uint8_t *third, size_t third_count, uint8_t *out) {
    uint8_t pad[hash_block];
    memset(pad, 0x36, sizeof pad);
    for (size_t i = 0; i < key_count; i++) pad[i] ^= key[i];
    EVP_DigestInit_ex2(raw->hash, raw->sha256, NULL);
    EVP_DigestUpdate(raw->hash, pad, sizeof pad);
    if (first_count) EVP_DigestUpdate(raw->hash, first, first_count);
    if (second_count) EVP_DigestUpdate(raw->hash, second, second_count);
    if (third_count) EVP_DigestUpdate(raw->hash, third, third_count);
    EVP_DigestFinal_ex(raw->hash, out, NULL);
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36 ^ 0x5c;
    EVP_DigestInit_ex2(raw->hash, raw->sha256, NULL);
    EVP_DigestUpdate(raw->hash, pad, sizeof pad);
    EVP_DigestUpdate(raw->hash, out, hash_length);
    EVP_DigestFinal_ex(raw->hash, out, NULL);
}

// HKDF-SHA256 with an output as long as a signature: one extraction, two blocks of expansion.
static void derive_keystream(struct gosc_raw *raw) {
    static const uint8_t one = 1, two = 2;
    const struct gosc_raw_lengths *lengths = &raw->lengths;
    uint8_t prk[hash_length];
    hmac(raw, raw->salt, lengths->keystream_salt, raw->secret, sizeof raw->secret, NULL, 0, NULL, 0, prk);
    hmac(raw, prk, sizeof prk, NULL, 0, raw->info, lengths->keystream_info, &one, 1, raw->keystream);
    hmac(raw, prk, sizeof prk, raw->keystream, hash_length, raw->info, lengths->keystream_info, &two, 1,
         raw->keystream + hash_length);
}

static uint8_t *signature_of(const struct gosc_raw *raw, uint8_t *message) {
    return message + raw->lengths.nonce + raw->lengths.plaintext + raw->lengths.tag;
}

// Every message is another one: the time that libsodium takes to verify depends on the bits, and a processor would learn
// the branches of a signature that it sees again and again.
static const uint8_t *bytes_to_sign(struct gosc_raw *raw, const uint8_t *message) {
    memcpy(raw->to_sign, message, raw->lengths.nonce);
    return raw->to_sign;
}

static int sign(struct gosc_raw *raw, uint8_t *message) {
    return crypto_sign_detached(signature_of(raw, message), NULL, bytes_to_sign(raw, message),
                                raw->lengths.signed_bytes, raw->secret_key) == 0;
}

struct gosc_raw *gosc_raw_new(struct gosc_raw_lengths lengths, size_t count) {
    uint8_t key[key_length] = {1, 2, 3};
    uint8_t seed[crypto_sign_SEEDBYTES] = {4, 5, 6};
    if (sodium_init() < 0 || lengths.keystream_info > hash_block || lengths.keystream_salt > hash_block) return NULL;
    struct gosc_raw *raw = calloc(1, sizeof *raw);
    if (!raw) return NULL;
    raw->lengths = lengths;
    raw->count = count;
    raw->stride = (lengths.nonce + lengths.plaintext + lengths.tag + signature_length + 63) / 64 * 64;
    raw->encryption = cipher_context(raw, key, 1);
    raw->decryption = cipher_context(raw, key, 0);
    raw->hash = EVP_MD_CTX_new();
    raw->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    raw->aad = calloc(1, lengths.aad);
    raw->to_sign = calloc(1, lengths.nonce + lengths.signed_bytes);
    raw->plaintext = calloc(1, lengths.plaintext);
    raw->message = calloc(1, lengths.plaintext);
    raw->messages = calloc(count, raw->stride);
    if (!raw->encryption || !raw->decryption || !raw->hash || !raw->sha256 || !raw->aad || !raw->to_sign ||
        !raw->plaintext || !raw->message || !raw->messages || crypto_sign_seed_keypair(raw->public_key, raw->secret_key, seed) != 0) {
        gosc_raw_free(raw);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t *message = raw->messages + i * raw->stride;
        memcpy(message, &i, lengths.nonce < sizeof i ? lengths.nonce : sizeof i);
        if (!seal(raw, message) || !sign(raw, message)) {
            gosc_raw_free(raw);
            return NULL;
        }
    }
    return raw;
}

void gosc_raw_free(struct gosc_raw *raw) {
    if (!raw) return;
    EVP_CIPHER_CTX_free(raw->encryption);
    EVP_CIPHER_CTX_free(raw->decryption);
    EVP_MD_CTX_free(raw->hash);
    EVP_MD_free(raw->sha256);
    free(raw->aad);
    free(raw->to_sign);
    free(raw->plaintext);
    free(raw->message);
    free(raw->messages);
    free(raw);
}

size_t gosc_raw_seal(struct gosc_raw *raw) {
    size_t right = 0;
    for (size_t i = 0; i < raw->count; i++) right += (size_t)seal(raw, raw->messages + i * raw->stride);
    return right;
}

size_t gosc_raw_open(struct gosc_raw *raw) {
    size_t right = 0;
    for (size_t i = 0; i < raw->count; i++) right += (size_t)open_sealed(raw, raw->messages + i * raw->stride);
    return right;
}

size_t gosc_raw_group_protect(struct gosc_raw *raw) {
    size_t right = 0;
    for (size_t i = 0; i < raw->count; i++) {
        uint8_t *message = raw->messages + i * raw->stride;
        derive_keystream(raw);
        right += (size_t)(seal(raw, message) && sign(raw, message));
    }
    return right;
}

static int is_genuine(struct gosc_raw *raw, uint8_t *message) {
    return crypto_sign_verify_detached(signature_of(raw, message), bytes_to_sign(raw, message),
                                       raw->lengths.signed_bytes, raw->public_key) == 0;
}

size_t gosc_raw_group_verify(struct gosc_raw *raw) {
    size_t right = 0;
    for (size_t i = 0; i < raw->count; i++) {
        uint8_t *message = raw->messages + i * raw->stride;
        derive_keystream(raw);
        right += (size_t)(is_genuine(raw, message) && open_sealed(raw, message));
    }
    return right;
}

size_t gosc_raw_group_check(struct gosc_raw *raw) {
    size_t right = 0;
    for (size_t i = 0; i < raw->count; i++) {
        derive_keystream(raw);
        right += (size_t)is_genuine(raw, raw->messages + i * raw->stride);
    }
    return right;
}
