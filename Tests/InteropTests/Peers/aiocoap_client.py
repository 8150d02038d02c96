"""A client on aiocoap that gosc's server is tried with.

Usage: aiocoap_client.py REQUEST…

Each REQUEST is a JSON object, made one after the other over one endpoint:

  method    "GET", "PUT", …
  uri       where to
  payload   text of the body, or
  count     its length in bytes, of which byte i is i * 31 + i / 256 (mod 256)
  format    its Content-Format
  accept, etag (hex), if_match (hex), if_none_match (true), type ("NON")
  echo      true: with the Echo value of the response before
  oscore    the folder of a Security Context, for all requests from here on
  observe   how many notifications to wait for after the first response
  trigger   REQUESTs, the first of which is made before the first notification is awaited, and so on

Prints one JSON object a line for each response: code, options by name, count and SHA-256 of the payload, and the payload
as text if it is some.
"""

import asyncio
import hashlib
import json
import sys

import aiocoap
from aiocoap import oscore
from aiocoap.numbers.codes import Code
from aiocoap.numbers.types import Type

PATIENCE = 20
last = None


def pattern(count):
    return bytes((i * 31 + i // 256) & 0xFF for i in range(count))


def show(response):
    global last
    last = response
    line = {
        "code": response.code.dotted,
        "type": str(response.mtype),
        "count": len(response.payload),
        "sha256": hashlib.sha256(response.payload).hexdigest(),
        "from": response.remote.hostinfo,
        "options": [[int(option.number), option.encode().hex()] for option in response.opt.option_list()],
    }
    try:
        line["text"] = response.payload.decode()
    except UnicodeDecodeError:
        pass
    print(json.dumps(line), flush=True)


def message(request):
    body = request["payload"].encode() if "payload" in request else pattern(request.get("count", 0))
    result = aiocoap.Message(code=getattr(Code, request["method"]), uri=request["uri"], payload=body)
    if "format" in request:
        result.opt.content_format = request["format"]
    if "accept" in request:
        result.opt.accept = request["accept"]
    if "etag" in request:
        result.opt.etags = [bytes.fromhex(request["etag"])]
    if "if_match" in request:
        result.opt.if_match = [bytes.fromhex(request["if_match"])]
    if "if_none_match" in request:
        result.opt.if_none_match = True
    if request.get("echo"):
        result.opt.echo = last.opt.echo
    if request.get("type") == "NON":
        result.mtype = Type.NON
    if "observe" in request:
        result.opt.observe = 0
    return result


async def play(context, request):
    if "oscore" in request:
        host = request["uri"].split("/")[2]
        context.client_credentials[f"coap://{host}/*"] = oscore.FilesystemSecurityContext(request["oscore"])
    exchange = context.request(message(request))
    show(await asyncio.wait_for(exchange.response, PATIENCE))
    if not request.get("observe"):
        return
    # Not by iterating: aiocoap then drops the last notification if the end comes right behind it.
    notifications = asyncio.Queue()
    exchange.observation.register_callback(notifications.put_nowait)
    triggers = iter(request.get("trigger", []))
    for _ in range(request["observe"]):
        if (trigger := next(triggers, None)) is not None:
            await asyncio.wait_for(context.request(message(trigger)).response, PATIENCE)
        show(await asyncio.wait_for(notifications.get(), PATIENCE))
    if not exchange.observation.cancelled:
        exchange.observation.cancel()
    # Gives the RST, or the request that ends the observation, the time to leave.
    await asyncio.sleep(0.2)


async def main():
    context = await aiocoap.Context.create_client_context(transports=["oscore", "udp6"])
    try:
        for argument in sys.argv[1:]:
            await play(context, json.loads(argument))
    finally:
        await context.shutdown()


asyncio.run(main())
