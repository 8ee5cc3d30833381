"""The trial of an app's new version. Loaded only during a trial."""

import asyncio
import json
import sys
import time

_STARTS = const(2)  # starts that a new version gets
_OFFLINE_S = const(600)  # seconds away from the broker after which a new version has failed
_LOOK_MS = const(5000)  # interval of the checks that the app lets other tasks run
_ERROR = const(1000)  # maximum characters kept of the reason
_STUCK = const(6)  # checks without a sign of life


class Trial:
    def __init__(self, app):
        self.app = app
        self.timer = None
        self.alive = 0
        self.stuck = 0

    def begin(self):
        """Returns False if the version has used up its starts, and the board goes back to the
        previous one."""
        app = self.app
        n = app.note
        n["starts"] = n.get("starts", 0) + 1
        if n["starts"] > _STARTS:
            self.fall("the board restarted %d times before the app was confirmed" % _STARTS)
            return False
        app.save_note(n)
        if app.ag:
            self.own_restarts()
        try:
            import machine

            self.timer = machine.Timer(2 if sys.platform == "esp32" else -1)
            self.timer.init(period=_LOOK_MS, mode=machine.Timer.PERIODIC, callback=self.look)
        except (AttributeError, ValueError, OSError, TypeError):
            self.timer = None  # without one, only the next restart ends an app that blocks
        asyncio.create_task(self.prove(n["trial"]))
        return True

    def own_restarts(self):
        """Restarts during a trial are the app's fault. If the agent counted them too, the board
        could enter safe mode, which starts no app, before the version has used its starts."""
        import mpyfleet

        with open(mpyfleet.__path__ + "/boot.json") as f:
            d = json.load(f)
        d["fails"] = 0
        mpyfleet.save(d)

    async def prove(self, seconds):
        """Confirms the version after it has run for this time without a failed task."""
        app = self.app
        t = up = time.ticks_ms()
        while True:
            await asyncio.sleep_ms(500)
            t1 = time.ticks_ms()
            if app.ag is None or app.ag.client.state == 2:
                up = t1
            last = t if app.failed_at is None else app.failed_at
            if up == t1 and not app.waiting and time.ticks_diff(t1, last) >= seconds * 1000:
                return self.confirm()
            if time.ticks_diff(t1, up) > _OFFLINE_S * 1000:
                return self.fall("the board was not back at its broker in %d s" % _OFFLINE_S)

    def confirm(self):
        app = self.app
        self.end()
        n = app.note
        n["trial"] = n["starts"] = 0
        n["bad"] = None
        app.save_note(n)
        app.trial = None
        app.event("confirmed", v=app.version)
        if app.ag:
            try:
                app.ag.handler("nap", "renew")()  # the birth reports it as well
            except ImportError:
                pass  # an agent before 0.5.0

    def look(self, _):
        """Called by the timer: detects that the new version lets nothing else run."""
        if self.alive != self.app.alive:
            self.alive = self.app.alive
            self.stuck = 0
            return
        self.stuck += 1
        if self.stuck >= _STUCK:
            seconds = _STUCK * _LOOK_MS // 1000
            self.fall("it let nothing else run for %d seconds" % seconds, True)

    def fall(self, why, at_once=False):
        """Returns to the previous version, or to none. Restarts the board, which clears everything
        that the bad version changed in memory and hardware. at_once: nothing else can run."""
        app = self.app
        n = app.note
        n["bad"] = {"v": n.get("run"), "x": why[-_ERROR:]}
        n["run"], n["old"] = n.get("old"), None
        n["trial"] = n["starts"] = 0
        n.pop("set", None)
        app.save_note(n)
        self.end()
        if app.ag:
            app.ag.log.error("app", "back to the version before: " + why)
            app.ag.handler("ops", "reset")(app.ag, None, 0, {"m": "hard"}, None)
            if not at_once:
                return
        import machine

        machine.reset()

    def end(self):
        if self.timer:
            self.timer.deinit()
            self.timer = None
