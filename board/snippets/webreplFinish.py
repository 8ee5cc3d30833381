# Follows WebREPL's own put, which checks nothing: compares what it has written to the temporary
# file t with its SHA-256 s, and renames it to p or removes it. Short, like webreplLook.py.
# ruff: noqa: E401, E701, E702, E722, F821
import uos,sys
try:
    if sys.modules['_mpw'](t)!=s:raise OSError(5)
    uos.rename(t,p)
except:uos.remove(t);raise
