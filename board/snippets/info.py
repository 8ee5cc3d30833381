import sys


def info(get):
    try:
        return str(get()).replace("\r", " ").replace("\n", " ")
    except Exception:
        return ""


def uid():
    try:
        import machine

        u = machine.unique_id()
    except ImportError:
        import microcontroller

        u = microcontroller.cpu.uid
    return "".join("%02x" % b for b in u)


def machine_name():
    try:
        return sys.implementation._machine
    except AttributeError:
        import os

        return os.uname()[4]


def memory():
    import gc

    gc.collect()
    free = gc.mem_free()
    return "%d %d" % (free, free + gc.mem_alloc())


def flash():
    import os

    s = os.statvfs("/")
    if not s[2]:  # boards that mount nothing there have their files in the current folder
        s = os.statvfs(os.getcwd())
    return "%d %d" % (s[0] * s[3], (s[1] or s[0]) * s[2])


def read_only():
    import storage

    return int(storage.getmount("/").readonly)


def clock():
    import time

    # the epoch is 1970 or 2000: the value of 2000-01-01 shows which
    return time.time() + 946684800 - int(time.mktime((2000, 1, 1, 0, 0, 0, 5, 1)))


# A program may have replaced print.
out = getattr(sys, "stdout", None)
i = sys.implementation
for k, get in (
    ("implementation", lambda: i[0]),
    ("version", lambda: ".".join(str(n) for n in i[1][:3])),
    ("platform", lambda: sys.platform),
    ("machine", machine_name),
    ("mpy", lambda: i._mpy),
    ("uid", uid),
    ("memory", memory),
    ("flash", flash),
    ("readOnly", read_only),
    ("time", clock),
):
    line = k + "\t" + info(get)
    if out:
        out.write(line + "\n")
    else:
        print(line)
del out, line, i, k, get, info, uid, machine_name, memory, flash, read_only, clock
