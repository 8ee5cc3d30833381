# Writes small files if nothing is at their paths, as store.py does it: each to a temporary file,
# which is hashed and renamed. Otherwise writes none, and prints for each path the hash of the file
# there, or "-", and its content if that differs and is short. Prints the folders that it makes. It
# stands alone and assumes a recent MicroPython, because the line is slow: it is sent before the
# board was asked what it can do, and fails on others before it has an effect.
import os
from binascii import a2b_base64, b2a_base64, crc32, hexlify
from errno import errorcode
from hashlib import sha256

check = 0
at = -1
buffer = memoryview(bytearray(1024))


def say(*words):
    global check
    line = " ".join([str(w) for w in words])
    check = crc32(line.encode(), check)
    print(line)


def coded(data):
    return b2a_base64(data).decode().strip()


# Hashes a file, and prints it if `says`.
def digest(path, says=False):
    h = sha256()
    done = 0
    with open(path, "rb") as f:
        while True:
            n = f.readinto(buffer)
            if not n:
                return h.digest()
            h.update(buffer[:n])
            done += 1
            if says:
                say(":", coded(buffer[:n]))
            elif not done & 15:
                print(".")


# Returns 1 for a folder, 2 for a file, None for nothing.
def kind(path):
    if not path:
        return 1
    try:
        return os.stat(path)[0] >> 14
    except OSError as e:
        if errorcode.get(e.args[0]) != "ENOENT":
            raise


def make(path):
    if kind(path) != 1:
        make(path.rpartition("/")[0])
        os.mkdir(path)
        say("+", path)


def sweep(folder):
    stale = []
    seen = 0
    for e in os.ilistdir(folder or "/."):
        seen += 1
        if not seen & 127:
            print(".")
        if e[1] != 0x4000 and e[0][-1:] == "~" and e[0][-13:-9] == ".mpf":
            stale.append(folder + "/" + e[0])
    for temp in stale:
        if kind(temp[:-13]) or hexlify(digest(temp)[:4]).decode() != temp[-9:-1]:
            os.remove(temp)
        else:
            os.rename(temp, temp[:-13])


def write(path, size, sum, data):
    folder = path.rpartition("/")[0]
    make(folder)
    s = os.statvfs(folder or "/")
    if size > s[1] * s[3]:
        raise OSError(28, size, s[1] * s[3])
    temp = path + ".mpf" + hexlify(sum[:4]).decode() + "~"
    f = open(temp, "wb")
    try:
        f.write(data)
        f.close()
        if digest(temp) != sum:
            raise OSError(5)
        os.rename(temp, path)
    except BaseException:
        f.close()
        os.remove(temp)
        raise


def put(files):
    global at
    swept = taken = None
    for path, size, sum, data in files:
        at += 1
        folder = path.rpartition("/")[0]
        if folder != swept and kind(folder) == 1:
            sweep(folder)
            swept = folder
        what = kind(path)
        if what == 1:
            raise OSError(21)
        if not what:
            say("-")
            continue
        taken = True
        found = digest(path)
        say(coded(found))
        if found != sum and os.stat(path)[6] < 2049:
            digest(path, True)
    if taken:
        return
    at = -1
    for one in files:
        at += 1
        write(*one)


def run(files):
    try:
        put(files)
    except OSError as e:
        say("!", at, errorcode.get(e.args[0], e.args[0]), *e.args[1:])
    print("=", check)
