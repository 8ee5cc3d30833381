"""Running the user's code: requests, the board's own program, their input, output and interruption
(docs/protocol.md section 6). The Runner is what os.dupterm copies everything printed to."""

import asyncio
import io
import os

from .util import load


class Runner(io.IOBase):
    """setup.py says what it holds."""

    def attach(self):
        if hasattr(os, "dupterm"):
            os.dupterm(self)

    def detach(self):
        if hasattr(os, "dupterm"):
            os.dupterm(None)

    def watch(self, sock, cb=None):
        """Has the link's socket watched: by `cb` from now on, or by the one there was when only
        the socket
        is a new one (reconnected while code runs)."""
        if self.sock is not None and self.sock is not sock:
            load("hal").forget(self.sock)
        self.sock = sock
        if sock is not None:
            load("hal").on_read(sock, cb)
        self.came = cb

    def new_socket(self, sock):
        self.watch(sock, self.came)

    # The stream that os.dupterm sees. An exception that leaves one of these three methods ends the
    # stream, and KeyboardInterrupt is raised at any branch. So nothing puts one in unless `calm`,
    # what came
    # before is caught at write()'s first branch, and put in anew with none between that and the
    # return.

    def write(self, buf):
        n = len(buf)
        mine = self.calm  # False: what the agent itself prints while it handles a print
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
            if self.state == "app" and c.state == 2 and not c.locked:
                try:
                    self.ag.log.flush(c, self.ag.logt)  # it may be long until anything else does
                except OSError:
                    pass  # the connection: the client knows already
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
        """KeyboardInterrupt in what runs. True if something does."""
        return self.live and load("intr").interrupt(self)

    def fire_now(self, _):
        if not self.live:
            return
        self.pending = True
        if self.calm:
            self.fire = True
            os.dupterm_notify(None)

    # Running

    async def work(self):
        """The task in which a piece of code runs; there is one only while there is something to
        run."""
        load("code").compile_and_run(self, *self.job)
        self.job = self.task = None
        self.ag.changed()

    def submit(self, kind, code, mode, name):
        load("code")  # now, while a MemoryError can still be answered
        self.task = asyncio.create_task(self.ag.vital(self.work))
        self.job = (kind, code, mode, name)
        self.input = b""
        self.taken = 0
