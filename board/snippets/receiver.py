# Takes files as a stream of frames on stdin. Each frame: "~", number, length (2 x 7 bits), CRC-32
# (5 x 7 bits), all with the top bit set, then the body. In bodies 0x02, 0x03, 0x04 and 0x10 travel
# as 0x10 and the byte + 0x40, so that Ctrl-C stays what it is: whatever happens, the board can be
# interrupted. Answers: "K" or "N", the number of the frame wanted next, and its complement.
# Bodies: "O" opens a file, "D" data, "Z" deflated data, "Q" ends.
import gc
import sys
from binascii import hexlify
from io import BytesIO
from select import poll as Poll


class Receiver(Store):
    def __init__(self, limit, idle, stall):
        self.bytes = bytearray(limit + 9)
        Store.__init__(self, memoryview(self.bytes))
        self.idle = idle
        self.stall = stall
        self.poll = Poll()
        self.poll.register(sys.stdin, 1)
        self.opened = -1
        self.want = 0
        self.zipped = None

    def fill(self, at, end, wait):
        while at < end:
            if not self.poll.poll(wait):
                return
            stop = min(end, at + 64)
            sys.stdin.buffer.readinto(self.buffer[at:stop])
            at = stop
            wait = self.stall
        return 1

    # Returns the length of the body, or -1 for a damaged frame.
    def frame(self):
        head = self.bytes
        if not self.fill(0, 9, self.idle):
            raise OSError(110)
        n = (head[2] & 127) << 7 | head[3] & 127
        if head[0] != 126 or n > len(head) - 9 or not self.fill(9, 9 + n, self.stall):
            return -1
        sum = 0
        for i in range(4, 9):
            sum = sum << 7 | head[i] & 127
        return n if crc32(self.buffer[9 : 9 + n], crc32(self.buffer[:4])) == sum else -1

    # Reads until the line is quiet: discards the rest of a damaged frame, or of an upload that has
    # ended.
    def drain(self):
        while self.poll.poll(60):
            sys.stdin.buffer.read(1)

    def answer(self, mark="K"):
        sys.stdout.write(mark + chr(48 + self.want) + chr(111 - self.want))

    def inflate(self, body):
        pipe = self.pipe
        rest = pipe.read(self.end - pipe.tell())
        pipe.seek(0)
        pipe.write(rest)
        pipe.write(memoryview(body)[4:])
        self.end = pipe.tell()
        pipe.seek(0)
        n = body[1] | body[2] << 8 | body[3] << 16
        while n:
            k = self.zipped.readinto(self.buffer[: min(n, len(self.bytes))])
            if not k:
                raise OSError(5)
            self.write(self.buffer[:k])
            n -= k

    def begin(self, body):
        self.opened += 1
        self.zipped = None
        if body[5]:
            from deflate import DeflateIO, RAW

            self.pipe = BytesIO()
            self.end = 0
            gc.collect()
            self.zipped = DeflateIO(self.pipe, RAW, body[5])
        size = body[1] | body[2] << 8 | body[3] << 16 | body[4] << 24
        self.open(join("", body[38:]), size, body[6:38])

    # Returns False when nothing more will arrive.
    def take(self, body):
        what = body[0]
        if what == 79:
            self.begin(body)
        elif what == 68:
            self.write(memoryview(body)[1:])
        elif what == 90:
            self.inflate(body)
        else:
            return False
        if not self.left:
            self.done()
        return True

    def serve(self):
        # A collection in the middle of a frame takes longer than the receive ring lasts (0.1 s
        # with megabytes of PSRAM). So memory is collected only between frames, when little is in
        # transit.
        spare = len(self.bytes) * 12
        self.answer()
        while True:
            if gc.mem_free() < spare:
                gc.collect()
            gc.disable()
            n = self.frame()
            gc.enable()
            ahead = (self.bytes[1] - self.want) & 63 if n >= 0 else 1
            if ahead > 31:
                self.answer()
            elif ahead:
                self.drain()
                self.answer("N")
            else:
                body = bytes(self.buffer[9 : 9 + n])
                if b"\x10" in body:
                    for c in (2, 3, 4, 16):
                        body = body.replace(bytes((16, c + 64)), bytes((c,)))
                if not self.take(body):
                    return
                self.want = self.want + 1 & 63
                self.answer()


def verb(*args):
    global tick
    r = Receiver(*args)
    # Hashing a large file on a slow card takes minutes, so the previous answer is sent again.
    tick = r.answer
    try:
        r.serve()
    except (OSError, MemoryError) as e:
        why = name_of(e) if isinstance(e, OSError) else "ENOMEM"
        print()
        say("!", r.opened, why, *e.args[1:])
    finally:
        gc.enable()
        r.drop()
        r.drain()
    print()
