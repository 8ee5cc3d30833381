#!/usr/bin/env python3
"""A serial cable between a pty for the host's tools and a board, which can be paced, disturbed and
unplugged.

  serlink.py --link TTY --to WHERE [--baud 115200] [--latency 0.001] [--burst 96]
  WHERE: pty:/dev/pts/3 | unix:/path | tcp:host:port | exec:command line

--baud N   both directions are paced at N/10 bytes per second (8N1); 0: unlimited.
--latency  each direction hands bytes over at most this often (the USB latency timer), seconds.
--burst    an emulator is handed at most this many bytes at once: less than its chip's ring holds.

Commands come as JSON lines on standard input, and each is answered by one JSON line; end of input
ends the cable.
  {"do": "stats"}   -> {"toBoard": N, "toHost": N, "silent": false}: bytes handed over so far;
                    whether it is cut or unplugged
  {"do": "fault", "dir": "toBoard", "kind": KIND, "at": N, "count": 1, "mask": 1, "data": "hex"}
      At byte N of that direction, counted from now: "flip" (xor mask), "drop", "dup" count bytes,
      "insert" data, "cut" (silence both ways; the tty stays), "unplug".
  {"do": "unplug"}  hangs up the tty and removes its link; the board's output is then lost
  {"do": "replug"}  creates a new tty under the same link; ends a cut and forgets pending faults
  {"do": "pause"}, {"do": "resume"}    holds back all bytes without losing any
  {"do": "record"}    starts to record the bytes that are handed over
  {"do": "recorded"} -> {"parts": [["toBoard", "hex"], ...]}
      Returns them in the order of the wire, and ends the recording.
  {"do": "baud", "baud": N}

No receive buffer of a chip is emulated here: the board's own ring does that (drops or holds).
"""

import argparse
import ctypes
import errno
import fcntl
import json
import os
import pty
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import tty

CONNECT_SECONDS = 10  # QEMU opens its socket a moment after it starts
CHUNK = 4096
BURST = 96  # bytes at once; a chip's ring holds 256, which a machine under load must not overflow
SIOCOUTQ = 0x5411  # unread bytes in the other end of a socket, and what they cost to hold
PR_SET_PDEATHSIG = 1


def nonblocking(fd):
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)


def connect(kind, where):
    """Retries until a process listens: a board's socket appears a moment after its process."""
    end = time.monotonic() + CONNECT_SECONDS
    while True:
        try:
            if kind == "unix":
                sock = socket.socket(socket.AF_UNIX)
                sock.connect(where)
            else:
                host, _, port = where.rpartition(":")
                sock = socket.create_connection((host, int(port)))
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock.detach()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def unread(fd):
    """Returns a measure of the bytes that the other end of a socket has not read; 0 for none."""
    return struct.unpack("i", fcntl.ioctl(fd, SIOCOUTQ, bytes(4)))[0]


def open_board(to):
    """Returns (fd, child or None) for the board's end of the cable."""
    kind, _, where = to.partition(":")
    if kind == "pty":
        fd = os.open(where, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(fd)
        return fd, None
    if kind in ("unix", "tcp"):
        return connect(kind, where), None
    if kind == "exec":
        ours, theirs = socket.socketpair()
        libc = ctypes.CDLL(None)
        child = subprocess.Popen(
            shlex.split(where),
            stdin=theirs,
            stdout=theirs,
            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
        )
        theirs.close()
        return ours.detach(), child
    raise SystemExit(f"no such board end: {to}")


class Direction:
    """One direction of the cable: the bytes not yet handed over, its pace and its faults."""

    def __init__(self, cable, name):
        self.cable, self.name = cable, name
        self.buf = bytearray()
        self.since = time.monotonic()
        self.read = 0  # bytes taken out of buf, that is, offset of buf[0]
        self.count = 0  # bytes handed over
        self.faults = []
        self.dropping = 0

    def room(self):
        rate, latency = self.cable.rate, self.cable.latency
        return len(self.buf) < (CHUNK if not rate else max(64, int(rate * latency) * 4))

    def pull(self, fd):
        """Reads the sender's bytes. Returns False if the sender is gone."""
        try:
            data = os.read(fd, CHUNK if not self.cable.rate else 256)
        except BlockingIOError:
            return True
        except OSError as error:
            if error.errno == errno.EIO:
                return False
            raise
        if not data:
            return False
        if not self.buf:
            self.since = max(self.since, time.monotonic() - self.cable.latency)
        self.buf += data
        return True

    def due(self):
        """Returns how many bytes the line has carried by now, and the seconds until more."""
        rate, latency = self.cable.rate, self.cable.latency
        if not self.buf:
            return 0, None
        if not rate:
            return len(self.buf), 0
        gone = time.monotonic() - self.since
        # This process did not run for a while. A line does not make up for lost time.
        if gone * rate > BURST:
            self.since += gone - BURST / rate
            gone = BURST / rate
        n = int(gone * rate)
        if n < 1 or (gone < latency and n < len(self.buf)):
            return 0, max(latency, 1 / rate)
        return min(n, len(self.buf)), 0

    def disturb(self):
        """Applies the faults due at buf[0]; returns how many bytes lie before the next one."""
        while self.buf:
            if self.dropping:
                n = min(self.dropping, len(self.buf))
                del self.buf[:n]
                self.dropping -= n
                self.read += n
                continue
            if not self.faults:
                return len(self.buf)
            fault = self.faults[0]
            if fault["at"] > self.read:
                return fault["at"] - self.read
            self.faults.pop(0)
            kind, count = fault["kind"], fault.get("count", 1)
            if kind == "flip":
                self.buf[0] ^= fault.get("mask", 1)
            elif kind == "drop":
                self.dropping = count
            elif kind in ("dup", "insert"):
                again = bytes(self.buf[:count])
                extra = again if kind == "dup" else bytes.fromhex(fault["data"])
                self.buf[:0] = extra
                self.read -= len(extra)
            else:
                self.cable.silent = True
                if kind == "unplug":
                    self.cable.unplug()
        return 0

    def push(self, fd):
        """Hands over due bytes. Returns the seconds to wait, or None if nothing is left."""
        n, wait = self.due()
        if not n:
            return wait
        n = min(n, self.disturb())
        if self.cable.silent or not n:
            return None if not self.buf else 0
        if fd == self.cable.emulator:
            # A real chip never pauses, but its emulator may. Bytes sent meanwhile would arrive at
            # once and overflow the chip's ring, so the line waits for the emulator.
            if unread(fd):
                return 0.001
            n = min(n, self.cable.burst)
        try:
            written = os.write(fd, self.buf[:n])
        except BlockingIOError:
            return 0.001
        if self.cable.recorded is not None:
            self.cable.recorded.append([self.name, bytes(self.buf[:written]).hex()])
        del self.buf[:written]
        self.read += written
        self.count += written
        if self.cable.rate:
            self.since += written / self.cable.rate
        return 0 if self.buf else None


class Cable:
    def __init__(self, options):
        self.link, self.latency, self.rate = options.link, options.latency, options.baud / 10
        self.board, self.child = open_board(options.to)
        nonblocking(self.board)
        self.burst = options.burst
        self.emulator = self.board if options.to.startswith("unix:") else None
        self.to_board, self.to_host = Direction(self, "toBoard"), Direction(self, "toHost")
        self.host = self.keep = None
        self.silent = self.paused = False
        self.recorded = None
        self.input = b""

    def plug(self):
        # keep stays open: a host that closes does not hang up the line
        self.host, self.keep = pty.openpty()
        tty.setraw(self.keep)
        nonblocking(self.host)
        path = os.ttyname(self.keep)
        self.unlink()
        os.symlink(path, self.link)
        self.silent = False
        for direction in (self.to_board, self.to_host):
            direction.buf.clear()
            direction.faults.clear()
            direction.dropping = 0
            direction.since = time.monotonic()
        return path

    def unplug(self):
        self.unlink()
        if self.host is not None:
            # A process that has it open gets a hang-up, as when a USB device is unplugged.
            os.close(self.keep)
            os.close(self.host)
            self.host = self.keep = None

    def unlink(self):
        if os.path.islink(self.link):
            os.unlink(self.link)

    def end(self, code=0):
        self.unlink()
        if self.child:
            self.child.terminate()
            self.child.wait()
        os._exit(code)

    def command(self, line):
        request = json.loads(line)
        do = request.pop("do")
        reply = {}
        if do == "stats":
            reply = {d.name: d.count for d in (self.to_board, self.to_host)}
            reply["silent"] = self.silent or self.host is None
        elif do == "fault":
            direction = self.to_board if request["dir"] == "toBoard" else self.to_host
            request["at"] += direction.read + len(direction.buf)
            direction.faults.append(request)
            direction.faults.sort(key=lambda fault: fault["at"])
        elif do == "unplug":
            self.unplug()
        elif do == "replug":
            if self.host is not None:
                self.unplug()
            reply = {"tty": self.plug()}
        elif do in ("pause", "resume"):
            self.paused = do == "pause"
        elif do == "record":
            self.recorded = []
        elif do == "recorded":
            reply, self.recorded = {"parts": self.recorded or []}, None
        elif do == "baud":
            self.rate = request["baud"] / 10
        else:
            reply = {"error": f"no such command: {do}"}
        print(json.dumps(reply), flush=True)

    def commands(self):
        data = os.read(0, CHUNK)
        if not data:
            self.end()
        *lines, self.input = (self.input + data).split(b"\n")
        for line in lines:
            self.command(line)

    def step(self):
        """Hands over what is due, then waits for the next byte, command or moment."""
        waits = []
        passing = not self.paused and not self.silent and self.host is not None
        if passing:
            for direction, fd in ((self.to_board, self.board), (self.to_host, self.host)):
                wait = direction.push(fd)
                if wait is not None:
                    waits.append(wait)
                if self.host is None:
                    break
        reading = [0]
        if not self.paused:
            if self.host is not None and self.to_board.room():
                reading.append(self.host)
            if self.to_host.room():
                reading.append(self.board)
        ready, _, _ = select.select(reading, [], [], min(waits) if waits else None)
        if self.board in ready and not self.to_host.pull(self.board):
            self.end()
        if self.host in ready and not self.to_board.pull(self.host):
            self.end(1)
        if self.silent or self.host is None:
            for direction in (self.to_board, self.to_host):  # into a dead line: lost
                direction.read += len(direction.buf)
                direction.buf.clear()
        if 0 in ready:
            self.commands()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--link", required=True)
    parser.add_argument("--to", required=True)
    parser.add_argument("--baud", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.001)
    parser.add_argument("--burst", type=int, default=BURST)
    cable = Cable(parser.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: cable.end())
    signal.signal(signal.SIGINT, lambda *_: cable.end())
    print(json.dumps({"tty": cable.plug()}), flush=True)
    while True:
        cable.step()


if __name__ == "__main__":
    try:
        main()
    except (OSError, termios.error) as error:
        print(f"serlink: {error}", file=sys.stderr)
        sys.exit(1)
