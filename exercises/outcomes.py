"""What came of calling an answer: plain data, and whether two of them agree.

Both sides use it, the student's own check and the grading, so that they can never disagree on what
an answer returned.
"""

import copy
import numbers as kinds
from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import isfinite

# By name, so that an answer that patches numpy or math does not change how it is read.
from numpy import asarray, longdouble

TOLERANCE = 1e-4  # of the largest number in a result
ROUNDING = 1e-9  # where 0 is right, 5e-17 is as well


def plain(value):
    """Return `value` as nested lists of plain numbers, so that how it was written does not matter.

    Raises
    ------
    TypeError
        If it holds something that is neither a number nor a text, a sequence or a dict of them.
    """
    if isinstance(value, longdouble):
        return float(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if hasattr(value, "__array__"):
        return _plain_array(asarray(value))
    if isinstance(value, complex):
        return _real(value)
    if isinstance(value, kinds.Rational | Decimal):  # a Fraction, say
        whole = isinstance(value, kinds.Rational) and value.denominator == 1
        return int(value) if whole else float(value)
    if isinstance(value, Iterable) and not isinstance(value, bytes | set | frozenset):
        return [plain(item) for item in value]
    raise TypeError(f"it holds a {type(value).__name__} where a number or an array should be")


def _plain_array(array):
    if array.dtype.kind == "f":
        return array.astype(float).tolist()  # else a longdouble stays what it is
    if array.dtype.kind in "biuU":
        return array.tolist()
    if array.dtype.kind == "c":
        return _real(array)
    if array.dtype.kind != "O":
        raise TypeError(f"it holds an array of {array.dtype} where numbers should be")
    return plain(array.tolist()) if array.ndim else plain(array.item())


def _real(value):
    array = asarray(value)
    if array.imag.any():
        raise TypeError("it holds complex numbers, and real ones are asked for")
    return array.real.astype(float).tolist()


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


def shape(value):
    """Return the lengths of nested lists as far as they are regular: () for anything else."""
    if not isinstance(value, list):
        return ()
    inner = {shape(item) for item in value}
    return (len(value), *(inner.pop() if len(inner) == 1 else ()))


def same(got, want):
    """Whether two outcomes agree: whole numbers exactly, others to `TOLERANCE` of the largest."""
    if got[0] != want[0] or want[0] == "raised":
        return got[:2] == want[:2]
    return near(got[1], want[1], tolerance(want[1]))


def tolerance(value):
    """Return by how much a number in a plain value may be off."""
    return max(ROUNDING, TOLERANCE * largest(value))


def largest(value):
    """Return the size of the largest finite number in a plain value, or 0."""
    return float(max((abs(x) for x in numbers(value) if _finite(x)), default=0.0))


def all_same(got, want):
    """Whether two lists of outcomes agree, one by one."""
    return len(got) == len(want) and all(map(same, got, want))


def _finite(x):
    try:
        return isfinite(x)
    except OverflowError:  # a whole number beyond all floats
        return False


def near(got, want, tolerance):
    """Whether two plain values agree: whole numbers exactly, others to `tolerance`."""
    if isinstance(want, list | dict):
        if type(got) is not type(want) or len(got) != len(want):
            return False
        if isinstance(want, dict):
            return all(key in got and near(got[key], want[key], tolerance) for key in want)
        return all(near(g, w, tolerance) for g, w in zip(got, want, strict=True))
    if want is None or isinstance(want, str) or not isinstance(got, bool | int | float):
        return type(got) is type(want) and got == want
    if isinstance(want, int):
        # A whole number may come out of a division: 12.000000001 is 12, but 12.01 is not.
        tolerance = 1e-9 * abs(want) if _finite(want) else 0.0
    if got == want or (got != got and want != want):
        return True
    return _finite(got) and _finite(want) and abs(float(got) - want) <= tolerance
