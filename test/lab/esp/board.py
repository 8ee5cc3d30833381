#!/usr/bin/env python3
"""A stand-in for an ESP board: the chip's serial loader on a pty, with its flash in a file.

If the flash holds a valid image, the board starts: it runs a real MicroPython (uboard) and passes
its terminal through.

  board.py --link TTY --chip esp32s3 --flash FILE [--size MIB] [--mac 24:0a:c4:00:00:01]
           [--circuit classic|usb|none] [--lines FOLDER] [--start loader|program]
           [--most-baud N] [--brownout N] [--uboard PROGRAM --files FILE]

--circuit   how DTR and RTS reach the chip; `none`: not at all (hold BOOT, press RESET)
--lines     folder of the sockets that lines.c passes DTR and RTS to
--most-baud a faster line is too fast for this board's bridge: what passes there is damaged
--brownout  the power fails once, at the Nth erase or write

Commands come as JSON lines on standard input, and each is answered by one JSON line:
  {"do": "state"}    -> {"mode": "loader|stub|program|blank", "baud": N, "counts": {"02": 1, ...}}
  {"do": "reset", "to": "program|loader"}    the RESET button, and BOOT held or not
"""

import argparse
import json
import os
import pty
import select
import socket
import subprocess
import sys
import termios
import time
import tty

from chips import chip
from flash import Flash, fault_of_image
from loader import Loader

CHUNK = 65536
EN_RISES = 0.01  # seconds: the capacitor at EN
SPEEDS = {  # by the constant of the C library
    getattr(termios, name): int(name[1:])
    for name in dir(termios)
    if name[0] == "B" and name[1:].isdigit()
}
BLANK_SAYS = 0.4  # seconds between two starts of a chip without a program


class Board:
    def __init__(self, options):
        self.options = options
        mac = bytes.fromhex(options.mac.replace(":", ""))
        self.name = mac.hex()
        self.chip = chip(options.chip, mac)
        self.flash = Flash(options.flash, options.size << 20)
        self.master, self.keep = pty.openpty()
        tty.setraw(self.keep)
        path = os.ttyname(self.keep)
        self.lines = None
        if options.circuit != "none" and options.lines:
            self.lines = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            place = os.path.join(options.lines, path.rsplit("/", 1)[1])
            if os.path.exists(place):
                os.remove(place)  # of an earlier board whose pty had this number
            self.lines.bind(place)
        self.dtr = self.rts = False
        self.flag = False  # of the USB peripheral: the next reset ends in the loader
        self.release = None  # when EN rises
        self.input = b""
        self.program = self.terminal = None
        self.brownout = options.brownout
        self.next_try = None
        self.baud = 115200
        self.loader = None
        self.reset("loader" if options.start == "loader" else "program")
        # Last: a program that waits for boards may open it at once.
        if os.path.islink(options.link):
            os.unlink(options.link)
        os.symlink(path, options.link)

    # What the loader needs

    def send(self, data):
        if self.too_fast():
            data = bytes(byte ^ 0x55 for byte in data)
        try:
            while data:
                data = data[os.write(self.master, data) :]
        except OSError:
            pass  # the line was hung up

    def speed(self, baud):
        self.baud = baud

    def too_fast(self):
        most = self.options.most_baud
        if not most:
            return False
        host = SPEEDS.get(termios.tcgetattr(self.master)[4], 0)
        return self.baud > most or (self.loader is not None and host != self.baud)

    def run(self):
        self.reset("program")

    def erased(self):
        if self.options.files and os.path.exists(self.options.files):
            os.unlink(self.options.files)

    def power_fails(self):
        if self.brownout == 0:
            return False
        self.brownout -= 1
        if self.brownout > 0:
            return False
        self.send(b"\r\nBrownout detector was triggered\r\n\r\n")
        self.reset("program")
        return True

    # Starting

    def reset(self, to):
        self.stop_program()
        self.baud = 115200
        self.next_try = None
        self.loader = None
        if to == "loader":
            self.loader = Loader(self.chip, self.flash, self)
            self.send(b"\r\nrst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0))\r\n")
            self.send(b"waiting for download\r\n")
            return
        self.send(b"\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n")
        fault = fault_of_image(self.flash, self.chip.boot_offset, self.chip.image_id)
        if fault is None and self.chip.app_offset is not None:
            fault = fault_of_image(self.flash, self.chip.app_offset, self.chip.image_id)
        if fault is None:
            self.start_program()
        else:
            self.send(fault.encode() + b"\r\n")
            self.next_try = time.monotonic() + BLANK_SAYS

    def start_program(self):
        if not self.options.uboard:
            return
        link = self.options.link + ".uboard"
        command = [self.options.uboard, "--tty", link, "--flash", self.options.files]
        self.program = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command, "--size", "2048", "--name", self.name],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        self.program.stdout.readline()  # "TTY ..."
        self.terminal = os.open(link, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.terminal)

    def stop_program(self):
        if self.program is None:
            return
        os.close(self.terminal)
        self.program.kill()
        self.program.wait()
        self.program = self.terminal = None

    # DTR and RTS

    def line(self):
        text = self.lines.recv(8)
        self.line_change(text[:1] == b"1", text[1:2] == b"1")

    def line_change(self, dtr, rts):
        was_reset = self.rts and not self.dtr
        self.dtr, self.rts = dtr, rts
        in_reset = rts and not dtr
        if self.options.circuit == "usb":
            if dtr and not rts:
                self.flag = True
            elif not dtr and not rts:
                self.flag = False
            if in_reset and not was_reset:
                self.reset("loader" if self.flag else "program")
        elif in_reset:
            self.release = None
            self.stop_program()
            self.loader, self.next_try = None, None
        elif was_reset:
            self.release = time.monotonic() + EN_RISES

    def due(self):
        now = time.monotonic()
        if self.release is not None and now >= self.release:
            self.release = None
            self.reset("loader" if self.dtr and not self.rts else "program")
        if self.next_try is not None and now >= self.next_try:
            self.reset("program")

    # The loop

    def command(self, request):
        do = request["do"]
        if do == "reset":
            self.reset(request["to"])
        elif do != "state":
            return {"error": f"no such command: {do}"}
        while self.lines is not None and select.select([self.lines], [], [], 0)[0]:
            self.line()  # changes that came before this request
        if self.release is not None:  # in reset for some milliseconds: report the mode after it
            time.sleep(max(0, self.release - time.monotonic()))
            self.due()
        if self.loader is not None:
            mode = "stub" if self.loader.stub else "loader"
        else:
            mode = "blank" if self.program is None else "program"
        counts = self.loader.counts if self.loader is not None else {}
        return {
            "mode": mode,
            "baud": self.baud,
            "counts": {f"{op:02x}": count for op, count in counts.items()},
        }

    def step(self):
        reading = [0, self.master]
        if self.lines is not None:
            reading.append(self.lines)
        if self.terminal is not None:
            reading.append(self.terminal)
        times = [at for at in (self.release, self.next_try) if at is not None]
        wait = max(0, min(times) - time.monotonic()) if times else None
        ready, _, _ = select.select(reading, [], [], wait)
        if self.lines in ready:
            self.line()
        self.due()
        if self.terminal in ready and self.terminal is not None:
            self.from_program()
        if self.master in ready:
            self.from_host(os.read(self.master, CHUNK))
        if 0 in ready:
            data = os.read(0, CHUNK)
            if not data:
                self.end()
            *lines, self.input = (self.input + data).split(b"\n")
            for line in lines:
                print(json.dumps(self.command(json.loads(line))), flush=True)

    def from_program(self):
        try:
            self.send(os.read(self.terminal, CHUNK))
        except OSError:
            self.reset("program")  # the program has ended: it starts again

    def from_host(self, data):
        if self.loader is not None:
            if not self.too_fast():
                self.loader.feed(data)
        elif self.terminal is not None:
            os.write(self.terminal, data)

    def end(self):
        self.stop_program()
        if os.path.islink(self.options.link):
            os.unlink(self.options.link)
        os._exit(0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--link", required=True)
    parser.add_argument("--chip", required=True)
    parser.add_argument("--flash", required=True)
    parser.add_argument("--size", type=int, default=4)
    parser.add_argument("--mac", default="24:0a:c4:00:00:01")
    parser.add_argument("--circuit", choices=["classic", "usb", "none"], default="none")
    parser.add_argument("--lines")
    parser.add_argument("--start", choices=["loader", "program"], default="loader")
    parser.add_argument("--most-baud", type=int, default=0)
    parser.add_argument("--brownout", type=int, default=0)
    parser.add_argument("--uboard")
    parser.add_argument("--files")
    board = Board(parser.parse_args())
    print(json.dumps({"tty": os.ttyname(board.keep)}), flush=True)
    while True:
        board.step()


if __name__ == "__main__":
    try:
        main()
    except (OSError, termios.error) as error:
        print(f"board: {error}", file=sys.stderr)
        sys.exit(1)
