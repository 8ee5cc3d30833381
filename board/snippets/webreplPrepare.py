# Precedes a put if something is in the way: makes the folder, sweeps it, and makes the temporary
# file that the put fills, unless there is less room than the file and `spare` bytes.
from binascii import a2b_base64, hexlify


def verb(path, size, sum, spare):
    s = Store(room())
    try:
        s.open(path, size, a2b_base64(sum))
    except OSError as e:
        say("!", 0, name_of(e), *e.args[1:])
        return
    say("room", s.free, os.getcwd())
    if -1 < s.free < size + spare:
        s.drop()
    else:
        s.file.close()
