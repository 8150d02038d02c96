"""Writes Contexts/*.json anew: the groups of the interoperability scenario, one for each pair of algorithms.

Usage: make_group_contexts.py

Keys, identifiers and credentials are those of Tests/TestSupport/Vectors/group-oscore-generated.json; they are public.
"impostor" is the credential of the first member with another key in it, that of
Tests/TestSupport/Vectors/credentials/ccs.json, which no member has.
Only `json`, no aiocoap: so that the two sides do not share a mistake.
"""

import json
import pathlib

here = pathlib.Path(__file__).resolve().parent
vectors = here.parents[1] / "TestSupport/Vectors"
group = json.loads((vectors / "group-oscore-generated.json").read_text())["group"]
other_key = json.loads((vectors / "credentials/ccs.json").read_text())["valid"][0]["ccs"][-64:]
first = group["members"][0]
# The key is the last field of these credentials.
assert first["auth_cred"].endswith(first["ed25519_public"])
impostor = first["auth_cred"][:-64] + other_key

CCM, CHACHA = 10, 24
# The pairs (Group Encryption Algorithm, AEAD Algorithm) of item F of the scenario.
pairs = {
    "ccm-ccm": (CCM, CCM), "chacha-chacha": (CHACHA, CHACHA), "ccm-chacha": (CCM, CHACHA), "chacha-ccm": (CHACHA, CCM),
}

for name, (group_enc, aead) in pairs.items():
    context = {
        "gid": group["gid"],
        "master_secret": group["master_secret"],
        "master_salt": group["master_salt"],
        # HKDF SHA-256, EdDSA, ECDH-SS + HKDF-256.
        "algs": {"hkdf": 5, "group_enc": group_enc, "aead": aead, "sign": -8, "key_agreement": -27},
        "gm_cred": group["gm_cred"],
        "members": [
            {"id": member["sender_id"], "cred": member["auth_cred"], "private_key": member["ed25519_seed"]}
            for member in group["members"]
        ],
        "impostor": impostor,
    }
    (here / "Contexts").mkdir(exist_ok=True)
    (here / "Contexts" / f"{name}.json").write_text(json.dumps(context, indent=2) + "\n")
