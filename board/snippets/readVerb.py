# Prints a file as text: base64 if the board has it, else Python literals. For boards that cannot
# write bytes to the REPL.
def verb(path, size):
    try:
        from binascii import b2a_base64
    except ImportError:
        b2a_base64 = None
    with open(path, "rb") as f:
        while True:
            part = f.read(size)
            if not part:
                break
            say(b2a_base64(part).decode().strip() if b2a_base64 else repr(part))
