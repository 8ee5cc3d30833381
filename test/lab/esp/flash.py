"""A NOR flash in a file: erasing sets every bit of a sector, writing can only clear bits."""

import hashlib
import mmap
import os
import struct

SECTOR = 4096


def xor(data):
    """XOR of all bytes, by folding halves onto each other."""
    number, size = int.from_bytes(data, "big"), len(data)
    while size > 1:
        half = (size + 1) // 2
        number = number >> 8 * half ^ number & (1 << 8 * half) - 1
        size = half
    return number


class Flash:
    def __init__(self, path, size):
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.write(b"\xff" * size)
        self.file = open(path, "r+b")
        self.data = mmap.mmap(self.file.fileno(), size)
        self.size = size

    def erase(self, start, size):
        first = start - start % SECTOR
        end = min(self.size, -(-(start + size) // SECTOR) * SECTOR)
        if end > first:
            self.data[first:end] = b"\xff" * (end - first)

    def write(self, start, new):
        """Clears bits. Returns False if the data do not fit."""
        end = start + len(new)
        if end > self.size:
            return False
        old = self.data[start:end]
        if old.count(0xFF) != len(old):
            both = int.from_bytes(old, "big") & int.from_bytes(new, "big")
            new = both.to_bytes(len(new), "big")
        self.data[start:end] = new
        return True

    def read(self, start, size):
        return self.data[start : start + size]

    def md5(self, start, size):
        return hashlib.md5(self.data[start : start + size])


def fault_of_image(flash, start, image_id):
    """Returns why the image at `start` does not start, or None if it does. The checks are those of
    the ROM and the second-stage loader. Layout: 8 bytes, 16 more with the chip's id except on the
    ESP8266, segments, a checksum at the end of a 16-byte block, perhaps a SHA-256."""
    if start + 24 > flash.size or flash.data[start] != 0xE9:
        return f"invalid header: 0x{int.from_bytes(flash.read(start, 4), 'little'):08x}"
    count, at, hashed = flash.data[start + 1], start + 8, False
    if image_id is not None:
        found = struct.unpack_from("<H", flash.data, start + 12)[0]
        if found != image_id:
            return f"wrong chip id 0x{found:04x}"
        at, hashed = at + 16, flash.data[start + 23] == 1
    checksum = 0xEF
    for _ in range(count):
        _, length = struct.unpack("<II", flash.read(at, 8))
        if at + 8 + length > flash.size:
            return "segment does not fit"
        checksum ^= xor(flash.read(at + 8, length))
        at += 8 + length
    at = start + (at - start) // 16 * 16 + 15
    if flash.data[at] != checksum:
        return "checksum failed"
    if hashed:
        digest = hashlib.sha256(flash.data[start : at + 1]).digest()
        if flash.read(at + 1, 32) != digest:
            return "hash of the image does not match"
    return None
