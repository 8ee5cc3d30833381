# Hashes files that have the given size. Others answer "-", paths without a readable file "?".
def verb(files):
    buffer = room()
    for path, size in files:
        try:
            s = os.stat(path)
            say("-" if s[0] & 0x4000 or s[6] != size else digest64(path, buffer))
        except OSError:
            say("?")
