# A stand-in for `socket`, for a board without a network: a broker in memory that answers CONNECT,
# SUBSCRIBE, PUBLISH (QoS 1) and PINGREQ, and that sends back what is published on a topic that
# ends in /wd.
import io

SOCK_STREAM = 1
log = []  # (first byte, length) of each packet received


class socket(io.IOBase):
    def __init__(self, *a):
        self.inbox = b""
        self.outbox = b""

    def setblocking(self, v):
        pass

    def connect(self, a):
        pass

    def setsockopt(self, *a):
        pass

    def close(self):
        pass

    def ioctl(self, op, arg):
        if op == 3:
            return (4 if True else 0) & arg | (1 & arg if self.outbox else 0)
        return 0

    def readinto(self, buf):
        if not self.outbox:
            return None
        n = min(len(buf), len(self.outbox))
        buf[:n] = self.outbox[:n]
        self.outbox = self.outbox[n:]
        return n

    def write(self, data):
        self.inbox += bytes(data)
        while self._packet():
            pass
        return len(data)

    def _packet(self):
        b = self.inbox
        if len(b) < 2:
            return False
        n, at, shift = 0, 1, 0
        while True:
            if at >= len(b):
                return False
            n |= (b[at] & 127) << shift
            shift += 7
            at += 1
            if not b[at - 1] & 128:
                break
        if len(b) < at + n:
            return False
        self._answer(b[0], b[at : at + n])
        self.inbox = b[at + n :]
        return True

    def _answer(self, kind, body):
        log.append((kind, len(body)))
        del log[:-40]
        what = kind >> 4
        if what == 1:
            self.outbox += b"\x20\x02\0\0"
        elif what == 8:
            self.outbox += b"\x90\x03" + body[:2] + b"\x01"
        elif what == 12:
            self.outbox += b"\xd0\0"
        elif what == 3 and kind & 6:
            t = (body[0] << 8 | body[1]) + 2
            self.outbox += b"\x40\x02" + body[t : t + 2]
            if body[2:t].endswith(b"/wd"):
                self.outbox += bytes((0x30, t + len(body) - t - 2)) + body[:t] + body[t + 2 :]


def getaddrinfo(*a):
    return [(2, 1, 0, "", ("127.0.0.1", 1883))]
