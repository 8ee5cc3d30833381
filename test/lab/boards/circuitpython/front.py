#!/usr/bin/env python3
"""Imitates CircuitPython before its REPL: code.py runs and prints; after Ctrl-C it waits for a key
and prints its banner. From then on the line is connected to a real MicroPython.

  front.py TTY
"""

import os
import select
import sys
import tty

OUTPUT = b"\x1b]0;Wi-Fi: off | code.py | 9.2.1\x1b\\code.py output:\r\n"
STOPPED = (
    b'Traceback (most recent call last):\r\n  File "code.py", line 4, in <module>\r\n'
    b"KeyboardInterrupt: \r\n\r\nCode done running.\r\n\r\n"
    b"Press any key to enter the REPL. Use CTRL-D to reload.\r\n"
)
BANNER = (
    b"\x1b]0;Wi-Fi: off | REPL | 9.2.1\x1b\\\r\n"
    b"Adafruit CircuitPython 9.2.1 on 2024-11-20; Adafruit Fake RP2040 with rp2040\r\n>>> "
)


def keys(seconds=None):
    if not select.select([0], [], [], seconds)[0]:
        return b""
    data = os.read(0, 4096)
    if not data:
        sys.exit()
    return data


def program():
    """Counts until Ctrl-C. Other keys have no effect."""
    os.write(1, OUTPUT)
    n = 0
    while b"\x03" not in keys(0.05):
        n += 1
        os.write(1, b"blink %d\r\n" % n)


def main():
    board = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
    tty.setraw(board)
    program()
    os.write(1, STOPPED)
    keys()
    while select.select([board], [], [], 0.5)[0]:
        os.read(board, 4096)  # MicroPython's own banner
    os.write(1, BANNER)
    while True:
        for fd in select.select([0, board], [], [])[0]:
            data = os.read(fd, 4096)
            if not data:
                return
            os.write(board if fd == 0 else 1, data)


main()
