# Makes a board of MicroPython's own program for computers:
# `micropython -c CODE FOLDER UID CAUSE`. Its flash is FOLDER/flash.img; what is in FOLDER/new is
# copied there first. CAUSE is "power" or "reset". It ends with status 7 when the board wants to
# restart.
import builtins
import sys

import machine
import os
import vfs

FOLDER, UID, CAUSE = sys.argv[1:4]
RESTART = 7
BLOCK, BLOCKS = 4096, 512


class Module:
    """Stands in for a firmware's module; `keep` lists the names that stay."""

    def __init__(self, module, keep):
        for name in keep.split():
            setattr(self, name, getattr(module, name))


def board_machine(leave):
    m = Module(machine, "idle Signal PinBase")
    m.PWRON_RESET, m.HARD_RESET, m.SOFT_RESET = 1, 2, 5
    m.unique_id = lambda: bytes(int(UID[i : i + 2], 16) for i in range(0, len(UID), 2))
    m.reset_cause = lambda: m.PWRON_RESET if CAUSE == "power" else m.HARD_RESET
    m.reset = m.soft_reset = lambda: leave(RESTART)
    m.freq = lambda: 0
    return m


def board_os():
    keep = "remove chdir getcwd ilistdir listdir mkdir rename rmdir stat statvfs unlink urandom"
    o = Module(os, keep + " sep")
    real = builtins.print
    streams = []

    def dupterm(stream, index=0):
        before = streams.pop() if streams else None
        if stream is not None:
            streams.append(stream)
        return before

    class Copy:
        def write(self, text):
            sys.stdout.write(text)
            for stream in streams:
                stream.write(text.encode() if isinstance(text, str) else text)

    copy = Copy()

    def both(*args, sep=" ", end="\n", file=None):
        if file is not None:
            return real(*args, sep=sep, end=end, file=file)
        copy.write(sep.join(str(a) for a in args) + end)

    def repl_print(value):
        if value is not None:
            both(repr(value))

    builtins.print = both
    builtins.__repl_print__ = repl_print  # called by compiled code of a prompt
    o.dupterm = dupterm
    o.uname = lambda: (sys.platform, UID, "1", sys.version, "Demo board on this computer")
    return o


def way_out():
    """Ends the program at once, also from inside a running event loop."""
    try:
        import ffi

        return ffi.open(None).func("v", "_exit", "i")
    except (ImportError, OSError):

        def leave(status):
            raise SystemExit(status)

        return leave


def end_with_parent(leave):
    """Ends the board with the program that started it, which also ends standard input."""
    import _thread

    def watch():
        sys.stdin.read()
        leave(0)

    _thread.start_new_thread(watch, ())


class Flash:
    """Presents a file of the computer as a block device, for LittleFS."""

    def __init__(self, path):
        try:
            self.f = open(path, "r+b")
        except OSError:
            with open(path, "wb") as f:
                for _ in range(BLOCKS):
                    f.write(b"\xff" * BLOCK)
            self.f = open(path, "r+b")

    def readblocks(self, n, buf, off=0):
        self.f.seek(n * BLOCK + off)
        self.f.readinto(buf)

    def writeblocks(self, n, buf, off=0):
        self.f.seek(n * BLOCK + off)
        self.f.write(buf)
        self.f.flush()

    def ioctl(self, op, arg):
        return {4: BLOCKS, 5: BLOCK}.get(op, 0)


def copy_all(source, target):
    for name, kind, *_ in os.ilistdir(source):
        if kind == 0x4000:
            try:
                os.mkdir(target + name)
            except OSError:
                pass  # it already exists
            copy_all(source + name + "/", target + name + "/")
        else:
            with open(source + name, "rb") as a, open(target + name, "wb") as b:
                b.write(a.read())


def mount():
    """Mounts the flash at `/`, so that the computer's own files cannot be reached."""
    flash = Flash(FOLDER + "/flash.img")
    new = os.VfsPosix(FOLDER + "/new") if "new" in os.listdir(FOLDER) else None
    try:
        fs = os.VfsLfs2(flash)
    except OSError:
        os.VfsLfs2.mkfs(flash)
        fs = os.VfsLfs2(flash)
    vfs.umount("/")
    vfs.mount(fs, "/")
    os.chdir("/")
    if new:
        vfs.mount(new, "/new")
        copy_all("/new/", "/")
        vfs.umount("/new")


def begin():
    leave = way_out()
    end_with_parent(leave)
    mount()
    sys.modules["machine"] = board_machine(leave)
    sys.modules["os"] = board_os()
    # Not a barrier, but no program for boards reaches the computer's own files by accident.
    for name in ("ffi", "vfs", "uctypes", "termios", "_thread"):
        sys.modules[name] = Module(None, "")
    sys.path[:] = ["", ".frozen", "/lib"]


begin()
own = "builtins machine os vfs begin way_out end_with_parent board_os mount"
for name in own.split():
    globals().pop(name)
del name, own
with open("/main.py") as f:
    code = f.read()
exec(code)
