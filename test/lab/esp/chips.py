"""What tools read from an Espressif chip to recognise it: registers, eFuses and the flash's id.

Addresses are those of Espressif's technical reference manuals, as Debian's esptool reads them."""

from dataclasses import dataclass, field

MAGIC_REGISTER = 0x40001000  # differs by chip; ESP8266 to ESP32-S2 are recognised by it


@dataclass
class Chip:
    magic: int
    image_id: int | None  # "chip id" of an image's header; the ESP8266's header has none
    says_id: bool  # GET_SECURITY_INFO exists, with the chip id
    boot_offset: int  # where the ROM looks for the second-stage loader
    spi: int  # base address of the flash's SPI controller
    usr2: int
    w0: int
    clock_register: int
    crystal: int  # Hz
    status_bytes: int  # at the end of each answer of the ROM
    app_offset: int | None  # where the second-stage loader finds the program
    registers: dict[int, int] = field(default_factory=dict)


def mac_words(mac):
    """A MAC address as two eFuse words: the low four bytes, then the high two."""
    number = int.from_bytes(mac, "big")
    return number & 0xFFFFFFFF, number >> 32


def esp32(mac):
    low, high = mac_words(mac)
    efuse = 0x3FF5A000
    revision_3 = {efuse + 12: 1 << 15, efuse + 20: 1 << 20, 0x3FF6607C: 1 << 31}
    registers = {efuse + 4: low, efuse + 8: high, **revision_3}
    return Chip(
        0x00F01D83, 0, False, 0x1000, 0x3FF42000, 0x24, 0x80,
        0x3FF40014, 40_000_000, 4, 0x10000, registers,
    )  # fmt: skip


def newer(magic, image_id, spi, efuse, mac):
    """ESP32-S3, -C3 and -C6: silicon v0.2, eFuse block 1 begins with the MAC address."""
    low, high = mac_words(mac)
    block = efuse + 0x44
    registers = {block: low, block + 4: high, block + 12: 2 << 18}
    return Chip(
        magic, image_id, True, 0, spi, 0x20, 0x58,
        0x60000014, 40_000_000, 4, 0x10000, registers,
    )  # fmt: skip


def esp8266(mac):
    otp = 0x3FF00050
    registers = {
        otp: mac[5] << 24,
        otp + 4: mac[3] << 8 | mac[4],
        otp + 8: 1 << 15,
        otp + 12: mac[0] << 16 | mac[1] << 8 | mac[2],
    }
    return Chip(
        0xFFF0C101, None, False, 0, 0x60000200, 0x24, 0x40,
        0x60000014, 2 * 26_000_000, 2, None, registers,
    )  # fmt: skip


def chip(name, mac):
    makers = {
        "esp32": esp32,
        "esp8266": esp8266,
        "esp32s3": lambda mac: newer(0x9, 9, 0x60002000, 0x60007000, mac),
        "esp32c3": lambda mac: newer(0x1B31506F, 5, 0x60002000, 0x60008800, mac),
        "esp32c6": lambda mac: newer(0x2CE0806F, 13, 0x60003000, 0x600B0800, mac),
    }
    if name not in makers:
        raise SystemExit(f"no such chip: {name}; there are {', '.join(makers)}")
    made = makers[name](mac)
    made.registers[MAGIC_REGISTER] = made.magic
    return made


def flash_id(size):
    """What the flash answers to RDID (0x9f): Winbond, and the capacity as a power of two."""
    return 0xEF | 0x40 << 8 | (size.bit_length() - 1) << 16
