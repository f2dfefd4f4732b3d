"""Instant feedback: `check` says that an answer is right, or which mistake it is.

``python -m exercises.practice [NOTEBOOK …]`` runs the checks of whole exercises, of all of them
unless some are named.

The student's copy cannot hold the right answer, so it holds *seals*. A seal is a message locked
with the behaviour that it speaks about: only an answer that returns exactly what a known mistake
returns opens that mistake's message, and only a right answer opens "right". `seals.json` is
written by ``python -m exercises copies`` from the source notebooks.
"""

import base64
import copy
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from decimal import Decimal
from math import floor, isfinite
from numbers import Real
from pathlib import Path

# By name, so that an answer that patches numpy or math does not change how it is read.
from numpy import asarray

SEALS = Path(__file__).with_name("seals.json")
DECIMALS = 3  # what a seal can see; a test keeps every visible input clear of its rounding edges
OFF_EDGE = 0.3517  # simple inputs give results like 0.0625, which must not fall on such an edge
NOT_WRITTEN = "not written yet: put your code in its cell in place of `raise NotImplementedError()`"
WIDE = {"g": float, "G": complex}  # numpy's longdoubles become numbers that Python has
OWN_ERROR = "an error of its own"
UNKNOWN = (
    "this is not right, and none of the mistakes known here. Work the smallest input out by hand."
)

CHECK = re.compile(r'^check\(\s*"[^"/]+/(\w+)"', re.MULTILINE)
CELL_SECONDS = 60  # for a cell of a student's notebook, when all are run

_recorder = None  # see `recording`


def plain(value):
    """Return `value` as nested lists of plain numbers, so that how it was written does not matter.

    Raises
    ------
    TypeError
        If it holds something that is neither a number nor a text, a sequence or a dict of them.
    """
    if isinstance(value, float):
        return float(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if hasattr(value, "__array__"):
        array = asarray(value)
        if array.dtype.char in WIDE:
            array = array.astype(WIDE[array.dtype.char])
        return array.tolist() if array.dtype.kind in "biufU" else plain(array.tolist())
    if isinstance(value, complex) and value.imag == 0:
        value = value.real
    if isinstance(value, Real | Decimal):
        return float(value)
    if isinstance(value, Iterable) and not isinstance(value, bytes | set | frozenset):
        return [plain(item) for item in value]
    raise TypeError(f"it holds a {type(value).__name__} where a number or an array should be")


def outcome(function, arguments):
    """Call `function`, and say what came of it.

    Returns
    -------
    tuple
        ``("value", plain value)`` or ``("raised", name of the exception, its text)``.
    """
    try:
        return "value", plain(function(*copy.deepcopy(arguments)))
    except Exception as error:
        return "raised", type(error).__name__, str(error)[:300]


def numbers(value):
    """Yield the numbers inside a plain value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, bool | int | float):
        yield value


def same(got, want):
    """Whether two outcomes agree: whole numbers exactly, others to 1e-4 of the largest."""
    if got[0] != want[0] or want[0] == "raised":
        return got[:2] == want[:2]
    sizes = [abs(x) for x in numbers(want[1]) if isfinite(x)]
    return _same(got[1], want[1], 1e-4 * max(sizes, default=0.0))


def _same(got, want, tolerance):
    if isinstance(want, list | dict):
        if type(got) is not type(want) or len(got) != len(want):
            return False
        if isinstance(want, dict):
            return all(key in got and _same(got[key], want[key], tolerance) for key in want)
        return all(_same(g, w, tolerance) for g, w in zip(got, want, strict=True))
    if want is None or isinstance(want, str) or not isinstance(got, bool | int | float):
        return type(got) is type(want) and got == want
    if isinstance(want, int):
        # A whole number may come out of a division: 12.000000001 is 12, but 12.01 is not.
        tolerance = 1e-9 * abs(want)
    try:
        if got == want or (got != got and want != want):
            return True
        return isfinite(want) and abs(float(got) - want) <= tolerance
    except OverflowError:  # a whole number beyond all floats
        return False


def fingerprint(outcomes):
    """A text that is equal for answers that behave alike: values to `DECIMALS`, names of errors."""
    return json.dumps([o[:2] if o[0] == "raised" else _rounded(o[1]) for o in outcomes])


def _rounded(value):
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, dict):
        return [[str(key), _rounded(value[key])] for key in sorted(value, key=str)]
    if isinstance(value, float):
        return str(floor(value * 10**DECIMALS + OFF_EDGE)) if isfinite(value) else str(value)
    if isinstance(value, int):
        return str(value * 10**DECIMALS)[:100]
    return value


def _key(question, outcomes):
    # Deliberately slow, so that trying numbers one by one is more work than computing the answer.
    text = fingerprint(outcomes).encode()
    return hashlib.pbkdf2_hmac("sha256", text, question.encode(), 20_000)


def _cipher(key, text):
    stream = hashlib.shake_256(key + b"message").digest(len(text))
    return bytes(a ^ b for a, b in zip(text, stream, strict=True))


def seal(question, outcomes, message):
    """Lock `message` with `outcomes`; returns the label to find it by and the locked text."""
    key = _key(question, outcomes)
    locked = base64.b85encode(_cipher(key, message.encode())).decode()
    return hashlib.sha256(key + b"label").hexdigest()[:16], locked


def unseal(question, outcomes, seals):
    """Return the message that `outcomes` unlock, or None."""
    key = _key(question, outcomes)
    locked = seals.get(hashlib.sha256(key + b"label").hexdigest()[:16])
    return None if locked is None else _cipher(key, base64.b85decode(locked)).decode()


def remark(outcomes):
    """What can be said about wrong outcomes without knowing the right ones, or None."""
    for o in outcomes:
        if o[0] == "raised" and o[1] == "NotImplementedError":
            return NOT_WRITTEN
    for o in outcomes:
        if o[0] == "raised":
            return "it stops with " + ": ".join((o[1] or OWN_ERROR, *o[2:]))
    if all(o[1] is None for o in outcomes):
        return "it returns None. Is there a `return`?"
    return None


@contextmanager
def recording(record):
    """Within this context `check` and `judge` hand what they are given to `record` and stay silent.

    So the tools read visible inputs and known mistakes out of a source notebook by running it.
    """
    global _recorder
    _recorder, before = record, _recorder
    try:
        yield
    finally:
        _recorder = before


def check(question, function, cases):
    """Print whether `function` answers `question`, or which mistake it makes.

    Parameters
    ----------
    question : str
        ``exercise/question``, as in ``"e04_mini_batches/mean_gradient"``.
    function : callable
        The answer.
    cases : list of tuple
        The arguments of each call.
    """
    if _recorder is not None:
        return _recorder(question, visible=cases)
    name = question.rpartition("/")[2]
    outcomes = [outcome(function, case) for case in cases]
    seals = json.loads(SEALS.read_text()).get(question, {}) if SEALS.exists() else {}
    message = unseal(question, outcomes, seals) or remark(outcomes) or UNKNOWN
    print(f"{name}: {message}")


def said(path):
    """Run a student's notebook, which is left as it is, and yield what each of its checks says.

    Raises
    ------
    OSError, ValueError, RuntimeError
        If the file cannot be read, is no notebook, or its kernel dies.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    options = {"timeout": CELL_SECONDS, "interrupt_on_timeout": True, "allow_errors": True}
    folder = {"metadata": {"path": str(Path(path).parent)}}
    client = NotebookClient(notebook, kernel_name="python3", resources=folder, **options)
    client.execute(stderr=subprocess.DEVNULL)  # what the kernel says about itself
    for cell in notebook.cells:
        if cell.cell_type == "code" and (found := CHECK.search(cell.source)):
            name = found[1]
            printed = "".join(o.text for o in cell.outputs if o.get("name") == "stdout")
            verdicts = re.findall(f"^{name}: .*", printed, re.MULTILINE)  # answers may print, too
            failed = [f"{name}: {o.ename}: {o.evalue}" for o in cell.outputs if "ename" in o]
            yield (verdicts + failed or [f"{name}: its check said nothing"])[-1]


def main(paths=()):
    """Run the checks of exercises, and print for each how many answers are right."""
    for path in paths or sorted(SEALS.parent.glob("e*.ipynb")):
        try:
            lines = list(said(path))
        except (OSError, ValueError, RuntimeError) as error:
            print(f"{Path(path).stem}: it cannot be run: {error}", flush=True)
            continue
        right = sum(line.endswith(": right.") for line in lines)
        print(f"{Path(path).stem}: {right} of {len(lines)} right", flush=True)
        for line in lines:
            print(f"    {line}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
