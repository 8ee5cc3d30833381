# Adds the next piece to the store that an earlier piece of code left.
import sys
from binascii import a2b_base64


def verb(at, data):
    s = sys.modules["_mpf"]
    try:
        if s.size - s.left == at:
            s.write(a2b_base64(data))
        if not s.left and s.file:
            s.done()
        return
    except OSError as e:
        say("!", 0, name_of(e), *e.args[1:])
    s.drop()
