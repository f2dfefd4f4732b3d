"""Install what the course needs, with progress, and with one sentence where that fails.

``python -m course_lib.lab.install`` is what ``make`` runs with the Python of ``.venv``. It needs
nothing that is not in Python itself.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

REQUIREMENTS = Path("requirements.txt")
#: Bytes that an installation takes at most, with what is downloaded for it.
NEEDED = 1_500_000_000
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
#: Asks the package index for small packages that the installation needs anyway. Nothing is kept.
ASK = ["install", "--dry-run", "--no-deps", "--ignore-installed", "--no-cache-dir"]
ASK += ["--retries=0", "--timeout=3"]
ASKED_FOR = ["hatchling", "anywidget"]
#: Seconds after which the package index counts as out of reach.
PATIENCE = 7
#: What pip says of a failure, and what it means.
MEANINGS = {
    "No space left on device": "the disk is full",
    "Read-only file system": "this folder is read-only",
    "Permission denied": "this folder may not be written to",
    "Temporary failure in name resolution": "there is no network",
    "Connection": "the connection to the package index was lost",
}


class InstallError(Exception):
    """The course cannot be installed, for a reason that is one sentence."""


def _main() -> int:
    """Install, and return the exit status."""
    try:
        _install(REQUIREMENTS)
    except InstallError as error:
        print(f"The course was not installed: {error}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nThe course was not installed: it was interrupted.", file=sys.stderr)
        return 1
    return 0


def _install(requirements: Path):
    """Install the packages of a requirements file, or raise an InstallError."""
    free = shutil.disk_usage(".").free
    if free < NEEDED:
        raise InstallError(
            f"it needs {NEEDED / 1e9:.1f} GB of disk, of which {free / 1e9:.1f} GB are free"
        )
    names = [line.split("#")[0].strip() for line in requirements.read_text("utf-8").splitlines()]
    names = [name for name in names if name and not name.startswith("-")]
    print(
        f"Installing {len(names)} packages and what they need into .venv: some minutes, this once."
    )
    _ask_the_index()
    log, start = Path(".venv", "install.log"), time.monotonic()
    try:
        with log.open("w", encoding="utf-8") as kept:
            status = _run_pip(requirements, kept, start)
    except OSError as error:
        raise InstallError(_meaning(str(error))) from None
    if status:
        raise InstallError(f"{_meaning(log.read_text('utf-8'))} ({log} tells more)")
    print(f"\nInstalled in {time.monotonic() - start:.0f} s.")


def _ask_the_index():
    try:
        done = subprocess.run(
            [*PIP, *ASK, *ASKED_FOR], capture_output=True, text=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise InstallError(f"the package index did not answer within {PATIENCE} s") from None
    if done.returncode:
        raise InstallError("the package index cannot be reached (is there no network?)")


def _run_pip(requirements, log, start):
    """Run pip, keep what it says in the log, and show how far it is."""
    pip = subprocess.Popen(
        [*PIP, "install", "-r", str(requirements)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    found, shown = 0, -1
    for line in pip.stdout:
        log.write(line)
        found += line.startswith("Collecting ")
        is_last = line.startswith("Installing collected")
        doing = f"unpacking {line.count(',') + 1}" if is_last else f"{found} found"
        seconds = int(time.monotonic() - start)
        if is_last or (seconds > shown and sys.stdout.isatty()):
            print(f"\rPackages: {doing}, {seconds} s ", end="", flush=True)
            shown = seconds
    pip.stdout.close()
    return pip.wait()


def _meaning(said):
    for words, meaning in MEANINGS.items():
        if words in said:
            return meaning
    errors = [line for line in said.splitlines() if "error" in line.lower()]
    return f"pip ended with {errors[-1].strip()!r}" if errors else "pip failed"


if __name__ == "__main__":
    sys.exit(_main())
