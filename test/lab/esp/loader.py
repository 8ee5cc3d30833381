"""The serial loader of Espressif chips: the ROM's, and the stub that tools upload to RAM.

https://docs.espressif.com/projects/esptool/en/latest/esp32/advanced-topics/serial-protocol.html"""

import hashlib
import struct
import zlib

from chips import flash_id
from flash import xor

OK = 0
# Reasons of failure by the ROM, then by the stub.
INVALID_MESSAGE, BAD_CHECKSUM, ROM_FAILED = 0x05, 0x07, 0x06
STUB_CHECKSUM, STUB_BLOCK_SIZE, STUB_NOT_IN_FLASH_MODE = 0xC1, 0xC2, 0xC6
STUB_INFLATE, STUB_NOT_ENOUGH, STUB_TOO_MUCH, STUB_UNKNOWN = 0xC7, 0xC8, 0xC9, 0xFF
SPI_USER_COMMAND = 1 << 18
READ_ID = 0x9F
SECTOR = 4096


def slip(data):
    return b"\xc0" + data.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


def unslip(frame):
    return frame.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")


class Write:
    """A write that has begun: its next address, and the number of bytes still to come."""

    def __init__(self, at, size, block_size, inflate):
        self.at, self.left, self.block_size = at, size, block_size
        self.inflate = zlib.decompressobj() if inflate else None


class Loader:
    def __init__(self, chip, flash, board):
        """`board`: send(bytes), speed(baud), run() for the program, erased() for a whole erase."""
        self.chip, self.flash, self.board = chip, flash, board
        self.stub = False
        self.registers = dict(chip.registers)
        self.input = b""
        self.write_ = None
        self.reading = None  # (data, block size, acknowledged) while READ_FLASH sends
        self.counts = {}

    def feed(self, data):
        *frames, self.input = (self.input + data).split(b"\xc0")
        for frame in frames:
            frame = unslip(frame)
            if self.reading and len(frame) == 4:
                self.acknowledged(struct.unpack("<I", frame)[0])
            elif len(frame) >= 8 and frame[0] == 0:
                _, op, size, check = struct.unpack_from("<BBHI", frame)
                if len(frame) - 8 == size:
                    self.command(op, frame[8:], check)
                elif not self.stub:
                    self.answer(op, INVALID_MESSAGE)

    def answer(self, op, reason=OK, value=0, data=b""):
        status = bytes([1 if reason else 0, reason])
        if not self.stub:
            status = status.ljust(self.chip.status_bytes, b"\0")
        body = data + status
        self.board.send(slip(struct.pack("<BBHI", 1, op, len(body), value) + body))

    def command(self, op, data, check):
        self.counts[op] = self.counts.get(op, 0) + 1
        handler = getattr(self, f"op_{op:02x}", None)
        if handler is None or (op >= 0xD0 and not self.stub) or self.missing(op):
            # According to esptool's source, the ROM repeats this answer.
            self.answer(op, STUB_UNKNOWN if self.stub else INVALID_MESSAGE)
        else:
            handler(op, data, check)

    def missing(self, op):
        """Returns whether this chip's ROM, or its stub, does not have the command."""
        if op == 0x14:
            return not self.chip.says_id
        if self.stub:
            return op == 0x0E
        old = self.chip.image_id is None
        return old and op in (0x0B, 0x0D, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x0E)

    # Beginning, registers, RAM

    def op_08(self, op, data, check):
        for _ in range(8):
            self.answer(op, value=0 if self.stub else 0x20120707)

    def op_09(self, op, data, check):
        for at in range(0, len(data) - 15, 16):
            address, value, mask, _ = struct.unpack_from("<IIII", data, at)
            old = self.registers.get(address, 0)
            self.registers[address] = old & ~mask & 0xFFFFFFFF | value & mask
            if address == self.chip.spi and value & SPI_USER_COMMAND:
                self.spi_command()
        self.answer(op)

    def spi_command(self):
        base = self.chip.spi
        if self.registers.get(base + self.chip.usr2, 0) & 0xFF == READ_ID:
            self.registers[base + self.chip.w0] = flash_id(self.flash.size)
        self.registers[base] = 0  # done

    def op_0a(self, op, data, check):
        (address,) = struct.unpack_from("<I", data)
        if address == self.chip.clock_register:
            value = self.chip.crystal // self.board.baud
        else:
            value = self.registers.get(address, 0)
        self.answer(op, value=value)

    def op_05(self, op, data, check):
        self.answer(op)

    def op_07(self, op, data, check):
        self.answer(op, self.wrong(data, check) or OK)

    def op_06(self, op, data, check):
        """MEM_END. With an address, the uploaded stub starts and sends its greeting."""
        self.answer(op)
        if struct.unpack_from("<II", data)[1]:
            self.stub = True
            self.board.send(slip(b"OHAI"))

    def op_0b(self, op, data, check):
        self.answer(op)

    op_0d = op_0b

    def op_0f(self, op, data, check):
        self.answer(op)
        self.board.speed(struct.unpack_from("<I", data)[0])

    def op_14(self, op, data, check):
        info = struct.pack("<IB7sII", 0, 0, bytes(7), self.chip.image_id, 0)
        self.answer(op, data=info)

    # Writing

    def wrong(self, data, check):
        """Returns the reason for rejecting a block of data, or None if it is valid."""
        (size,) = struct.unpack_from("<I", data)
        body = data[16:]
        if size != len(body) or xor(body) ^ 0xEF != check & 0xFF:
            return STUB_CHECKSUM if self.stub else BAD_CHECKSUM
        return None

    def begin(self, op, data, inflate):
        size, blocks, block_size, offset = struct.unpack_from("<IIII", data)
        if self.board.power_fails():
            return
        erase = size
        if not self.stub and self.chip.image_id is None:
            erase = SECTOR * self.sectors_of_old_rom(size, offset)
            size = blocks * block_size  # here, `size` is the size to erase
        self.flash.erase(offset, erase)
        self.write_ = Write(offset, size, block_size, inflate)
        self.answer(op)

    @staticmethod
    def sectors_of_old_rom(size, offset):
        """The ESP8266's ROM erases more than requested: the head of a 64 kB block counts twice."""
        count, head = -(-size // SECTOR), 16 - offset // SECTOR % 16
        return 2 * count if count <= head else count + head

    def op_02(self, op, data, check):
        self.begin(op, data, False)

    def op_10(self, op, data, check):
        self.begin(op, data, True)

    def op_03(self, op, data, check):
        write, reason = self.write_, self.wrong(data, check)
        if write is None:
            return self.answer(op, STUB_NOT_IN_FLASH_MODE if self.stub else ROM_FAILED)
        if reason is None and not self.board.power_fails():
            reason = self.put(write, data[16:], op == 0x11)
        self.answer(op, reason or OK)

    op_11 = op_03

    def put(self, write, body, inflate):
        if inflate != (write.inflate is not None):
            return STUB_NOT_IN_FLASH_MODE if self.stub else ROM_FAILED
        if inflate:
            try:
                body = write.inflate.decompress(body)
            except zlib.error:
                return STUB_INFLATE if self.stub else ROM_FAILED
        elif len(body) > write.block_size:
            return STUB_BLOCK_SIZE if self.stub else ROM_FAILED
        fits = body[: write.left]
        if len(body) > len(fits) and inflate:
            return STUB_TOO_MUCH if self.stub else ROM_FAILED
        if not self.flash.write(write.at, fits):
            return ROM_FAILED
        write.at, write.left = write.at + len(fits), write.left - len(fits)
        return None

    def op_04(self, op, data, check):
        write, self.write_ = self.write_, None
        if self.stub and write is not None and write.left > 0:
            return self.answer(op, STUB_NOT_ENOUGH)
        self.answer(op)
        if struct.unpack_from("<I", data)[0] == 0:
            self.board.run()
        return None

    op_12 = op_04

    def op_13(self, op, data, check):
        digest = self.flash.md5(*struct.unpack_from("<II", data))
        self.answer(op, data=digest.digest() if self.stub else digest.hexdigest().encode())

    def op_d0(self, op, data, check):
        if self.board.power_fails():
            return
        self.flash.erase(0, self.flash.size)
        self.board.erased()
        self.answer(op)

    def op_d1(self, op, data, check):
        if self.board.power_fails():
            return
        self.flash.erase(*struct.unpack_from("<II", data))
        self.answer(op)

    # Reading

    def op_0e(self, op, data, check):
        address, size = struct.unpack_from("<II", data)
        self.answer(op, data=self.flash.read(address, size).ljust(64, b"\0"))

    def op_d2(self, op, data, check):
        address, size, block, window = struct.unpack_from("<IIII", data)
        self.answer(op)
        self.reading = [self.flash.read(address, size), block, window, 0]
        self.acknowledged(0)

    def acknowledged(self, count):
        data, block, window, sent = self.reading
        while sent < len(data) and sent - count < block * window:
            self.board.send(slip(data[sent : sent + block]))
            sent += block
        self.reading[3] = sent
        if count >= len(data):
            self.reading = None
            self.board.send(slip(hashlib.md5(data).digest()))

    def op_d3(self, op, data, check):
        self.board.run()
