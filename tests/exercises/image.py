"""``python -m tests.exercises.image [ENGINE]`` makes the image for answers from what is here.

It holds this machine's own Python, numpy and libraries, for machines that cannot download what the
Containerfile names.
"""

import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

from exercises.classroom import container

LEFT_OUT = re.compile(r"/(site-packages|test|tests|idlelib|tkinter|ensurepip|__pycache__)(/|$)")


def libraries(programs):
    """Return the shared libraries that programs and extension modules need."""
    told = subprocess.run(["ldd", *programs], capture_output=True, text=True).stdout
    return sorted(set(re.findall(r"(/\S+\.so\S*) \(0x", told)))


def main(engine="podman"):
    """Pack everything that `import numpy` needs, and hand it to the engine."""
    standard = Path(sysconfig.get_path("stdlib"))
    packages = Path(sysconfig.get_path("platlib"))
    python = Path(sys.executable).resolve()
    extensions = [*standard.rglob("lib-dynload/*.so"), *(packages / "numpy").rglob("*.so")]
    with tempfile.NamedTemporaryFile(suffix=".tar") as file:
        with tarfile.open(fileobj=file, mode="w", dereference=True) as archive:

            def add(path, inside=None):
                archive.add(path, inside, filter=lambda f: None if LEFT_OUT.search(f.name) else f)

            add(python)
            add(standard)
            for name in ("numpy", "numpy.libs"):
                archive.add(packages / name, f"{standard}/site-packages/{name}")
            there = set(archive.getnames())
            for library in libraries(map(str, (python, *extensions))):
                if library.lstrip("/") not in there:
                    add(library)
            link = tarfile.TarInfo(f"usr/local/bin/{container.PYTHON}")
            link.type, link.linkname = tarfile.SYMTYPE, str(python)
            archive.addfile(link)
        file.flush()
        subprocess.run([engine, "import", file.name, container.IMAGE], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
