# Every file verb prints through this function: one line at a time, counted into a checksum in the
# last line, so that a damaged or truncated answer is detected.
import os

try:
    from binascii import crc32
except ImportError:
    crc32 = None
check = 0


def say(*words):
    global check
    line = " ".join([str(w) for w in words])
    if crc32:
        check = crc32(line.encode(), check)
    print(line)


# Prints a sign of life during long work. The checksum does not include it.
def tick():
    print(".")


def name_of(error):
    code = error.args[0] if error.args else 0
    try:
        import errno

        return errno.errorcode.get(code, code)
    except (ImportError, AttributeError):
        return code


def run(verb, *args):
    try:
        verb(*args)
    except OSError as e:
        say("!", name_of(e))
    except MemoryError:
        say("! ENOMEM")
    print("=", check)
