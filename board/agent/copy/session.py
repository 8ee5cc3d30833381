"""Keys, and the tags of messages that the board publishes (docs/protocol.md sections 2 and 4).
`ss` is the Agent's `sessions`: keys and sessions of this boot, at most `most`. keys.py creates it,
entry.py opens sessions."""

from binascii import hexlify

from .frame import TAG, mac, pads

ROLES = ("viewer", "operator", "admin")


def part(text):
    """Prefixes its length, so that no byte can move from one part of a MAC to the next."""
    b = text.encode()
    return bytes((len(b),)) + b


def role_key(ss, role):
    """Returns the pads of the key of a role or of a person (`operator:ann`), None if there is no
    key. The board has it, or derives it from the admin's key. So a host that has the admin's key
    can hand out the others, and no key is ever sent."""
    k = ss.keys.get(role)
    if k is None and role in ROLES and "admin" in ss.keys:
        k = mac(pads(ss.keys["admin"]), b"MPY/2 K", ss.uid, part(role))
    return k and pads(k)


def signed(ss, leaf, text):
    """Returns a message that everyone may read. The line after it has the message's number and a
    tag for the key of each role, then of each person in the order of their names."""
    b = text if isinstance(text, bytes) else text.encode()
    if ss.mode == "open":
        return b
    ss.told += 1
    line, n = str(ss.told), ss.told.to_bytes(4, "big")
    for role in ss.name:
        k = role_key(ss, role)
        t = k and mac(k, b"MPY/2 M", ss.uid, part(role), part(leaf), n, b)
        line += " " + (hexlify(t[:TAG]).decode() if t else "-")
    return b + b"\n" + line.encode()
