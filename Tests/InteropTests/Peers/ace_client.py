"""An authorization server and one of its clients, on aiocoap, cbor2 and cryptography: a node that knows nothing of gosc joins
a group of gosc's manager.

Usage: ace_client.py MANAGER GROUP ROLES --issuer NAME --subject NAME (--shared-key HEX | --signing-key HEX --manager-key HEX)
           [--audience NAME] [--scope-group NAME] [--expires SECONDS] [--bare] [--wrong-proof] [--leave]

MANAGER is [address]:port, ROLES the number of draft-ietf-ace-key-groupcomm-oscore-21 section 3 (2 requester, 4 responder).

The token is a CBOR Web Token: a COSE_Encrypt0 under the key that both share, or a COSE_Sign1 of the server in a COSE_Encrypt
to the manager's X25519 key; with --bare the COSE_Sign1 alone, which everybody can read. The client uploads it to /authz-info
(OSCORE profile, RFC 9203), joins, reads the roster, and with --leave leaves again.

Prints a JSON object a line for each step: its name and the response code; what the join has brought. Ends with status 1
where the manager refuses.
"""

import argparse
import asyncio
import json
import os
import sys
import time

import aiocoap
import cbor2
from aiocoap import oscore
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

AES_CCM_16_64_128, EDDSA, ECDH_ES_HKDF_256 = 10, -8, -25
ACE_CBOR, ACE_GROUPCOMM = 19, 261


def say(step, **more):
    print(json.dumps({"step": step, **more}), flush=True)


def raw(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


# The authorization server.


def sealed(content, key, kind, headers):
    """The first three items of a COSE message that is encrypted with AES-CCM-16-64-128."""
    nonce = os.urandom(13)
    structure = cbor2.dumps([kind, headers, b""])
    return [headers, {5: nonce}, AESCCM(key, tag_length=8).encrypt(nonce, content, structure)]


def token(options, material):
    now = int(time.time())
    claims = cbor2.dumps(
        {
            1: options.issuer,
            2: options.subject,
            3: options.audience,
            4: now + options.expires,
            6: now,
            7: os.urandom(8),
            8: {4: material},
            9: cbor2.dumps([[options.scope_group or options.group, options.roles]]),
        }
    )
    headers = cbor2.dumps({1: AES_CCM_16_64_128})
    if options.shared_key:
        return cbor2.dumps(cbor2.CBORTag(16, sealed(claims, options.shared_key, "Encrypt0", headers)))

    key = Ed25519PrivateKey.from_private_bytes(options.signing_key)
    protected = cbor2.dumps({1: EDDSA})
    signature = key.sign(cbor2.dumps(["Signature1", protected, b"", claims]))
    signed = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, claims, signature]))
    if options.bare:
        return signed
    ephemeral = X25519PrivateKey.generate()
    secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(options.manager_key))
    recipient = cbor2.dumps({1: ECDH_ES_HKDF_256})
    info = cbor2.dumps([AES_CCM_16_64_128, [None] * 3, [None] * 3, [128, recipient]])
    content_key = HKDF(hashes.SHA256(), 16, None, info).derive(secret)
    message = sealed(signed, content_key, "Encrypt", headers)
    message.append([[recipient, {-1: {1: 1, -1: 4, -2: raw(ephemeral)}}, b""]])
    return cbor2.dumps(cbor2.CBORTag(96, message))


# The client.


class Association(oscore.CanProtect, oscore.CanUnprotect, oscore.SecurityContextUtils):
    """The OSCORE Security Context that comes of an upload (RFC 9203 section 4.3)."""

    def __init__(self, material, nonces, sender_id, recipient_id):
        self.alg_aead = oscore.algorithms["AES-CCM-16-64-128"]
        self.hashfun = oscore.hashfunctions["sha256"]
        self.sender_id, self.recipient_id, self.id_context = sender_id, recipient_id, None
        salt = b"".join(cbor2.dumps(part) for part in (material[5], *nonces))
        self.derive_keys(salt, material[2])
        self.sender_sequence_number = 0
        self.recipient_replay_window = oscore.ReplayWindow(32, lambda: None)
        self.recipient_replay_window.initialize_empty()

    def post_seqnoincrease(self):
        """Nothing: the context ends with this program."""


async def exchange(context, step, code, uri, content_format=None, payload=b"", **more):
    request = aiocoap.Message(code=code, uri=uri, payload=payload)
    if content_format is not None:
        request.opt.content_format = content_format
    response = await asyncio.wait_for(context.request(request).response, 30)
    if not response.code.is_successful():
        problem = None
        if response.opt.content_format == 257:
            problem = cbor2.loads(response.payload).get(0, {}).get(0)
        say(step, code=response.code.dotted, error=problem)
        sys.exit(1)
    return response


async def play(options):
    base = f"coap://{options.manager}"
    material = {0: os.urandom(4), 2: os.urandom(16), 5: os.urandom(8)}
    context = await aiocoap.Context.create_client_context(transports=["oscore", "udp6"])
    try:
        first, own = os.urandom(8), os.urandom(1)
        upload = {1: token(options, material), 40: first, 43: own, 45: None}
        response = await exchange(
            context, "upload", aiocoap.POST, base + "/authz-info", ACE_CBOR, cbor2.dumps(upload)
        )
        answer = cbor2.loads(response.payload)
        say("upload", code=response.code.dotted)
        security = Association(material, (first, answer[42]), answer[44], own)
        context.client_credentials[base + "/ace-group*"] = security

        key = Ed25519PrivateKey.generate()
        credential = cbor2.dumps({2: options.subject, 8: {1: {1: 1, -1: 6, -2: raw(key)}}})
        scope = cbor2.dumps([options.group, options.roles])
        nonce = os.urandom(8)
        proven = b"".join(cbor2.dumps(part) for part in (scope, answer[46], nonce))
        evidence = key.sign(proven + b"\0" if options.wrong_proof else proven)
        join = {3: scope, 4: None, 5: credential, 6: nonce, 24: evidence}
        group = f"{base}/ace-group/{options.group}"
        response = await exchange(context, "join", aiocoap.POST, group, ACE_GROUPCOMM, cbor2.dumps(join))
        answer = cbor2.loads(response.payload)
        manager = cbor2.loads(answer[17])[8][1][-2]
        Ed25519PublicKey.from_public_bytes(manager).verify(
            answer[19], cbor2.dumps(nonce) + cbor2.dumps(answer[18])
        )
        own_resource = base + "/" + "/".join(response.opt.location_path)
        say(
            "join",
            code=response.code.dotted,
            location=list(response.opt.location_path),
            sender_id=answer[8][7].hex(),
            gid=answer[8][6].hex(),
            secret_length=len(answer[8][2]),
        )

        response = await exchange(context, "creds", aiocoap.GET, group + "/creds")
        roster = cbor2.loads(response.payload)
        say("creds", code=response.code.dotted, sender_ids=[i.hex() for i in roster[15]], own=credential in roster[13])
        if options.leave:
            response = await exchange(context, "leave", aiocoap.DELETE, own_resource)
            say("leave", code=response.code.dotted)
    finally:
        await context.shutdown()


parser = argparse.ArgumentParser()
parser.add_argument("manager")
parser.add_argument("group")
parser.add_argument("roles", type=int)
parser.add_argument("--issuer", required=True)
parser.add_argument("--subject", required=True)
parser.add_argument("--shared-key", type=bytes.fromhex)
parser.add_argument("--signing-key", type=bytes.fromhex)
parser.add_argument("--manager-key", type=bytes.fromhex)
parser.add_argument("--audience", default="gosc")
parser.add_argument("--scope-group")
parser.add_argument("--expires", type=int, default=600)
parser.add_argument("--bare", action="store_true")
parser.add_argument("--wrong-proof", action="store_true")
parser.add_argument("--leave", action="store_true")
asyncio.run(play(parser.parse_args()))
