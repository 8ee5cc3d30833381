# Writes a file in pieces of code, if running code cannot be given input; or a small one at once.
# Between the pieces, the store is kept where the next one finds it.
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
