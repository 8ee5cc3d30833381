# Makes MicroPython look like CircuitPython 9 through the REPL: its modules, what it reports about
# itself, and a file system that code can only read. The faked parts follow CircuitPython's
# documentation; parser, REPL, files and memory are genuine.
import builtins
import os
import sys
import vfs

MISSING = ("machine", "deflate", "vfs", "network")
# CircuitPython's modules have no second name with the prefix `u` (py/objmodule.c). Here such a
# name would bypass the fakes and find MicroPython's own module.
ONE_NAME = "binascii errno hashlib io json machine os random re select struct sys time".split()


class Fake:
    def __init__(self, names, **own):
        module, names = names
        for name in names.split():
            setattr(self, name, getattr(module, name))
        for name, value in own.items():
            setattr(self, name, value)


class Implementation(tuple):
    name = "circuitpython"
    version = (9, 2, 1)
    _machine = "Adafruit Fake RP2040 with rp2040"
    _mpy = 518


def fake_time():
    import time

    own = "time sleep localtime mktime"
    return Fake((time, own), monotonic=lambda: time.ticks_ms() / 1000, struct_time=tuple)


class Cpu:
    uid = b"\xc1\x5c\x01"


class Mount:
    readonly = True


class Rtc:
    datetime = None


FAKES = {
    "sys": Fake(
        (sys, "modules path stdin stdout print_exception exit"),
        implementation=Implementation(("circuitpython", (9, 2, 1), 518)),
        platform="RP2040",
    ),
    "os": Fake((os, "listdir stat statvfs rename remove mkdir rmdir getcwd chdir sep uname")),
    "time": fake_time(),
    "microcontroller": Fake((sys, ""), cpu=Cpu),
    "storage": Fake((sys, ""), getmount=lambda path: Mount),
    "rtc": Fake((sys, ""), RTC=Rtc),
    "hashlib": Fake((sys, ""), new=lambda name, data=b"": None),
}
genuine = builtins.__import__


def pretend(name, *rest):
    if name in FAKES:
        return FAKES[name]
    if name in MISSING or name[0] == "u" and name[1:] in ONE_NAME:
        raise ImportError("no module named '" + name + "'")
    return genuine(name, *rest)


class ReadOnly:
    """The flash as it is while a computer has the CIRCUITPY drive."""

    def __init__(self, fs):
        self.fs = fs

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def refuse(self, *_):
        raise OSError(30, "Read-only filesystem")

    mkdir = rmdir = remove = rename = refuse

    def open(self, path, mode):
        if "r" not in mode or "+" in mode:
            self.refuse()
        return self.fs.open(path, mode)

    def ilistdir(self, path):
        return self.fs.ilistdir(path)

    def stat(self, path):
        return self.fs.stat(path)

    def statvfs(self, path):
        return self.fs.statvfs(path)

    def chdir(self, path):
        self.fs.chdir(path)

    def getcwd(self):
        return self.fs.getcwd()


def begin():
    import _board

    class Flash:
        mem = memoryview(_board.flash())

        def readblocks(self, n, buf, off=0):
            buf[:] = self.mem[n * 4096 + off : n * 4096 + off + len(buf)]

        def writeblocks(self, n, buf, off=0):
            self.mem[n * 4096 + off : n * 4096 + off + len(buf)] = buf

        def ioctl(self, op, arg):
            return (len(self.mem) // 4096, 4096)[op - 4] if op in (4, 5) else 0

    fs = vfs.VfsLfs2(Flash(), progsize=256)
    vfs.umount("/")
    vfs.mount(ReadOnly(fs), "/")


begin()
builtins.__import__ = pretend
