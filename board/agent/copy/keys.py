"""The keys of a boot, and the state before its first session. Loaded when they are created or
change."""

import os
from binascii import hexlify, unhexlify

from .frame import mac, pads
from .session import ROLES, part
from .util import Thing


def make(keys, mode, uid, root, most):
    """Creates the `ss` of a new boot."""
    ss = Thing()
    ss.mode = mode
    boot = os.urandom(4)
    ss.nonce = os.urandom(16)
    ss.boot_hex = hexlify(boot).decode()
    ss.aux = boot[0] << 8 | boot[1]
    ss.most = most
    ss.base = ("%s/%s/r/" % (root, uid)).encode()
    ss.uid = part(uid)
    update(ss, keys)
    ss.told = 0  # number of signed messages of this boot
    ss.all = []
    ss.new = []  # sessions whose hosts have not yet proved that they have the key
    ss.ck = 1  # the number that a HELLO must repeat while all slots are in use
    return ss


def update(ss, keys):
    """Reads the keys of config.json: hex, or a number for a key derived from the admin's. Sets
    `ss.name` to the roles, followed by the persons that have keys."""
    ss.keys = {k: unhexlify(v) for k, v in keys.items() if isinstance(v, str) and len(v) == 64}
    for k, v in keys.items():
        if isinstance(v, int):
            admin = pads(ss.keys["admin"])
            ss.keys[k] = mac(admin, b"MPY/2 K", ss.uid, part("%s:%d" % (k, v)))
    more = tuple(sorted(k for k in ss.keys if k not in ROLES))
    ss.name = ROLES + more if more else ROLES
