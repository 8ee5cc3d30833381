"""TLS over a socket, with the certificate verified. link.py loads it if the broker uses TLS."""

import gc


def _pem(data):
    """Returns the DER of the first certificate of a PEM file, which every port's TLS accepts."""
    if b"-----BEGIN" not in data:
        return data
    from binascii import a2b_base64

    a = data.index(b"-----", data.index(b"-----BEGIN") + 10) + 5
    return a2b_base64(data[a : data.index(b"-----END")].replace(b"\n", b"").replace(b"\r", b""))


def _read(path):
    with open(path, "rb") as f:
        return f.read()


def wrap(sock, opt, host):
    """Returns the TLS socket over `sock`. opt: ca, cert, key (paths, PEM or DER), verify (default:
    true), name (must be in the certificate; default: the host)."""
    import ssl

    gc.collect()  # TLS needs large blocks of memory
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if opt.get("verify", True):
        ctx.verify_mode = ssl.CERT_REQUIRED
        ctx.load_verify_locations(_pem(_read(opt["ca"])))
    else:
        ctx.verify_mode = ssl.CERT_NONE
    if opt.get("cert"):
        ctx.load_cert_chain(_pem(_read(opt["cert"])), _pem(_read(opt["key"])))
    name = opt.get("name") or host
    return ctx.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
