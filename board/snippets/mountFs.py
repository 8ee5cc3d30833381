# The mounted folder, as the firmware's file systems are.
import os as _os
import struct as _struct
import sys as _sys
import time as _time

_vfs = _os if hasattr(_os, "mount") else __import__("vfs")


class _MpyFs:
    def __init__(self, link, back):
        self.link = link
        self.back = back
        self.cwd = "/"
        # Some ports count seconds from 2000.
        self.zero = 946684800 if _time.gmtime(0)[0] == 2000 else 0

    def ask(self, what, path, more=b""):
        path = path if path.startswith("/") else self.cwd + path
        return self.link.ask(what, path.encode() + more)

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def chdir(self, path):
        self.cwd = str(self.ask(6, path), "utf8")

    def getcwd(self):
        return self.cwd[:-1] or "/"

    def stat(self, path):
        mode, size, at = _struct.unpack("<HII", self.ask(1, path))
        at -= self.zero
        return mode, 0, 0, 0, 0, 0, size, at, at, at

    def statvfs(self, path):
        size, all, free = _struct.unpack("<III", self.link.ask(11))
        return size, size, all, free, free, 0, 0, 0, 0, 255

    def ilistdir(self, path=""):
        at = 0
        while True:
            data = self.ask(2, path, b"\0" + str(at).encode())
            if not data:
                return
            while data:
                kind, size, n = _struct.unpack("<HIB", data)
                yield str(data[7 : 7 + n], "utf8"), kind, 0, size
                data = data[7 + n :]
                at += 1

    def open(self, path, mode):
        id = self.ask(7, path, b"\0" + mode.encode())
        return _MpyFile(self.link, id[0] | id[1] << 8, "b" not in mode)

    def remove(self, path):
        self.ask(8, path)

    def rmdir(self, path):
        self.ask(9, path)

    def mkdir(self, path):
        self.ask(10, path)

    def rename(self, old, new):
        new = new if new.startswith("/") else self.cwd + new
        self.ask(12, old, b"\0" + new.encode())


def _mpy_mount(mark, at):
    global _mpy_fs
    back = _os.getcwd()
    # A mount whose computer has gone without a word.
    old = globals().get("_mpy_fs")
    if old and old[1] == at:
        back = old[0].back
        _os.chdir("/")
        _vfs.umount(at)
    fs = _MpyFs(_MpyLink(mark), back)
    _vfs.mount(fs, at)
    _mpy_fs = fs, at
    _os.chdir(at)
    if "" not in _sys.path:
        _sys.path.insert(0, at)
