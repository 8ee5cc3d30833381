"""A small `logging` on top of the agent's log, for modules that expect one."""

CRITICAL, ERROR, WARNING, INFO, DEBUG, NOTSET = 50, 40, 30, 20, 10, 0
log = None  # the agent's Log


class Logger:
    def __init__(self, name):
        self.name = name
        self.level = NOTSET

    def setLevel(self, level):
        self.level = level

    def _log(self, n, letter, msg, args):
        if n >= self.level:
            log.log(letter, self.name, msg % args if args else str(msg))

    def debug(self, msg, *args):
        self._log(DEBUG, "D", msg, args)

    def info(self, msg, *args):
        self._log(INFO, "I", msg, args)

    def warning(self, msg, *args):
        self._log(WARNING, "W", msg, args)

    def error(self, msg, *args):
        self._log(ERROR, "E", msg, args)

    def critical(self, msg, *args):
        self._log(CRITICAL, "C", msg, args)

    def exc(self, e, msg, *args):
        self.error(msg, *args)
        log.exc(self.name, e)


def getLogger(name="root"):
    return Logger(name)
