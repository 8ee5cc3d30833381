# Around WebREPL's own put, which writes in place and checks nothing: the store makes and verifies
# the temporary file that the put fills. It stays in sys.modules, so that what follows the first
# file is one short line each.
import sys
from binascii import a2b_base64, hexlify


class Put(Store):
    back = None

    def begin(self, path, size, sum):
        self.open(path, size, a2b_base64(sum))
        self.file.close()
        # WebREPL's header has room for 63 bytes: a longer path is put by its name alone
        if len(self.temp.encode()) > 63:
            self.back = os.getcwd()
            os.chdir(self.temp.rpartition("/")[0] or "/")
        say("room", self.free)

    def finish(self):
        self.home()
        self.done()

    def home(self):
        if self.back:
            os.chdir(self.back)
            self.back = None

    def drop(self):
        self.home()
        Store.drop(self)


def step(name, *args):
    s = sys.modules["_mpf"]
    try:
        getattr(s, name)(*args)
    except OSError as e:
        say("!", 0, name_of(e), *e.args[1:])
        s.drop()


def ask(name, *args):
    global check
    check = 0
    step(name, *args)
    print("=", check)


def verb(*args):
    s = sys.modules.pop("_mpf", None)
    if s:
        s.drop()
    s = sys.modules["_mpf"] = Put(room())
    s.ask = ask
    step("begin", *args)
