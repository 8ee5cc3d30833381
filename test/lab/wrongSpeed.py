#!/usr/bin/env python3
"""A line between a computer and a board with different bit rates: each side receives what its UART
would make of the other's bits.

  wrongSpeed.py TTY OURS THEIRS      TTY: the board; OURS, THEIRS: bits per second

Bytes are start bit (0), eight bits from the lowest, stop bit (1); the line rests at 1. A receiver
waits for a falling edge and samples the middle of each bit at its own rate.
"""

import os
import select
import sys
import tty


def bits_of(data):
    bits = []
    for byte in data:
        bits += [0] + [(byte >> n) & 1 for n in range(8)] + [1]
    return bits


def heard(data, sender, receiver):
    bits = bits_of(data)

    def level(t):
        at = int(t * sender)
        return bits[at] if at < len(bits) else 1

    step = 1 / receiver
    out = bytearray()
    t = 0.0
    while t * sender < len(bits):
        if level(t):
            t += step / 16  # UARTs look sixteen times a bit for the edge
            continue
        out.append(sum(level(t + (1.5 + n) * step) << n for n in range(8)))
        t += 9.5 * step
        while t * sender < len(bits) and not level(t):
            t += step / 16  # no stop bit: the receiver waits until the line rests
    return bytes(out)


def main():
    path, ours, theirs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    board = os.open(path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(board)
    while True:
        for fd in select.select([0, board], [], [])[0]:
            data = os.read(fd, 4096)
            if not data:
                return
            if fd == 0:
                os.write(board, heard(data, ours, theirs))
            else:
                os.write(1, heard(data, theirs, ours))


main()
