# Sends a file directly through the WebSocket, past the board's other terminals (a UART would slow
# it down). Each message begins with a mark that the other end recognises. Size and SHA-256 follow
# in the usual way.
import sys
from binascii import b2a_base64
from hashlib import sha256


def verb(path, mark, block):
    link = os.dupterm(None)
    os.dupterm(link)
    buffer = memoryview(bytearray(len(mark) + block))
    buffer[: len(mark)] = mark
    body = buffer[len(mark) :]
    h = sha256()
    size = os.stat(path)
    if size[0] & 0x4000:
        raise OSError(21)
    size = 0
    with open(path, "rb") as f:
        while True:
            n = f.readinto(body)
            if not n:
                break
            h.update(body[:n])
            link.write(buffer[: len(mark) + n])
            size += n
    say("size", size)
    say("sum", b2a_base64(h.digest()).decode().strip())
