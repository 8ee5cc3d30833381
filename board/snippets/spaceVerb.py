def verb(path):
    s = os.statvfs(path)
    say(s[1] * s[2], s[1] * s[3])
