# Writes one file so that the old one is complete until the new one is: to a temporary file next to
# it, which is read back, hashed and renamed. The temporary name contains the start of the hash:
# <name>.mpf<8 hex>~ . A later sweep can therefore tell a finished file (power was lost between the
# two halves of a rename, on FAT) from a torn one.
class Store:
    def __init__(self, buffer):
        self.buffer = buffer
        self.swept = self.file = None
        self.free = -1

    def sweep(self, folder):
        stale = []
        seen = 0
        for name, is_folder, _ in entries(folder or "/."):
            seen += 1
            if not seen & 127:
                tick()
            if name[-1:] == b"~" and name[-13:-9] == b".mpf" and not is_folder:
                stale.append(name)
        for name in stale:
            temp = join(folder or "/", name)
            whole = hexlify(digest(temp, self.buffer)[:4]) == name[-9:-1]
            if whole and not kind(temp[:-13]):
                os.rename(temp, temp[:-13])
            else:
                os.remove(temp)
        self.swept = folder

    def open(self, path, size, sum):
        self.path = path
        self.sum = sum
        self.left = self.size = size
        folder = path.rpartition(path[:1])[0]
        if self.swept != folder:
            make(folder)
            self.sweep(folder)
            self.free = -1
        if kind(path) == "d":
            raise OSError(21)
        if size > self.free and hasattr(os, "statvfs"):
            s = os.statvfs(folder or "/")
            self.free = s[1] * s[3]
            if size > self.free:
                raise OSError(28, size, self.free)
        self.temp = path + ".mpf" + hexlify(sum[:4]).decode() + "~"
        self.file = open(self.temp, "wb")

    def write(self, data):
        self.file.write(data)
        self.left -= len(data)

    def done(self):
        self.file.close()
        if os.stat(self.temp)[6] != self.size or digest(self.temp, self.buffer) != self.sum:
            raise OSError(5, "verify")
        os.rename(self.temp, self.path)
        self.file = None
        self.free -= self.size

    def drop(self):
        if self.file:
            self.file.close()
            os.remove(self.temp)
            self.file = None
