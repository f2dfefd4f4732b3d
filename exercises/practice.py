"""Instant feedback: `check` says that an answer is right, or which mistake it is.

``python -m exercises.practice [NOTEBOOK …]`` runs the checks of whole exercises, of all of them
unless some are named.

The student's copy cannot hold the right answer, so it holds *seals*. A seal is a message locked
with the behaviour that it speaks about: only an answer that returns exactly what a known mistake
returns opens that mistake's message, and only a right answer opens "right". `seals.json` is
written by ``python -m exercises copies`` from the source notebooks. It is no secret that marks
rest on: answers are graded on inputs that it does not know.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
from math import floor, isfinite
from pathlib import Path

from exercises.outcomes import largest, outcome
from exercises.remarks import NOT_WRITTEN, RIGHT, call, parts, remark

SEALS = Path(__file__).with_name("seals.json")
DECIMALS = 3  # what a seal can see; a test keeps every visible input clear of its rounding edges
SMALL = 0.744, 0.0744, 0.00744  # below each of these it sees one decimal more
OFF_EDGE = 0.3517  # simple inputs give results like 0.0625, which must not fall on such an edge
MESSAGE_BYTES = 160, 320  # every locked text has one of these lengths, which so tell little
NO_SEALS = "it cannot be checked here: seals.json holds nothing about it. Is the file a new one?"
OTHER_INPUTS = "it cannot be checked: the inputs of its check were changed. Restore them."

CHECK = re.compile(r'^check\(\s*"[^"/]+/(\w+)"', re.MULTILINE)
CELL_SECONDS = 60  # for a cell of a student's notebook, when all are run

NO_HINT = "there is no hint here: run the check of a question first, then hint()"
LAST_HINT = "that was the last hint about {}. Ask a neighbour, then a teacher."

tried = {}  # {question: the cases of its last check}, for the grading, which tries them as well
_listening = False  # see `only_listen`
_opened = {}  # {question: how many of its hints were opened}, the question checked last at the end


def fingerprint(outcomes):
    """A text that is equal for answers that behave alike: values to `decimals`, names of errors."""
    return json.dumps([o[:2] if o[0] == "raised" else _seen(o[1]) for o in outcomes])


def decimals(value):
    """Return how many decimals a seal sees: more, where all numbers of a value are small."""
    return DECIMALS + sum(largest(value) < size for size in SMALL)


def _seen(value):
    places = decimals(value)
    return places, _rounded(value, places)  # without the places, 0.12 would be 0.012


def _rounded(value, places):
    if isinstance(value, list):
        return [_rounded(item, places) for item in value]
    if isinstance(value, dict):
        return [[str(key), _rounded(value[key], places)] for key in sorted(value, key=str)]
    if isinstance(value, float):
        scaled = value * 10**places + OFF_EDGE
        return str(floor(scaled)) if isfinite(scaled) else str(value)
    if isinstance(value, int):
        return str(value * 10**places)[:100]
    return value


def _key(question, outcomes):
    return hashlib.sha256(f"{question}\n{fingerprint(outcomes)}".encode()).digest()


def _cipher(key, text):
    stream = hashlib.shake_256(key + b"message").digest(len(text))
    return bytes(a ^ b for a, b in zip(text, stream, strict=True))


def only_listen(on):
    """Let `check` only keep what it would try, in `tried`; returns whether it did so before."""
    global _listening
    before, _listening = _listening, on
    return before


def label(question, outcomes):
    """Return what a message locked with `outcomes` is found by."""
    return hashlib.sha256(_key(question, outcomes) + b"label").hexdigest()[:16]


def inputs_label(question, cases):
    """Return a label of what a check tries."""
    return label(question, [outcome(lambda: cases, ())])


def sealed_parts(question, outcomes):
    """Return for each right outcome {name: label} of its parts, by which `agreement` knows them."""
    return [
        {name: label(question, [("value", part)])[:8] for name, part in parts(o[1]).items()}
        for o in outcomes
    ]


def agreement(question, outcomes, sealed):
    """Return for each outcome {name of a part: whether it is right}."""
    mine = sealed_parts(question, [o if o[0] == "value" else ("value", None) for o in outcomes])
    return [
        {name: mine_k.get(name) == seal for name, seal in sealed_k.items()}
        for mine_k, sealed_k in zip(mine, sealed, strict=True)
    ]


def seal(question, outcomes, message):
    """Lock `message` with `outcomes`; returns the label to find it by and the locked text."""
    content = message.encode()
    length = next((n for n in MESSAGE_BYTES if len(content) <= n), None)
    if length is None:
        raise ValueError(f"a message of {question} is longer than {MESSAGE_BYTES} bytes: {message}")
    locked = _cipher(_key(question, outcomes), content.ljust(length))
    return label(question, outcomes), base64.b85encode(locked).decode()


def unseal(question, outcomes, messages):
    """Return the message that `outcomes` unlock, or None."""
    locked = messages.get(label(question, outcomes))
    if locked is None:
        return None
    return _cipher(_key(question, outcomes), base64.b85decode(locked)).decode().rstrip()


def feedback(question, outcomes, cases, seals, again=None):
    """Return the sentence about the outcomes of an answer.

    Parameters
    ----------
    question : str
        ``exercise/question``.
    outcomes : list of tuple
        Of each case.
    cases : list of tuple
        The arguments of each call.
    seals : dict or None
        What `seals.json` holds about the question: the locked `messages`; the labels of the
        `inputs` and of the `parts` of the right outcome of each case; the `form` of these; the
        covered `words` about each case.
    again : tuple, optional
        The outcome of the first case when it is called once more.
    """
    if any(o[:2] == ("raised", "NotImplementedError") for o in outcomes):
        return NOT_WRITTEN
    if seals is None:
        return NO_SEALS
    if inputs_label(question, cases) != seals["inputs"]:
        return OTHER_INPUTS
    if message := unseal(question, outcomes, seals["messages"]):
        return message
    name = question.rpartition("/")[2]
    right_in = agreement(question, outcomes, seals["parts"])
    words = map(uncover, seals["words"])
    calls = [call(name, case, text) for case, text in zip(cases, words, strict=True)]
    return remark(outcomes, again, seals["form"], right_in, calls)


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
    tried[question] = cases
    if _listening:
        return
    _opened[question] = _opened.pop(question, 0)
    *outcomes, again = [outcome(function, case) for case in [*cases, cases[0]]]
    said = feedback(question, outcomes, cases, _seals(question), again)
    print(marked(question.rpartition("/")[2], said))


def marked(name, said):
    """Return what is said about an answer behind a green ✓, a red ✗, or a dot if it is neither."""
    if said in (NOT_WRITTEN, NO_SEALS, OTHER_INPUTS):
        return f"· {name}: {said}"
    color, sign = (32, "✓") if said == RIGHT else (31, "✗")
    return f"\x1b[{color}m{sign}\x1b[0m {name}: {said}"


def hint():
    """Print the next hint about the question that was checked last."""
    question = next(reversed(_opened), None)
    hints = (_seals(question) or {}).get("hints", [])
    if not hints:
        return print(NO_HINT)
    name, number = question.rpartition("/")[2], _opened[question]
    if number == len(hints):
        return print(LAST_HINT.format(name))
    _opened[question] += 1
    print(f"{name}, hint {number + 1} of {len(hints)}: {uncover(hints[number])}")


def _seals(question):
    return json.loads(SEALS.read_text()).get(question) if SEALS.exists() else None


def cover(text):
    """Return a text as it cannot be read by accident; it is no secret."""
    return base64.b85encode(text.encode()).decode()


def uncover(text):
    """Return what `cover` covered."""
    return base64.b85decode(text).decode()


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
            sign = r"(?:·|\x1b\[3\dm[✓✗]\x1b\[0m)"  # answers may print, too
            verdicts = re.findall(f"^{sign} {name}: .*", printed, re.MULTILINE)
            failed = [marked(name, f"{o.ename}: {o.evalue}") for o in cell.outputs if "ename" in o]
            yield (verdicts + failed or [f"· {name}: its check said nothing"])[-1]


def main(paths=()):
    """Run the checks of exercises, and print for each how many answers are right."""
    for path in paths or sorted(SEALS.parent.glob("e*.ipynb")):
        if sys.stderr.isatty():
            print(f"{Path(path).stem}: running …", end="\r", file=sys.stderr, flush=True)
        try:
            lines = list(said(path))
        except (OSError, ValueError, RuntimeError) as error:
            print(f"{Path(path).stem}: it cannot be run: {error}", flush=True)
            continue
        right = sum(line.endswith(f": {RIGHT}") for line in lines)
        print(f"{Path(path).stem}: {right} of {len(lines)} right", flush=True)
        for line in lines:
            print(f"    {line}", flush=True)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # a console may know no ✓
    main(sys.argv[1:])
