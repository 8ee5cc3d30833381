"""packages.py MICROPYTHON: the packages in its lib/micropython-lib as JSON, read from their
manifests by MicroPython's own reader of those:
{name: {version, description, files: {path: source}, deps: [[name, version]]}}"""

import json
import pathlib
import sys

top = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(top / "tools"))
import manifestfile  # noqa: E402  from the tree


class Manifest(manifestfile.ManifestFile):
    """Names the packages that a package requires. A build of firmware would include them."""

    def __init__(self):
        super().__init__(manifestfile.MODE_COMPILE, {"MPY_LIB_DIR": ""})
        self.needs = []

    def require(self, name, version=None, **kwargs):
        self.needs.append([name, version or "latest"])


def package(path):
    """One package's entry."""
    manifest = Manifest()
    manifest.execute(str(path))
    files = {}
    for file in manifest.files():
        # The index has each file with its package's version in it.
        with manifestfile.tagged_py_file(file.full_path, file.metadata) as tagged:
            files[file.target_path] = pathlib.Path(tagged).read_text("utf-8")
    about = manifest.metadata()
    return {
        "version": about.version,
        "description": about.description or "",
        "files": files,
        "deps": manifest.needs,
    }


found = sorted((top / "lib/micropython-lib").glob("**/manifest.py"))
json.dump({path.parent.name: package(path) for path in found}, sys.stdout, indent=1)
