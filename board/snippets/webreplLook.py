# Precedes WebREPL's own put into the folder `d`: reports its free space (a put into a folder that
# does not exist ends the connection), and files that end like a temporary file. The function stays
# for the code after the put: SHA-256 of a file by blocks of z bytes. Short names: with the code
# around it, it must be at most 248 bytes, which a board accepts unasked.
# ruff: noqa: E401, E701, E702, F821
import uhashlib,uos,sys
def g(t):
    h=uhashlib.sha256();b=1
    with open(t,'rb')as f:
        while b:b=f.read(z);h.update(b)
    return h.digest()
sys.modules['_mpw']=g
print(uos.statvfs(d),[n for n in uos.listdir(d)if'~'in n])
