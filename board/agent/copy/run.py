"""Runs the user's code: requests and the board's own program, with input, output and interruption
(docs/protocol.md section 6). os.dupterm copies everything printed to the Runner."""

import asyncio
import io
import os

from .util import load
from .wire import UP


class Runner(io.IOBase):
    """Runs one piece of code at a time. setup.py sets the attributes:

    job: (kind, what, mode, file name) waiting or running; out: Output of the last EXEC; state:
    idle, exec or app; task: the asyncio task that runs code; live: the user's code itself runs
    now; count: pieces of code run so far; hit: the one interrupted last; calm: output is the
    user's; pending: an interrupt is wanted; fire: the next readinto() returns Ctrl-C; bomb: the
    task that interrupts code which runs the event loop itself; input, taken: bytes for stdin and
    how many were read; sock, came: the watched socket and its callback; app: the board's program
    (p: path, x: its error, n: number of starts, stop: it must not run); can: this firmware can
    interrupt code; stdin: poll object of the console."""

    def attach(self):
        if hasattr(os, "dupterm"):
            os.dupterm(self)

    def detach(self):
        if hasattr(os, "dupterm"):
            os.dupterm(None)

    def watch(self, sock, cb=None):
        """Calls `cb` from now on when data arrives on the connection's socket, also after a
        reconnection while code runs. None ends this."""
        if self.sock is not None and self.sock is not sock:
            load("hal").forget(self.sock)
        self.sock = sock
        if sock is not None:
            load("hal").on_read(sock, cb)
        self.came = cb

    def new_socket(self, sock):
        self.watch(sock, self.came)

    # The stream that os.dupterm uses. An exception that leaves one of these three methods ends the
    # stream, and KeyboardInterrupt can be raised at any branch. So an interrupt is only raised
    # while `calm`; an earlier one is caught at write()'s first branch and raised again just before
    # return.

    def write(self, buf):
        n = len(buf)
        mine = self.calm  # False for output that the agent itself prints while it handles a print
        self.calm = False
        try:
            if mine:
                self._write(buf)
        except KeyboardInterrupt:
            self.pending = True
        except Exception as e:
            self.ag.log.lost(e)
        if mine:
            if self.pending and self.live and self.can:
                self.fire = True
                os.dupterm_notify(None)
            self.calm = True
        return n

    def _write(self, buf):
        o = self.out
        c = self.ag.client
        if self.state != "exec" or o is None or c.locked:
            self.ag.log.printed(buf)
            if self.state == "app" and c.state == UP and not c.locked:
                try:
                    self.ag.log.flush(c, self.ag.logt)  # the app may let nothing else flush it
                except OSError:
                    pass  # the connection failed; the client knows already
        elif c.enter():
            try:
                o.put(buf)
            except OSError as e:
                c.fail(e)
            finally:
                c.leave()

    def readinto(self, buf):
        if self.fire:
            self.fire = self.pending = False
            buf[0] = 3
            return 1
        if not self.input:
            return None
        buf[0] = self.input[0]
        self.input = self.input[1:]
        return 1

    def ioctl(self, op, arg):
        return arg & 4 if op == 3 else 0

    def interrupt(self):
        """Raises KeyboardInterrupt in the running code. Returns True if something runs."""
        return self.live and load("intr").interrupt(self)

    def fire_now(self, _):
        """Raises KeyboardInterrupt now, or at the end of write() if the code is printing."""
        if not self.live:
            return
        self.pending = True
        if self.calm:
            self.fire = True
            os.dupterm_notify(None)

    # Running

    async def work(self):
        """The task in which a piece of code runs. It exists only while there is something
        to run."""
        load("code").compile_and_run(self, *self.job)
        self.job = self.task = None
        self.ag.changed()

    def submit(self, kind, code, mode, name):
        load("code")  # now, while a MemoryError can still be reported
        self.task = asyncio.create_task(self.ag.vital(self.work))
        self.job = (kind, code, mode, name)
        self.input = b""
        self.taken = 0
