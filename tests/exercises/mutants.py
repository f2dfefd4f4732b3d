"""Change a right answer in one place: do the inputs of its question notice?

A change that no input notices is a wrong answer that would be graded as right. mutmut and
cosmic-ray do this for modules: they change a file, and start the whole test run for each change.
The answers here are functions in a cell of a notebook, and there are thousands of changes.
"""

import ast
import copy
import signal
import warnings
from contextlib import contextmanager

import numpy as np

from exercises.outcomes import outcome, same

SECONDS = 1.0  # of processor time for a group of inputs; a change may make a loop endless

OPERATORS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.MatMult: ast.Mult,
    ast.And: ast.Or, ast.Or: ast.And, ast.USub: ast.UAdd, ast.Not: ast.UAdd, ast.Invert: ast.UAdd,
}  # fmt: skip
NAMES = {
    "floor": "ceil", "ceil": "floor", "trunc": "ceil", "int": "round", "round": "int",
    "rint": "floor", "min": "max", "max": "min", "argmin": "argmax", "argmax": "argmin",
}  # fmt: skip


def changes(node):
    """Yield (field, new value) for each way to change this one node."""
    if isinstance(node, ast.Compare):
        for k, operator in enumerate(node.ops):
            yield "ops", [*node.ops[:k], OPERATORS[type(operator)](), *node.ops[k + 1 :]]
    elif isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp | ast.UnaryOp):
        if type(node.op) in OPERATORS:
            yield "op", OPERATORS[type(node.op)]()
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        yield "value", _another(node.value)
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield "id", NAMES[node.id]
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield "attr", NAMES[node.attr]
    elif isinstance(node, ast.keyword) and node.arg == "axis":
        yield "value", ast.Constant(1 if ast.unparse(node.value) == "0" else 0)


def _another(number):
    if isinstance(number, bool):
        return not number
    return number + 1 if isinstance(number, int) or number == 0 else 0.9 * number


def mutants(definition, namespace):
    """Yield (changed line, function) for each single change of a function's definition."""
    before = ast.unparse(definition).splitlines()
    for place, node in enumerate(ast.walk(definition)):
        for field, value in changes(node):
            changed = copy.deepcopy(definition)
            setattr(list(ast.walk(changed))[place], field, value)
            lines = ast.unparse(changed).splitlines()
            line = next(new for old, new in zip(before, lines, strict=True) if old != new)
            module = ast.fix_missing_locations(ast.Module([changed], type_ignores=[]))
            scope = dict(namespace)
            exec(compile(module, "<mutant>", "exec"), scope)
            yield line.strip(), scope[definition.name]


def survivors(definitions, namespace, right, groups):
    """Return, for each group of cases, the changed lines that all cases so far leave unnoticed.

    Parameters
    ----------
    definitions : list of ast.FunctionDef
        Right answers.
    namespace : dict
        The globals that they see.
    right : callable
        The measure.
    groups : list of list of tuple
        The arguments of each call: those that are visible, say, and those that are not.
    """
    wanted = [[outcome(right, case) for case in cases] for cases in groups]
    found = [set() for _ in groups]
    for definition in definitions:
        for line, function in mutants(definition, namespace):
            for lines, cases, want in zip(found, groups, wanted, strict=True):
                if not _behaves(function, cases, want):
                    break
                lines.add(line)
    return found


def _behaves(function, cases, wanted):
    try:
        with _limited(SECONDS), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return all(
                same(outcome(function, case), want)
                for case, want in zip(cases, wanted, strict=True)
            )
    except _OutOfTime:
        return False


class _OutOfTime(BaseException):
    """Not an Exception, which `outcome` would take for the answer's own."""


@contextmanager
def _limited(seconds):
    def stop(*_):
        raise _OutOfTime

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
