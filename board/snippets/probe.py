# What this board can do: one bit for each of the names below, then the free heap and the year its
# clock counts from. Said twice, since only the answer tells whether the board can compute a
# checksum.
import sys


def probe():
    bits = 0
    names = "deflate.DeflateIO hashlib.sha256 binascii.crc32 select.poll io.BytesIO"
    names += " os.ilistdir os.stat os.statvfs os.rename"
    for i, name in enumerate(names.split()):
        module, name = name.split(".")
        try:
            if hasattr(__import__(module), name):
                bits |= 1 << i
        except ImportError:
            pass
    if hasattr(getattr(sys, "stdin", 0), "buffer"):
        bits |= 512
    free = epoch = 0
    try:
        import gc

        gc.collect()
        free = gc.mem_free()
    except (ImportError, AttributeError):
        pass
    try:
        import time

        epoch = time.gmtime(0)[0]
    except (ImportError, AttributeError):
        pass
    for _ in 0, 1:
        print("can", bits, free, epoch)


probe()
