"""A member of an OSCORE group on aiocoap that gosc's client is tried on.

Usage: aiocoap_group_server.py CONTEXT ID [--group ADDRESS --interface NAME] [--port N] [--answer group|pairwise|same]
           [--key HEX]

CONTEXT is a JSON file with the context object of `gosc message`, ID a Sender ID in hexadecimal whose private key is in
it. Listens at all addresses and in the group. Prints "ready", and then one JSON object a line for each protected request:
"request" with its path if it was accepted, or "refused" with aiocoap's reason; "sender_id" and "mode" with both. --key is a private key in the place of the file's.

  /hello  GET: "Hello World!"
  /light  GET, PUT: "on" or "off"
  /echo   POST: answers with the payload
"""

import argparse
import asyncio

import aiocoap
from aiocoap import credentials, resource
from aiocoap.numbers.codes import Code
from aiocoap.oscore_sitewrapper import OscoreSiteWrapper

from aiocoap_group import Member

TEXT = 0


class Hello(resource.Resource):
    async def render_get(self, request):
        return aiocoap.Message(code=Code.CONTENT, content_format=TEXT, payload=b"Hello World!")


class Light(resource.Resource):
    state = b"off"

    async def render_get(self, request):
        return aiocoap.Message(code=Code.CONTENT, content_format=TEXT, payload=self.state)

    async def render_put(self, request):
        if request.payload not in (b"on", b"off"):
            return aiocoap.Message(code=Code.BAD_REQUEST)
        self.state = request.payload
        return aiocoap.Message(code=Code.CHANGED)


class Echo(resource.Resource):
    async def render_post(self, request):
        return aiocoap.Message(code=Code.CHANGED, content_format=TEXT, payload=request.payload)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("context")
    parser.add_argument("id", type=bytes.fromhex)
    parser.add_argument("--group")
    parser.add_argument("--interface")
    parser.add_argument("--port", type=int, default=5683)
    parser.add_argument("--answer", choices=["group", "pairwise", "same"])
    parser.add_argument("--key", type=bytes.fromhex)
    options = parser.parse_args()

    site = resource.Site()
    for name, kind in [("hello", Hello), ("light", Light), ("echo", Echo)]:
        site.add_resource([name], kind())
    members = credentials.CredentialsMap()
    members[":group"] = Member(options.context, options.id, options.answer, options.key)
    await aiocoap.Context.create_server_context(
        OscoreSiteWrapper(site, members),
        bind=("::", options.port),
        multicast=[(options.group, options.interface)] if options.group else [],
        transports=["udp6"],
    )
    print("ready", flush=True)
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
