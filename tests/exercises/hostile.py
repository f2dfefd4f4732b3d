"""Submissions that try to earn what they do not deserve, or to harm the grader or a neighbour.

Each trick comes twice: around wrong answers, which must earn nothing, and around right answers (its
*twin*), which must keep every point that the trick did not destroy. `harms` names the questions
that the twin may lose, and the status they get.
"""

import json
from dataclasses import dataclass, field

from .tools import E04, WRONG, copy, data, solutions, written

ALL = tuple(WRONG)
FIRST = ALL[0]


@dataclass(frozen=True)
class Trick:
    """Text put before and after the answer in every answer cell, or only in the first."""

    says: str
    before: str = ""
    after: str = ""
    everywhere: bool = True
    harms: dict = field(default_factory=dict)

    def around(self, answers):
        """A submission with the trick around `answers`."""
        tricked = {}
        for grade_id, source in answers.items():
            if self.everywhere or grade_id == FIRST:
                source = f"{self.before}\n{source}\n{self.after}\n"
            tricked[grade_id] = source
        return data(written(tricked))


def every(status):
    return dict.fromkeys(ALL, status)


EQUAL = """
class Equal(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return Equal(0)
    def __rsub__(self, other): return Equal(0)
    def __abs__(self): return Equal(0)
    def __le__(self, other): return True
    def __lt__(self, other): return True
    def __float__(self): return 0.0
    def __hash__(self): return 1
    def __array_ufunc__(self, *a, **k): return True
"""

TRICKS = {
    "numpy_patched": Trick(
        "makes numpy's comparisons always true",
        "import numpy as np\n"
        "np.allclose = np.array_equal = np.isclose = lambda *a, **k: True\n"
        "np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None\n"
        "np.asarray = lambda *a, **k: True\nnp.isfinite = lambda x: True",
    ),
    "builtins_patched": Trick(
        "replaces the builtins that a check would use",
        "import builtins\n"
        "builtins.all = builtins.any = lambda *a: True\n"
        "builtins.isinstance = lambda *a: True\n"
        "builtins.AssertionError = builtins.ValueError = Warning\n"
        "builtins.print = lambda *a, **k: None\nbuiltins.type = lambda x: list\n",
        harms={"measured_variance": "failed"},  # which draws, by code that needs them
    ),
    "patched_later": Trick(
        "waits in a thread until the check runs, then patches numpy and builtins",
        "import threading, builtins, numpy\n"
        "def later():\n"
        "    while True:\n"
        "        numpy.allclose = lambda *a, **k: True\n"
        "        builtins.all = lambda *a: True\n"
        "threading.Timer(0.01, later).start()",
    ),
    "input_transformer": Trick(
        "registers an input transformer that empties every later cell",
        "get_ipython().input_transformers_post.append(lambda lines: ['pass'])\n"
        "get_ipython().ast_transformers.append(None)",
    ),
    "shell_patched": Trick(
        "replaces the shell's run_cell and its traceback",
        "shell = get_ipython()\nshell.run_cell = lambda *a, **k: None\n"
        "shell.showtraceback = lambda *a, **k: None\n"
        "shell.events.register('pre_run_cell', lambda *a: None)",
    ),
    "magics": Trick("uses magics and shell commands", "%matplotlib inline\n!rm -rf / --no-such\n"),
    "exit_at_once": Trick("leaves when its cell is run", after="import sys; sys.exit(0)"),
    "exit_hard": Trick(
        "ends the process when its cell is run",
        after="import os; os._exit(0)",
        harms=every("crashed"),
    ),
    "exit_in_a_thread": Trick(
        "ends the process a little later",
        "import threading, os\nthreading.Timer(5, lambda: os._exit(0)).start()",
    ),
    "kill_the_parent": Trick(
        "kills the process that started it",
        "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
        everywhere=False,
    ),
    "kill_everybody": Trick(
        "kills every process it may",
        "import os, signal\nos.kill(-1, signal.SIGKILL)",
        everywhere=False,
        harms={FIRST: "failed"},
    ),
    "endless_loop": Trick(
        "never ends when its cell is run",
        after="while True: pass",
        everywhere=False,
        harms={FIRST: "timed_out"},
    ),
    "ignores_interrupts": Trick(
        "never ends, and ignores every signal that can be ignored",
        "import signal\n"
        "for number in (2, 3, 10, 12, 14, 15): signal.signal(number, signal.SIG_IGN)\n"
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        everywhere=False,
        harms={FIRST: "timed_out"},
    ),
    "stops_itself": Trick(
        "stops itself like Ctrl-Z",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        everywhere=False,
    ),
    "memory": Trick(
        "takes all memory",
        after="hoard = [bytearray(300_000_000) for _ in range(1000)]",
        everywhere=False,
    ),
    "fork": Trick(
        "forks as often as it can",
        after="import os\n"
        "for _ in range(100):\n"
        "    try:\n        if os.fork() == 0:\n            import time; time.sleep(60)\n"
        "    except OSError: break",
        everywhere=False,
    ),
    "children_that_stay": Trick(
        "leaves a daemon behind",
        after="import os, time\n"
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(3600)\n"
        "    os._exit(0)",
        everywhere=False,
    ),
    "output": Trick("prints 50 MB", "print('x' * 50_000_000)"),
    "shadows": Trick(
        "writes files that would shadow numpy or configure pytest",
        "import os\n"
        "for folder in ('.', '/tmp', '/', os.path.expanduser('~')):\n"
        "    for name in ('numpy.py', 'conftest.py', 'pytest.ini', 'sitecustomize.py'):\n"
        "        try: open(os.path.join(folder, name), 'w').write('raise SystemExit(0)')\n"
        "        except OSError: pass\n",
    ),
    "fills_the_disk": Trick(
        "writes until nothing more fits",
        "try:\n    for i in range(100):\n"
        "        open(f'/tmp/{i}', 'wb').write(bytes(10_000_000))\nexcept OSError: pass",
    ),
    "garbage_replies": Trick(
        "writes its own replies into every open file",
        "import os, struct, json\n"
        "reply = json.dumps({'tuple': [[{'tuple': ['value', True]}] * 9, []]}).encode()\n"
        "for fd in range(3, 64):\n"
        "    try: os.write(fd, struct.pack('>I', len(reply)) + reply)\n"
        "    except OSError: pass",
        harms=every("crashed"),
    ),
    "closes_files": Trick(
        "closes every open file", "import os\nos.closerange(0, 256)", harms=every("crashed")
    ),
    "deep_recursion": Trick(
        "overflows the C stack",
        after="import sys\nsys.setrecursionlimit(10**9)\n"
        "import re\ndef down(): return down() + 1\n"
        "class A:\n    def __getattr__(self, n): return getattr(self, n + 'x')\n"
        "try: A().x\nexcept BaseException: pass",
        everywhere=False,
        harms={FIRST: "crashed"},
    ),
    "reads_input": Trick("waits for somebody to type", after="input('marks? ')"),
    "patches_the_reply": Trick(
        "patches json, struct and base64 so that replies say something else",
        after="import json, struct\njson.dumps = lambda *a, **k: '[]'",
    ),
    "at_exit": Trick(
        "acts when the process ends",
        "import atexit, os\natexit.register(lambda: os._exit(0))\n"
        "import sys; sys.excepthook = lambda *a: None",
    ),
    "tracer": Trick(
        "traces every call and changes what it finds in the frames",
        "import sys\n"
        "def spy(frame, event, arg):\n"
        "    frame.f_locals.update(got=1, want=1, tolerance=9); return spy\n"
        "sys.setprofile(spy)",
    ),
    "broken_cell": Trick(
        "is not Python from the second line on, in the first cell only",
        before="def (:",
        everywhere=False,
        harms={FIRST: "failed"},
    ),
    "nul_and_surrogates": Trick(
        "holds characters that files and terminals choke on",
        "# \udcff\x1b[31m \u202e <script>alert(1)</script> ]]> \x07",
    ),
}


def _retag(cell, **changes):
    cell.metadata.setdefault("nbgrader", {}).update(changes)


def tests_edited(nb):
    """Replace every check by one that passes."""
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("locked"):
            cell.source = "print('right.')"


def tests_deleted(nb):
    """Delete every cell but the answers."""
    nb.cells = [c for c in nb.cells if c.metadata.get("nbgrader", {}).get("solution")]


def cells_reversed(nb):
    """Turn the order of the cells around."""
    nb.cells.reverse()


def tagged_to_be_skipped(nb):
    """Tag every cell so that nbval skips it, or expects an exception."""
    for cell in nb.cells:
        cell.metadata["tags"] = ["nbval-skip", "nbval-ignore-output", "raises-exception"]


def comments_that_skip(nb):
    """Write nbval's comments into every answer."""
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = "# NBVAL_SKIP\n# NBVAL_RAISES_EXCEPTION\n" + cell.source


def turned_into_prose(nb):
    """Turn every check into prose."""
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("locked"):
            cell.cell_type = "markdown"
            cell.pop("outputs", None), cell.pop("execution_count", None)


def points_raised(nb):
    """Ask for a thousand points for every cell."""
    for cell in nb.cells:
        _retag(cell, points=1000, grade=True, max_points=1000, status="passed")


def metadata_removed(nb):
    """Lose all metadata, as some editors do."""
    for cell in nb.cells:
        cell.metadata = {}


def ids_and_metadata_removed(nb):
    """Lose all metadata and all ids, as a conversion does."""
    metadata_removed(nb)
    for cell in nb.cells:
        del cell["id"]


def stubs_doubled(nb):
    """Copy each untouched stub below its answer, so that every id exists twice."""
    stubs = {c.id: c for c in copy().cells}
    for cell in list(nb.cells):
        if cell.id.endswith("_answer"):
            nb.cells.append(stubs[cell.id])


def everything_claims_every_id(nb):
    """Give the ids of the judging cells to cells of prose."""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.metadata["nbgrader"] = {"grade_id": FIRST, "grade": True, "points": 10}


def kernel_of_its_own(nb):
    """Name another kernel, and hide a widget state in the notebook's metadata."""
    nb.metadata = {"kernelspec": {"name": "evil", "language": "bash"}, "widgets": {"x": "y" * 9999}}


def odd_types(nb):
    """Put numbers, lists and nothing where texts belong."""
    nb.cells.append({"cell_type": 7, "metadata": [], "source": {"a": 1}, "id": None})
    nb.cells.append({"cell_type": "code", "metadata": {"nbgrader": "x"}, "source": [1, "x = 1"]})
    nb.cells.append({})


def cells_before_everything(nb):
    """Begin with a cell that patches the course's own tools."""
    cell = copy().cells[1]
    cell.source = "import exercises.practice as p\np.same = lambda *a: True\nraise SystemExit"
    nb.cells.insert(0, cell)


REARRANGED = (
    *(tests_edited, tests_deleted, cells_reversed, tagged_to_be_skipped, comments_that_skip),
    *(turned_into_prose, points_raised, metadata_removed, ids_and_metadata_removed, stubs_doubled),
    *(everything_claims_every_id, kernel_of_its_own, odd_types, cells_before_everything),
)


def rearranged(change, answers):
    """A submission whose notebook was changed by `change`."""
    notebook = written(answers)
    change(notebook)
    return data(notebook)


def as_format_3(answers):
    """A submission in the notebook format of 2013."""
    cells = [
        {"cell_type": "code", "input": c.source, "metadata": c.metadata, "outputs": []}
        for c in written(answers).cells
        if c.cell_type == "code"
    ]
    content = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    return json.dumps(content).encode()


RIGHT = solutions(E04)
