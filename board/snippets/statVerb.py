def verb(path):
    if path == "/":
        say("d", 0, 0)
    else:
        s = os.stat(path)
        say("d" if s[0] & 0x4000 else "f", s[6], s[8] if len(s) > 8 else 0)
