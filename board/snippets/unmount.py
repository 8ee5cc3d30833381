# Takes the mounted folder off the board. The current folder is the one from before again, if it is
# in the folder that goes.
def _mpy_unmount(mounted):
    if mounted:
        fs, at = mounted
        if (_os.getcwd() + "/").startswith(at + "/"):
            _os.chdir("/")
            try:
                _os.chdir(fs.back)
            except OSError:
                pass
        _vfs.umount(at)
        if at in _sys.path:
            _sys.path.remove(at)
    names = "_mpy_fs _mpy_mount _mpy_unmount _MpyFs _MpyFile _MpyLink _vfs"
    names += " _io _os _sys _struct _select _micropython _time"
    for name in names.split():
        globals().pop(name, 0)


_mpy_unmount(globals().get("_mpy_fs"))
