# One small file, whole, in the code itself.
from binascii import hexlify


def verb(path, data, sum, zipped):
    s = Store(room())
    if zipped:
        from binascii import a2b_base64

        data = a2b_base64(data)
    if zipped > 1:
        from deflate import DeflateIO, RAW
        from io import BytesIO

        data = DeflateIO(BytesIO(data), RAW, zipped).read()
    try:
        s.open(path, len(data), sum)
        s.write(data)
        s.done()
    except OSError as e:
        say("!", 0, name_of(e), *e.args[1:])
    finally:
        s.drop()
