"""What the two peers of a group have in common: the member that a file describes."""

import json

from aiocoap import oscore
from aiocoap.oscore import COSE_COUNTERSIGNATURE0, COSE_KID

# Of the COSE registry. HKDF as gosc names it: HMAC 256/256 and so on.
AEADS = {algorithm.value: algorithm for algorithm in oscore.algorithms.values()}
SIGNATURES = {algorithm.value: algorithm for algorithm in oscore.algorithms_countersign.values()}
AGREEMENTS = {algorithm.value: algorithm for algorithm in oscore.algorithms_staticstatic.values()}
HASHES = {5: "sha256", 6: "sha384", 7: "sha512"}


def say(**fields):
    """Prints one JSON object a line."""
    print(json.dumps(fields), flush=True)


def mode(context):
    """"group" or "pairwise": how a message was protected that this context of aiocoap has unprotected."""
    return {"_GroupContextAspect": "group", "_PairwiseContextAspect": "pairwise"}[type(context).__name__]


class Member(oscore.SimpleGroupContext):
    """A member of the group in a file that has the form of the context object of `gosc message`.

    answer  None: the mode that aiocoap chooses by itself, which is always pairwise;
            "group", "pairwise", or "same" as the request
    key     a private key that is not that of the member's credential, to see that others notice
    """

    def __init__(self, path, member_id, answer=None, key=None):
        with open(path) as file:
            context = json.load(file)
        algorithms = context["algs"]
        members = {bytes.fromhex(member["id"]): member for member in context["members"]}
        me = members.pop(member_id)
        super().__init__(
            AEADS[algorithms["aead"]],
            oscore.hashfunctions[HASHES[algorithms["hkdf"]]],
            SIGNATURES[algorithms["sign"]],
            AEADS[algorithms["group_enc"]],
            AGREEMENTS[algorithms["key_agreement"]],
            bytes.fromhex(context["gid"]),
            bytes.fromhex(context["master_secret"]),
            bytes.fromhex(context.get("master_salt") or ""),
            member_id,
            bytes.fromhex(me["private_key"]),
            bytes.fromhex(me["cred"]),
            {identifier: bytes.fromhex(member["cred"]) for identifier, member in members.items()},
            bytes.fromhex(context["gm_cred"]),
        )
        self.answer = answer
        if key is not None:
            self.private_key = key

    def get_oscore_context_for(self, unprotected):
        """Tells of every request in this group, whether it is accepted or not, and lets it be answered as wanted."""
        found = super().get_oscore_context_for(unprotected)
        if found is None:
            say(refused="no context", kid=unprotected.get(COSE_KID, b"").hex())
            return None
        request_mode = "group" if COSE_COUNTERSIGNATURE0 in unprotected else "pairwise"
        unprotect = found.unprotect

        def told(message, request_id=None):
            if request_id is not None:
                return unprotect(message, request_id)
            line = {"sender_id": found.recipient_id.hex(), "mode": request_mode}
            try:
                result = unprotect(message)
            except Exception as problem:
                say(refused=f"{type(problem).__name__}: {problem}", **line)
                raise
            inner = result[0]
            say(request="/" + "/".join(inner.opt.uri_path), code=inner.code.dotted, **line)
            return result

        found.unprotect = told
        answer = request_mode if self.answer == "same" else self.answer
        if answer == "group":
            # Not an override of a method: aiocoap has no other way to be told.
            found.context_for_response = lambda: self
        elif answer == "pairwise":
            found.context_for_response = lambda: self.pairwise_for(found.recipient_id)
        return found
