# Returns the SHA-256 of a file as base64, which is shorter on the line than hex. Reads through
# `buffer`.
def digest(path, buffer):
    from hashlib import sha256

    h = sha256()
    done = 0
    with open(path, "rb") as f:
        while True:
            n = f.readinto(buffer)
            if not n:
                return h.digest()
            h.update(buffer[:n])
            done += n
            if done > 16383:
                done = 0
                tick()


def digest64(path, buffer):
    from binascii import b2a_base64

    return b2a_base64(digest(path, buffer)).decode().strip()


def room():
    return memoryview(bytearray(1024))
