"""What the original mqboard answers, by its documented wire format: eval, get, put; for tests."""

import asyncio
import io
import os
import sys

from mpyfleet.a.mqtt import Client

PREFIX = "old/board"
T = PREFIX + "/mqb/"


class Catch(io.IOBase):
    def __init__(self):
        self.text = b""

    def write(self, b):
        self.text += bytes(b)
        return len(b)


c = Client({"host": "127.0.0.1", "port": PORT, "client_id": "old", "size": 4096})
c.subs = [((T + "cmd/#").encode(), 1)]
todo = []
put = [None, 0]


def on_message(topic, mv, retained, qos, dup):
    todo.append((topic.decode(), bytes(mv)))


def frame(seq, last, data):
    return bytes(((0x80 if last else 0) | seq >> 8, seq & 255)) + data


async def reply(id, data):
    await c.publish(T + "reply/out/" + id, b"\xff\xff" + data, qos=1)


async def do_eval(id, code):
    catch = Catch()
    old = os.dupterm(catch)
    try:
        try:
            r = eval(code)
            out = repr(r).encode()
        except SyntaxError:
            exec(code, globals())
            out = catch.text
    finally:
        os.dupterm(old)
    await reply(id, out)


async def do_get(id, path):
    seq = 0
    with open("/" + path, "rb") as f:
        while True:
            b = f.read(2800)
            if not b:
                break
            await c.publish(T + "reply/out/" + id, frame(seq, False, b), qos=1)
            seq += 1
    await c.publish(T + "reply/out/" + id, frame(seq, True, b""), qos=1)


async def do_put(id, path, m):
    seq, last = (m[0] & 0x7F) << 8 | m[1], m[0] & 0x80
    if seq == 0:
        put[0], put[1] = open("/" + path, "wb"), 0
    elif seq < put[1]:
        return
    put[0].write(m[2:])
    put[1] = seq + 1
    if last:
        put[0].close()
        await reply(id, b"OK")


async def serve():
    while True:
        while not todo:
            await asyncio.sleep_ms(5)
        topic, m = todo.pop(0)
        parts = topic[len(T) :].split("/", 3)
        cmd, id, tail = parts[1], parts[2], parts[3] if len(parts) > 3 else ""
        try:
            if cmd == "eval":
                await do_eval(id, m[2:].decode())
            elif cmd == "get":
                await do_get(id, tail)
            elif cmd == "put":
                await do_put(id, tail, m)
            else:
                raise ValueError("Command '%s' not supported" % cmd)
        except Exception as e:
            b = io.StringIO()
            sys.print_exception(e, b)
            await c.publish(T + "reply/err/" + id, b.getvalue(), qos=1)


async def main():
    c.on_message = on_message
    asyncio.create_task(c.run())
    asyncio.create_task(serve())
    while c.state != 2:
        await asyncio.sleep_ms(50)
    await c.publish(PREFIX + "/sysinfo", "{}", qos=1, retain=True)
    while True:
        c.step()
        await asyncio.sleep_ms(50)


asyncio.run(main())
