# If nothing is mounted at the root, the current folder's file system is used.
def verb(path):
    s = os.statvfs(path)
    if not s[2]:
        s = os.statvfs(os.getcwd())
    say(s[1] * s[2], s[1] * s[3])
