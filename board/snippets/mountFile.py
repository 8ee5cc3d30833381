# A file of the mounted folder. The computer keeps no position: it is here, with the bytes that
# were read ahead of it, because older firmware imports in pieces of 24 bytes.
import io as _io
import struct as _struct


class _MpyFile(_io.IOBase):
    def __init__(self, link, id, text):
        self.link = link
        self.id = id
        self.text = text
        self.at = 0
        self.ahead = b""

    def get(self, n, into=None):
        where = self.at + len(self.ahead)
        return self.link.ask(3, _struct.pack("<HII", self.id, where, n), into)

    # Takes n bytes of those read ahead.
    def take(self, n):
        data = self.ahead[:n]
        self.ahead = self.ahead[n:]
        self.at += len(data)
        return data

    def readinto(self, buf):
        m = memoryview(buf)
        n = len(m)
        if n > 120 and not self.ahead:
            n = self.get(n, m)
            self.at += n
            return n
        if not self.ahead:
            self.ahead = self.get(240)
        data = self.take(n)
        m[: len(data)] = data
        return len(data)

    def bytes(self, n):
        data = self.take(n)
        n -= len(data)
        if n > 240:
            more = self.get(n)
            self.at += len(more)
        elif n:
            self.ahead = self.get(240)
            more = self.take(n)
        else:
            return data
        return data + more if data else more

    def read(self, n=-1):
        if n is None or n < 0:
            n = 0x7FFFFFFF
        data = self.bytes(n)
        if not self.text:
            return data
        if data and max(data) > 127:
            # In text, n counts characters.
            n -= sum(1 for c in data if c & 192 != 128)
            while True:
                c = self.bytes(1)
                if c and c[0] & 192 != 128:
                    n -= 1
                if not c or n < 0:
                    break
                data += c
            self.at -= len(c)
            self.ahead = c + self.ahead
        return str(data, "utf8")

    def readline(self, n=-1):
        data = self.ahead
        at = 0
        while True:
            end = data.find(b"\n", at) + 1
            if end or 0 <= n <= len(data):
                break
            at = len(data)
            self.ahead = data
            more = self.get(240)
            if not more:
                break
            data += more
        self.ahead = data
        end = end or len(data)
        data = self.take(min(end, n) if n >= 0 else end)
        return str(data, "utf8") if self.text else data

    def readlines(self):
        return list(self)

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def write(self, data):
        m = memoryview(data.encode() if isinstance(data, str) else data)
        self.ahead = b""
        for i in range(0, len(m), 480):
            head = _struct.pack("<HI", self.id, self.at)
            self.at = int.from_bytes(self.link.ask(4, head + bytes(m[i : i + 480])), "little")
        return len(m)

    def seek(self, to, whence=0):
        if whence == 1:
            to += self.at
        elif whence == 2:
            to += int.from_bytes(self.link.ask(5, _struct.pack("<H", self.id)), "little")
        if to < 0:
            raise OSError(22)
        self.at = to
        self.ahead = b""
        return to

    def tell(self):
        return self.at

    def flush(self):
        pass

    def close(self):
        self.link = None

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.close()

    def ioctl(self, request, arg):
        if request == 4:
            self.close()
        # 11: the size of the buffer that the firmware imports with.
        return 240 if request == 11 else 0 if request in (1, 4) else -1
