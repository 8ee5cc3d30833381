# Sends parts of a file as blocks: "~", offset (4 x 7 bits), length (2 x 7), CRC-32 (5 x 7), all
# with the top bit set, then the body, in which 0x04 (the raw REPL's end of output) and 0x10 travel
# as 0x10 and the byte + 0x40. Then size and SHA-256.
import sys
from binascii import b2a_base64
from hashlib import sha256


def pack(head, at, value, count):
    while count:
        count -= 1
        head[at + count] = 128 | value & 127
        value >>= 7


def verb(path, size, ranges):
    out = sys.stdout.buffer
    buffer = memoryview(bytearray(size))
    head = bytearray(b"~" * 12)
    h = sha256()
    total = os.stat(path)[6]
    say("size", total)
    with open(path, "rb") as f:
        for at, end in ranges or ((0, total),):
            f.seek(at)
            while at < end:
                n = f.readinto(buffer[: min(size, end - at)])
                if not n:
                    break
                body = bytes(buffer[:n])
                h.update(body)
                body = body.replace(b"\x10", b"\x10\x50").replace(b"\x04", b"\x10\x44")
                pack(head, 1, at, 4)
                pack(head, 5, len(body), 2)
                pack(head, 7, crc32(body, crc32(memoryview(head)[:7])), 5)
                out.write(head)
                out.write(body)
                at += n
    print()
    say("sum", digest64(path, buffer) if ranges else b2a_base64(h.digest()).decode().strip())
