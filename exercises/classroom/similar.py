"""Which pairs of students wrote unusually like each other: places to look, never a verdict.

Of each answer the names that it gives are taken away, with comments and layout, and what remains is
cut into all its pieces of `K` characters (copydetect's fingerprints). What the student was given
does not count, and a piece counts the less, the more of the class have it. The pieces that two
students share are added up over all questions of an exercise, since short answers coincide
honestly. A pair is named if that sum stands out from the class's own pairs.

(compare50 would do as well, but asks for attrs below 21, and Jupyter for a later one.)
"""

import ast
import io
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from math import log

import numpy as np

from exercises.classroom import source, submissions, transplant
from exercises.classroom.export.tables import printable

K = 12  # characters of a piece: about one operation with its arguments
MOST_CHARACTERS = 20_000  # of an answer that are looked at
FEWEST_STUDENTS = 4  # of whom one can say what their class shares
SPREADS = 8.0  # so far above the class's median pair, in robust standard deviations, …
SHARE = 0.5  # … and so much of what is rare in one of the two, is a place to look
MOST_PAIRS = 30  # that are printed of an exercise
HEAD = (
    "Places to look, not verdicts: pairs whose answers are alike beyond what their class shares.\n"
    "Short answers coincide honestly. Read both before you think anything of it."
)


@dataclass(frozen=True)
class Pair:
    """Two students whose answers are alike.

    Attributes
    ----------
    first, second : str
    spreads : float
        How far above the class's median pair, in robust standard deviations.
    share : float
        How much of what is rare in one of the two is in the other as well, at most 1.
    questions : dict
        The same share for each question in which it is at least `SHARE`.
    """

    first: str
    second: str
    spreads: float
    share: float
    questions: dict


def read(submitted):
    """Return {exercise: {student: {grade_id: text}}}, and how many files could not be read.

    Of several files of one exercise the longest counts.
    """
    known = {path.stem: None for path in source.paths()}
    classes, unreadable = defaultdict(dict), 0
    for submission in submissions.find(submitted):
        if submission.exercise not in known:
            continue
        exercise = known[submission.exercise] or source.load(submission.exercise)
        known[submission.exercise] = exercise
        try:
            cells = submissions.cells_of(submissions.read_bytes(submission))
        except submissions.UnreadableError:
            unreadable += 1
            continue
        pieces = transplant.answers(exercise, cells)
        texts = {name: "\n\n".join(parts)[:MOST_CHARACTERS] for name, parts in pieces.items()}
        before = classes[submission.exercise].get(submission.student, {})
        if sum(map(len, texts.values())) >= sum(map(len, before.values())):
            classes[submission.exercise][submission.student] = texts
    return classes, unreadable


class _Nameless(ast.NodeTransformer):
    """Gives every name that an answer makes up the same letter, and takes docstrings away."""

    def __init__(self, tree):
        made = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _stores(n)}
        self.made = made | {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
        self.made |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}

    def visit_Name(self, node):
        node.id = "v" if node.id in self.made else node.id
        return node

    def visit_arg(self, node):
        return ast.arg("v")

    def visit_FunctionDef(self, node):
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        node.name, node.returns = "v", None
        return self.generic_visit(node)


def _stores(name):
    return isinstance(name.ctx, ast.Store)


def fingerprint(text, prose=False):
    """Return the set of pieces of an answer.

    Code that is no Python, as a student may hand in, is taken apart by its tokens; prose is not
    taken apart at all.
    """
    from copydetect import CodeFingerprint

    tokens = False
    if prose:
        text = " ".join(text.casefold().split())
    else:
        try:
            tree = ast.parse(text)
            text = ast.unparse(_Nameless(tree).visit(tree))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            tokens = True
    pieces = CodeFingerprint("answer.py", K, 1, filter=tokens, fp=io.StringIO(text))
    return set(pieces.hashes)


def alike(answers, given, prose=()):
    """Return the pairs of a class whose answers to one exercise stand out.

    Parameters
    ----------
    answers : dict
        {student: {question: text}}
    given : dict
        {question: list of texts that every student was given}
    prose : collection of str
        The questions that are answered in words.

    Returns
    -------
    list of Pair
        The most unusual first; empty for fewer than `FEWEST_STUDENTS`.
    """
    if len(answers) < FEWEST_STUDENTS:
        return []
    weights = {question: weigh(answers, question, given, prose) for question in given}
    pairs = list(combinations(sorted(answers), 2))
    shared = {pair: {q: _shared(weights[q], *pair) for q in given} for pair in pairs}
    smaller = {pair: {q: _smaller(weights[q], *pair) for q in given} for pair in pairs}
    sums = np.array([sum(shared[pair].values()) for pair in pairs]) / K
    median = np.median(sums)
    spread = max(1.4826 * np.median(np.abs(sums - median)), 1.0)  # at least one piece
    found = []
    for pair, total in zip(pairs, sums, strict=True):
        spreads = (total - median) / spread
        share = total * K / max(sum(smaller[pair].values()), 1e-9)
        if spreads >= SPREADS and share >= SHARE:
            of = {q: shared[pair][q] / smaller[pair][q] for q in given if smaller[pair][q]}
            questions = {q: part for q, part in of.items() if part >= SHARE}
            found.append(Pair(*pair, spreads, share, questions))
    return sorted(found, key=lambda pair: -pair.spreads)


def weigh(answers, question, given, prose):
    """Return {student: {piece: weight}} for a question: the rarer in the class, the heavier."""
    is_prose = question in prose
    known = set().union(*(fingerprint(text, is_prose) for text in given[question]))
    pieces = {
        s: fingerprint(texts.get(question, ""), is_prose) - known for s, texts in answers.items()
    }
    held = Counter(piece for own in pieces.values() for piece in own)
    weight = {piece: log((len(answers) + 1) / n) for piece, n in held.items()}
    return {student: {piece: weight[piece] for piece in own} for student, own in pieces.items()}


def _shared(weights, first, second):
    return sum(weights[first][piece] for piece in weights[first].keys() & weights[second].keys())


def _smaller(weights, first, second):
    return min(sum(weights[first].values()), sum(weights[second].values()))


def given_texts(exercise):
    """Return {question: texts that the student's copy holds}."""
    cells = exercise.notebook.cells
    code = [cell.source for cell in cells if source.is_given(cell)]
    return {q.grade_id: [q.stub] if q.manual else [q.stub, *code] for q in exercise.questions}


def report(submitted):
    """Return the text to print about the submissions in a folder.

    Raises
    ------
    RuntimeError
        If copydetect is not installed.
    """
    try:
        import copydetect  # noqa: F401
    except ImportError:
        raise RuntimeError(
            "it needs copydetect: .venv/bin/python -m pip install copydetect"
        ) from None
    classes, unreadable = read(submitted)
    lines = [HEAD]
    for name, answers in sorted(classes.items()):
        lines += ["", *_section(name, answers)]
    if unreadable:
        lines += ["", f"files that could not be read: {unreadable}"]
    return "\n".join(lines)


def _section(name, answers):
    """Yield the lines about one exercise."""
    if len(answers) < FEWEST_STUDENTS:
        yield f"{name}, {len(answers)} students: too few to say what they share anyway"
        return
    exercise = source.load(name)
    prose = {question.grade_id for question in exercise.questions if question.manual}
    pairs = alike(answers, given_texts(exercise), prose)
    yield f"{name}, {len(answers)} students: {len(pairs)} pairs"
    for pair in pairs[:MOST_PAIRS]:
        yield (
            f"  {printable(pair.first)}, {printable(pair.second)}: {pair.share:.0%} of what is "
            f"rare, {pair.spreads:.0f} spreads above the class's median pair"
        )
        parts = sorted(pair.questions.items(), key=lambda item: -item[1])
        yield "    " + ", ".join(f"{question} {part:.0%}" for question, part in parts)
    if len(pairs) > MOST_PAIRS:
        yield f"  and {len(pairs) - MOST_PAIRS} pairs more, less unusual than these"
