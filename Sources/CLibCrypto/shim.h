#include "sha2.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>

// Swift does not see macros that are made of other macros.
static const int gosc_public_key_selection = EVP_PKEY_PUBLIC_KEY;
static const int gosc_key_pair_selection = EVP_PKEY_KEYPAIR;
