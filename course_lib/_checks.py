"""Checks of arguments that several rooms share.

Each error names the argument, its value and what would be right.
"""

import operator

import numpy as np


def check_whole_number(name: str, value, low: int, high: int | None = None) -> int:
    """Return `value` as an int, or say what a right one would be."""
    right = "a whole number " + (f"of at least {low}" if high is None else f"from {low} to {high}")
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    is_whole = number is not None and not isinstance(value, bool | np.bool_)
    if not is_whole or number < low or (high is not None and number > high):
        raise ValueError(f"{name} must be {right}, not {value!r}")
    return number


def check_positive(name: str, value):
    """Return `value`, a number or an array, if all of it is finite and above zero."""
    return _check_numbers(name, value, "a positive number", lambda numbers: numbers > 0)


def check_not_negative(name: str, value):
    """Return `value`, a number or an array, if all of it is finite and at least zero."""
    return _check_numbers(name, value, "zero or a positive number", lambda numbers: numbers >= 0)


def check_fraction(name: str, value):
    """Return `value` if it lies in [0, 1)."""
    return _check_numbers(
        name, value, "a number from 0 up to, but not, 1", lambda x: (x >= 0) & (x < 1)
    )


def check_choice(name: str, value, choices) -> str:
    """Return `value` if it is one of the names in `choices`."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, not {value!r}")
    return value


def _check_numbers(name, value, right, is_right):
    try:
        numbers = np.asarray(value)
        fine = numbers.dtype.kind in "iuf" and numbers.size > 0
        fine = fine and bool(np.all(np.isfinite(numbers) & is_right(numbers)))
    except (TypeError, ValueError):
        fine = False
    if not fine:
        raise ValueError(f"{name} must be {right}, not {value!r}")
    return value
