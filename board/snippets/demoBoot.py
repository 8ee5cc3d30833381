# Makes MicroPython's WebAssembly build look like a board: a flash at "/", errors numbered as on
# boards, a machine module, a sleep that Ctrl-C ends. What only the host can do comes from the
# module _demo (see interpreter.ts).
def boot():
    import _demo
    import os
    import sys
    import time
    import vfs

    # Emscripten numbers errors as WASI does; boards (and errno) as Linux does.
    numbers = {2: 13, 10: 16, 20: 17, 28: 22, 29: 5, 31: 21, 32: 24, 37: 36, 44: 2, 51: 28, 54: 20}
    numbers.update({55: 39, 63: 1, 69: 30, 75: 18})

    def posix(call, *args):
        try:
            return call(*args)
        except OSError as e:
            raise OSError(numbers.get(e.errno, e.errno)) from None

    here = ["/"]  # the working folder; VfsPosix cannot tell it when it is its own root

    def absolute(path):
        parts = []
        for part in (path if path[:1] == "/" else here[0] + "/" + path).split("/"):
            if part == "..":
                del parts[-1:]
            elif part not in ("", "."):
                parts.append(part)
        return "/" + "/".join(parts)

    def inside(path):
        return absolute(path) if ".." in path.split("/") else path

    class Flash:
        def __init__(self, real):
            self.real = real

        def mount(self, read_only, make):
            pass

        def umount(self):
            pass

        def open(self, path, mode):
            return posix(self.real.open, inside(path), mode)

        def ilistdir(self, path):
            # on boards the last field is the size, and a path in bytes gives names in bytes
            as_bytes = isinstance(path, bytes)
            path = absolute(str(path, "utf8") if as_bytes else path)
            folder = path if path == "/" else path + "/"
            for name, kind, _ in posix(self.real.ilistdir, path):
                if name not in (".", ".."):
                    size = posix(self.real.stat, folder + name)[6]
                    yield bytes(name, "utf8") if as_bytes else name, kind, 0, size

        def stat(self, path):
            s = posix(self.real.stat, inside(path))
            return (s[0] & 0xF000, 0, 0, 0, 0, 0, 0 if s[0] & 0x4000 else s[6]) + tuple(s[7:])

        def statvfs(self, path):
            block, total, free = _demo.space()
            return (block, block, total, free, free, 0, 0, 0, 0, 255)

        def chdir(self, path):
            path = absolute(path)
            posix(self.real.chdir, path)
            here[0] = path

        def getcwd(self):
            return here[0]

        def mkdir(self, path):
            posix(self.real.mkdir, inside(path))

        def rmdir(self, path):
            posix(self.real.rmdir, inside(path))

        def remove(self, path):
            if self.stat(path)[0] & 0x4000:
                raise OSError(21)
            posix(self.real.remove, inside(path))

        def rename(self, old, new):
            # VfsPosix puts both absolute names into one buffer
            old = absolute(old)
            new = absolute(new)
            self.real.chdir("/")
            try:
                posix(self.real.rename, old[1:], new[1:])
            finally:
                self.real.chdir(here[0])

    real = vfs.VfsPosix("/flash")
    raw = open("/dev/raw", "wb")
    vfs.umount("/")
    vfs.mount(Flash(real), "/")
    os.chdir("/")

    class Pin:
        IN = 0
        OUT = 1
        PULL_UP = 1
        PULL_DOWN = 2
        levels = {}

        def __init__(self, id, mode=-1, pull=-1, value=None):
            self.id = id
            if value is not None:
                self.value(value)

        def value(self, *level):
            if not level:
                return Pin.levels.get(self.id, 0)
            Pin.levels[self.id] = 1 if level[0] else 0

        __call__ = value

        def on(self):
            self.value(1)

        def off(self):
            self.value(0)

        def toggle(self):
            self.value(not self.value())

        def __repr__(self):
            return "Pin(%r)" % (self.id,)

    class RTC:
        # The clock is the computer's: setting it to the computer's time changes nothing.
        def datetime(self, moment=None):
            t = time.gmtime()
            if moment is None:
                return (t[0], t[1], t[2], t[6], t[3], t[4], t[5], 0)

    class Machine:
        def __init__(self):
            self.__name__ = "machine"
            self.Pin = Pin
            self.RTC = RTC

        def unique_id(self):
            return bytes.fromhex(_demo.uid())

        def freq(self, *hertz):
            return 160_000_000

        def reset(self):
            _demo.reset()

        def soft_reset(self):
            raise SystemExit

    class Output:
        def __init__(self):
            self.buffer = raw

        def write(self, text):
            return real_sys.stdout.write(text)

        def flush(self):
            pass

    class Sys:
        # Like sys, but text written to sys.stdout.buffer keeps its line ends, as on a board.
        def __getattr__(self, name):
            return getattr(real_sys, name)

    real_sys = sys
    shown = Sys()
    shown.__name__ = "sys"
    shown.stdout = Output()
    shown.platform = "demo"
    sys.modules["sys"] = shown
    sys.modules["machine"] = Machine()
    # the build's own module in C; the frozen one in Python does not accept text and is slow
    sys.modules["binascii"] = __import__("ubinascii")
    sys.path[:] = ["", ".frozen", "/lib"]

    def sleep_ms(ms):
        _demo.sleep(ms)

    def ask(prompt=""):
        # The build's own input() waits where neither keys nor Ctrl-C reach it.
        real_sys.stdout.write(str(prompt))
        line = b""
        while True:
            key = real_sys.stdin.buffer.read(1)
            if not key:
                continue  # Ctrl-C: KeyboardInterrupt is raised here
            if key in b"\r\n":
                real_sys.stdout.write("\n")
                return str(line, "utf8")
            if key == b"\x04" and not line:
                raise EOFError
            if key in b"\x08\x7f":
                if line:
                    line = bytes(str(line, "utf8")[:-1], "utf8")
                    real_sys.stdout.write("\b \b")
            elif key >= b" ":
                line += key
                raw.write(key)

    __import__("builtins").input = ask
    time.sleep_ms = sleep_ms
    time.sleep = lambda s: _demo.sleep(s * 1000)


boot()
del boot
