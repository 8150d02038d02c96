"""A member of an OSCORE group on aiocoap that gosc's server is tried with.

Usage: aiocoap_group_client.py CONTEXT ID METHOD URI [--payload TEXT] [--pairwise PEER] [--timeout SECONDS]
           [--collect INTERFACE] [--non] [--sequence N] [--key HEX]

CONTEXT is a JSON file with the context object of `gosc message`, ID a Sender ID in hexadecimal whose private key is in
it. Without --pairwise the request is in group mode, with it in pairwise mode for the member PEER.

Prints a JSON object a line for each response that aiocoap has verified: sender_id, mode, code, payload. What it has
not accepted is a line with "refused". Exit status 1 if nothing was accepted.

aiocoap's own client ends a request to a group with the first response, whatever it is worth. --collect sends the
datagram that aiocoap makes from a socket of its own instead, at an interface, and gives aiocoap every response
of SECONDS to verify.

aiocoap keeps no Sender Sequence Number of a group: a second run with one context needs --sequence.
--key is a private key in the place of the file's.
"""

import argparse
import asyncio
import os
import socket
import sys
import time
import urllib.parse

import aiocoap
from aiocoap import Message, oscore
from aiocoap.numbers.codes import Code
from aiocoap.numbers.types import Type

from aiocoap_group import Member, mode, say


def tell(response, context):
    say(
        sender_id=context.recipient_id.hex(),
        mode=mode(context),
        code=response.code.dotted,
        payload=response.payload.decode(errors="replace"),
    )


def refuse(problem):
    line = {"refused": f"{type(problem).__name__}: {problem}"}
    # An answer without OSCORE.
    if isinstance(problem, oscore.NotAProtectedMessage):
        line["code"] = problem.plain_message.code.dotted
        line["payload"] = problem.plain_message.payload.decode(errors="replace")
    say(**line)


def message(options):
    payload = options.payload.encode() if options.payload is not None else b""
    result = Message(code=getattr(Code, options.method.upper()), uri=options.uri, payload=payload)
    if options.payload is not None:
        result.opt.content_format = 0
    if options.non:
        result.mtype = Type.NON
    return result


async def request(options, security):
    """By aiocoap from end to end. Returns how many responses it has accepted."""
    context = await aiocoap.Context.create_client_context(transports=["oscore", "udp6"])
    context.client_credentials["coap://*"] = security
    try:
        response = await asyncio.wait_for(context.request(message(options)).response, options.timeout)
        tell(response, response.remote.security_context)
        return 1
    except asyncio.TimeoutError:
        return 0
    except Exception as problem:
        refuse(problem)
        return 0
    finally:
        await context.shutdown()


def collect(options, security):
    """By aiocoap's OSCORE alone. Returns how many responses it has accepted."""
    target = urllib.parse.urlsplit(options.uri)
    plain = message(options)
    plain.opt.uri_host = None
    plain.remote = None
    outer, identifiers = security.protect(plain)
    outer.mtype, outer.mid, outer.token = Type.NON, int.from_bytes(os.urandom(2), "big"), os.urandom(4)

    udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    index = socket.if_nametoindex(options.collect)
    udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    udp.sendto(outer.encode(), (target.hostname, target.port or 5683, 0, index))
    accepted, end = 0, time.monotonic() + options.timeout
    while (left := end - time.monotonic()) > 0:
        udp.settimeout(left)
        try:
            datagram = udp.recv(65536)
        except TimeoutError:
            break
        try:
            response = Message.decode(datagram)
            if response.token != outer.token or not response.code.is_response():
                continue
            context = security.context_from_response(oscore.verify_start(response))
            inner, _ = context.unprotect(response, identifiers)
        except Exception as problem:
            refuse(problem)
            continue
        tell(inner, context)
        accepted += 1
    return accepted


parser = argparse.ArgumentParser()
parser.add_argument("context")
parser.add_argument("id", type=bytes.fromhex)
parser.add_argument("method")
parser.add_argument("uri")
parser.add_argument("--payload")
parser.add_argument("--pairwise", type=bytes.fromhex)
parser.add_argument("--timeout", type=float, default=5)
parser.add_argument("--collect")
parser.add_argument("--non", action="store_true")
parser.add_argument("--sequence", type=int, default=0)
parser.add_argument("--key", type=bytes.fromhex)
options = parser.parse_args()

member = Member(options.context, options.id, key=options.key)
member.sender_sequence_number = options.sequence
if options.pairwise is not None:
    member = member.pairwise_for(options.pairwise)
accepted = collect(options, member) if options.collect else asyncio.run(request(options, member))
sys.exit(0 if accepted else 1)
