"""The README's picture is one that notebook 05 drew.

`python -m tests.tools.readme_picture` takes the picture from it again, after 05 has changed.
"""

import base64
import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "05_fair_comparisons.ipynb"
PICTURE = ROOT / ".github" / "one_set_of_runs_on_two_clocks.png"
ALT = "The bias against epochs"


def stored_picture() -> tuple[str, bytes]:
    """Return the text alternative and the PNG of the picture whose alternative starts with ALT."""
    for cell in nbformat.read(NOTEBOOK, 4).cells:
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html", "")
            if match := re.search(rf'alt="({ALT}[^"]*)".*base64,([^"]+)"', html):
                return match[1], base64.b64decode(match[2])
    raise LookupError(f"{NOTEBOOK.name} has no picture whose text alternative starts with {ALT!r}")


if __name__ == "__main__":
    PICTURE.write_bytes(stored_picture()[1])
