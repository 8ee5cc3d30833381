# A file in pieces of code, where nothing can be fed to running code; or a small one, whole. The
# store waits between the pieces where code finds it again.
import sys
from binascii import a2b_base64, hexlify


def verb(path, size, sum, data, zipped):
    data = a2b_base64(data)
    if zipped:
        from deflate import DeflateIO, RAW
        from io import BytesIO

        data = DeflateIO(BytesIO(data), RAW, zipped).read()
    s = sys.modules.pop("_mpf", None)
    if s:
        s.drop()
    s = Store(room())
    try:
        s.open(path, size, sum)
        s.write(data)
        if s.left:
            sys.modules["_mpf"] = s
        else:
            s.done()
    except OSError as e:
        say("!", 0, name_of(e), *e.args[1:])
        s.drop()
    except BaseException:
        s.drop()
        raise
