"""A server on aiocoap that gosc's client is tried on.

Usage: aiocoap_server.py PORT [INTERFACE]

Listens at all addresses, and with INTERFACE at the groups "All CoAP Nodes" there. Prints "ready" when it does.

  /hello     GET
  /store     GET, PUT, POST (appends), DELETE; has an ETag; keeps its Content-Format
  /digest    PUT and POST: answers with length and SHA-256 of the body
  /large     GET: 64 KiB, byte i is i * 31 + i / 256 (mod 256)
  /counter   GET, observable; each POST adds one and notifies
  /search    FETCH: answers with the body in upper case
  /separate  GET: acknowledged first, answered later
  /query     GET: the query arguments, one a line
"""

import asyncio
import hashlib
import sys

import aiocoap
from aiocoap import resource
from aiocoap.numbers.codes import Code

TEXT = 0
LINK_FORMAT = 40
OCTETS = 42


def text(content, code=Code.CONTENT):
    return aiocoap.Message(code=code, content_format=TEXT, payload=content.encode())


def pattern(count):
    return bytes((i * 31 + i // 256) & 0xFF for i in range(count))


class Hello(resource.Resource):
    rt = "greeting"

    async def render_get(self, request):
        return text("Hello from aiocoap")


class Store(resource.Resource):
    body, content_format = b"", TEXT

    def etag(self):
        return hashlib.sha256(self.body).digest()[:4]

    async def render_get(self, request):
        if self.etag() in request.opt.etags:
            return aiocoap.Message(code=Code.VALID, etag=self.etag())
        return aiocoap.Message(
            code=Code.CONTENT, payload=self.body, content_format=self.content_format, etag=self.etag()
        )

    async def render_put(self, request):
        if request.opt.if_match and self.etag() not in request.opt.if_match:
            return aiocoap.Message(code=Code.PRECONDITION_FAILED)
        self.body = request.payload
        self.content_format = request.opt.content_format or TEXT
        return aiocoap.Message(code=Code.CHANGED, etag=self.etag())

    async def render_post(self, request):
        self.body += request.payload
        return aiocoap.Message(code=Code.CHANGED, etag=self.etag())

    async def render_delete(self, request):
        self.body = b""
        return aiocoap.Message(code=Code.DELETED)


class Digest(resource.Resource):
    async def answer(self, request):
        return text(f"{len(request.payload)} {hashlib.sha256(request.payload).hexdigest()}", Code.CHANGED)

    render_put = render_post = answer


class Large(resource.Resource):
    async def render_get(self, request):
        return aiocoap.Message(code=Code.CONTENT, content_format=OCTETS, payload=pattern(65536))


class Counter(resource.ObservableResource):
    value = 0

    async def render_get(self, request):
        return text(str(self.value))

    async def render_post(self, request):
        self.value += 1
        self.updated_state()
        return text(str(self.value), Code.CHANGED)


class Search(resource.Resource):
    async def render_fetch(self, request):
        return text(request.payload.decode().upper())


class Separate(resource.Resource):
    async def render_get(self, request):
        # Longer than aiocoap waits before it acknowledges with an Empty message.
        await asyncio.sleep(0.5)
        return text("later")


class Query(resource.Resource):
    async def render_get(self, request):
        return text("\n".join(request.opt.uri_query))


async def main():
    port = int(sys.argv[1])
    site = resource.Site()
    site.add_resource([".well-known", "core"], resource.WKCResource(site.get_resources_as_linkheader))
    for name, kind in [
        ("hello", Hello), ("store", Store), ("digest", Digest), ("large", Large), ("counter", Counter),
        ("search", Search), ("separate", Separate), ("query", Query),
    ]:
        site.add_resource([name], kind())
    await aiocoap.Context.create_server_context(
        site, bind=("::", port), multicast=sys.argv[2:], transports=["udp6"]
    )
    print("ready", flush=True)
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
