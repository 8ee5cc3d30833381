# Sends files, or parts of them, one after the other. First "size" and the size of each (or minus
# the errno). Then blocks: "~", offset (4 x 7 bits, counted through all the files), length (2 x 7),
# CRC-32 (5 x 7), all with the top bit set, then the body, in which 0x04 (the raw REPL's end of
# output) and 0x10 travel as 0x10 and the byte + 0x40. At last "sum" and the SHA-256 of each.
import sys
from binascii import b2a_base64
from hashlib import sha256


def pack(head, at, value, count):
    while count:
        count -= 1
        head[at + count] = 128 | value & 127
        value >>= 7


def measure(path):
    try:
        s = os.stat(path)
        return -21 if s[0] & 0x4000 else s[6]
    except OSError as e:
        return -e.args[0]


def send(path, ranges, base, buffer, head):
    out = sys.stdout.buffer
    h = sha256()
    with open(path, "rb") as f:
        for at, end in ranges:
            f.seek(at)
            while at < end:
                n = f.readinto(buffer[: min(len(buffer), end - at)])
                if not n:
                    break
                body = bytes(buffer[:n])
                h.update(body)
                body = body.replace(b"\x10", b"\x10\x50").replace(b"\x04", b"\x10\x44")
                pack(head, 1, base + at, 4)
                pack(head, 5, len(body), 2)
                pack(head, 7, crc32(body, crc32(memoryview(head)[:7])), 5)
                out.write(head)
                out.write(body)
                at += n
    return b2a_base64(h.digest()).decode().strip()


# Bytes between blocks and lines are ignored.
def tick():
    sys.stdout.write(".")


def verb(files, block):
    buffer = memoryview(bytearray(block))
    head = bytearray(b"~" * 12)
    sizes = [measure(path) for path, _ in files]
    say("size", *sizes)
    sums = []
    base = 0
    for (path, ranges), size in zip(files, sizes):
        if size < 0:
            sums.append(size)
            continue
        try:
            sent = send(path, ranges or ((0, size),), base, buffer, head)
            sums.append(digest64(path, buffer) if ranges else sent)
        except OSError as e:
            sums.append(-e.args[0])
        base += size
    print()
    say("sum", *sums)
