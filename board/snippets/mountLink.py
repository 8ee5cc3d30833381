# Asks the computer whose folder is mounted. A request on stdout: the mark of this mount, what is
# wanted, the length and the sum of the data, the data. The answer on stdin: 0x16, errno, length,
# a check, the body, 0x17. 240 bytes of the body come without being asked for, because a receive
# ring holds 260. 0x06 asks for a block of 960 more, which is then read at once: nothing may
# collect memory in between, as that can last longer than the ring. 0x15 gives up, 0x17 ends it.
# Both sides are done then.
# Meanwhile Ctrl-C is a byte like others, because the body may contain it.
import select as _select
import sys as _sys
import micropython as _micropython


class _MpyLink:
    def __init__(self, mark):
        self.mark = mark
        self.wait = 6000
        self.out = _sys.stdout.buffer
        self.inp = _sys.stdin.buffer
        self.poll = _select.poll()
        self.poll.register(_sys.stdin, 1)
        self.head = memoryview(bytearray(7))
        self.room = memoryview(bytearray(240))

    def fill(self, view, says):
        at = 0
        while at < len(view):
            block = view[at : at + 960]
            if not self.poll.poll(4000):
                raise OSError(110)
            self.out.write(says)
            self.inp.readinto(block)
            at += 960

    # Skips what was typed before the answer. Returns whether Ctrl-C was: then it waits less,
    # because a computer that is gone must not keep a program from being stopped.
    def begin(self):
        pressed = False
        for _ in range(2048):
            if not self.poll.poll(min(self.wait, 1000) if pressed else self.wait):
                if pressed:
                    raise KeyboardInterrupt
                break
            self.inp.readinto(self.head[:1])
            if self.head[0] == 22:
                self.fill(self.head[1:], b"")
                if sum(self.head[:6]) & 255 == self.head[6]:
                    return pressed
                break
            pressed = pressed or self.head[0] == 3
        raise OSError(110)

    def body(self, into):
        h = self.head
        n = h[2] | h[3] << 8 | h[4] << 16
        view = self.room
        if into is not None:
            view = into
        elif n > 240:
            try:
                view = memoryview(bytearray(n))
            except MemoryError:
                self.fill(view, b"")
                self.out.write(b"\x15")
                raise
        view = view[:n]
        self.fill(view, b"\x06")
        self.fill(h[:1], b"")
        if h[0] != 23:
            raise OSError(110)
        return n if into is not None else bytes(view)

    # Returns the body; the number of its bytes, if it goes `into` a memoryview.
    def ask(self, what, data=b"", into=None):
        n = len(data)
        if n > 1000:
            raise OSError(22)
        pressed = False
        _micropython.kbd_intr(-1)
        try:
            self.out.write(self.mark + bytes((what, n & 255, n >> 8, sum(data) & 255)) + data)
            pressed = self.begin()
            errno = self.head[1]
            got = self.body(into)
            self.wait = 6000
        except OSError as e:
            # Without a computer, an import would wait for each place where it looks.
            self.wait = 500
            while self.poll.poll(100):
                self.inp.read(1)
            raise OSError(e.args[0], "the computer with the mounted folder does not answer")
        finally:
            _micropython.kbd_intr(3)
            self.out.write(b"\x17")
        if pressed:
            raise KeyboardInterrupt
        if errno == 30:
            raise OSError(30, "read-only: mpyfleet mount --write allows changes")
        if errno:
            raise OSError(errno)
        return got
