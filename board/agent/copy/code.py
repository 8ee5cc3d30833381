"""Compiles and runs one piece of the user's code. No failure of that code ends the agent."""

import gc
import io
import sys
import time
from asyncio import core

import __main__
import micropython

# Loads everything that a frame needs before user code runs, because memory may run out later.
from . import answer, batch, dispatch, hal, intr, runops  # noqa: F401

_TICK_MS = const(100)  # interval of the agent's regular work while user code runs
_LAST_MS = const(1000)  # ms before a restart in which the host may still request output


def _branches():
    """Executes branches: MicroPython raises a pending interrupt at the next branch."""
    for _ in range(3):
        pass
    time.sleep_ms(0)


def _flush_interrupt():
    """Discards a Ctrl-C that arrives after the code has ended."""
    try:
        _branches()
    except KeyboardInterrupt:
        pass


class _Guarded:
    """Lets the socket's callback serve the broker while user code runs, and restores the event
    loop afterwards."""

    def __init__(self, run):
        self.run = run

    def __enter__(self):
        run = self.run
        self.keep = (core.cur_task, core._task_queue, core._io_queue)
        if run.can:
            run.watch(run.sock, self.came)
        self.timer = hal.ticker(_TICK_MS, self.tick) if run.can else None

    def __exit__(self, *_):
        if self.timer:
            self.timer.deinit()
        self.run.watch(self.run.sock, None)
        core.cur_task, core._task_queue, core._io_queue = self.keep

    def came(self, _):
        """Handles received data between the instructions of the user's code."""
        ag = self.run.ag
        if ag.in_callback:
            ag.client.again = True
            return
        # False if the user's code runs the event loop, which then runs the agent's tasks as well
        ag.in_callback = core.cur_task is self.run.task or core.cur_task is None
        try:
            ag.client.serve()
            ag.callback_tick()
            if ag.client.full:  # the socket does not call again for bytes that have arrived
                micropython.schedule(self.came, None)
        except RuntimeError:
            pass  # the queue is full: the timer handles the rest
        finally:
            ag.in_callback = False

    def tick(self, _):
        ag = self.run.ag
        if not ag.client.locked and not ag.in_callback:
            ag.tick()


def compile_and_run(run, kind, code, mode, name):
    """Runs one EXEC and answers it, or runs the app and records the result."""
    ag = run.ag
    o = run.out if kind == "exec" else None
    t = time.ticks_ms()
    result = None
    error = None
    try:
        with _Guarded(run):
            run.state = kind
            run.pending = run.fire = False
            run.bomb = None
            run.count += 1
            ag.changed()
            if kind == "app":
                run.app["n"] += 1
                with open(code) as f:
                    code = f.read()
            text = code if isinstance(code, str) else str(code, "utf-8")
            code = None
            try:
                try:
                    fun = compile(text, name, mode)
                    text = None
                    run.live = True
                    if kind == "app" and run.app["stop"]:
                        raise KeyboardInterrupt  # stopped before it started
                    if mode == "eval":
                        result = eval(fun, __main__.__dict__)
                    else:
                        exec(fun, __main__.__dict__)
                except SystemExit:
                    pass
                except BaseException as e:
                    error = e
                run.live = False
                _branches()
            except:  # noqa: E722  Naming the class is a branch, where another interrupt may come
                run.live = False
                error = error or KeyboardInterrupt()  # it arrived while the code was ending
            run.live = run.pending = run.fire = False
            _flush_interrupt()
    except Exception as e:
        error = e
    run.state = "idle"
    unread = _drain(run)
    gc.collect()
    ms = time.ticks_diff(time.ticks_ms(), t)
    if o:
        _answer(ag, run, o, ms, mode, result, error, unread)
    else:
        if error is not None:
            error = _trace(error), error
        run.app["x"] = "" if error is None else repr(error[1])
        if error is not None and not isinstance(error[1], KeyboardInterrupt):
            ag.log.log("E", "app", error[0])
            ag.guard.crash("app", error[0])


def _drain(run):
    """Returns the number of input bytes that the code left unread, which the next code must not
    get."""
    n = len(run.input)
    run.input = b""
    while run.can and run.stdin.poll(0):
        sys.stdin.read(1)
        n += 1
    return min(n, run.taken)


def _trace(error):
    """Formats the traceback without the agent's own frame."""
    b = io.StringIO()
    sys.print_exception(error, b)
    t = b.getvalue()
    i = t.find("compile_and_run\n")
    return t if i < 0 else t[: t.find("\n") + 1] + t[i + 16 :]


def _answer(ag, run, o, ms, mode, result, error, unread):
    d = {"ok": 1 if error is None else 0, "ms": ms}
    if unread:
        d["in"] = run.taken - unread
    c = ag.client
    c.enter()
    try:
        if error is not None:
            o.error_begins()
            o.put(_trace(error).encode())
            d["x"] = repr(error)[:120]
        elif mode == "eval":
            d["r"] = repr(result)[: ag.mtu - 160]
        o.flush(True)
        o.done = True
        d["n"], d["drop"] = o.end, o.drop
        ag.finish(o.s, o.r, d, o.end)
    except OSError as e:
        c.fail(e)
    finally:
        c.leave()
    if o.again:
        ag.handler("ops", "reset")(ag, None, 0, {"m": "soft"}, None)
        ag.leave_at += _LAST_MS
