# Where nothing is mounted at the root, that of the current folder counts.
def verb(path):
    s = os.statvfs(path)
    if not s[2]:
        s = os.statvfs(os.getcwd())
    say(s[1] * s[2], s[1] * s[3])
