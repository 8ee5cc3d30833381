"""Encrypts payloads on links without TLS (docs/protocol.md section 4). Loaded when a host asks for
it.

AES in CBC mode: no firmware that MicroPython publishes has CTR. One call of the firmware works in
place, which takes a sixth of the time of counter blocks that Python makes. The end of a payload
that fills no block is masked, so a payload keeps its length."""

from cryptolib import aes

from .frame import mac

_ECB = const(1)
_CBC = const(2)


def keys(p):
    """Returns the keys for frames that the board sends and for those that it receives. Each has 32
    bytes: 16 for the payload and 16 for the initialization vector. p: the HMAC pads of the
    session's key."""
    return mac(p, b"enc b"), mac(p, b"enc h")


def group(p):
    """Returns the keys for the frames of a group. p: the HMAC pads of the group's key."""
    return mac(p, b"enc g")


def encrypt(k, head, p):
    """Encrypts p in place. `head` is the frame's header; its counter makes the initialization
    vector unique."""
    a = aes(k[:16], _CBC, aes(k[16:], _ECB).encrypt(head))
    n = len(p) & ~15
    if n:
        a.encrypt(p[:n], p[:n])
    if n < len(p):
        _mask(p[n:], a.encrypt(bytes(16)))


def decrypt(k, head, p):
    """Decrypts p in place, after its tag was verified."""
    before = aes(k[16:], _ECB).encrypt(head)
    a = aes(k[:16], _CBC, before)
    n = len(p) & ~15
    if n:
        before = bytes(p[n - 16 : n])
        a.decrypt(p[:n], p[:n])
    if n < len(p):
        _mask(p[n:], aes(k[:16], _ECB).encrypt(before))


def _mask(p, m):
    for i in range(len(p)):
        p[i] ^= m[i]
