"""The checks of arguments that all rooms share.

Each error names the argument, its value and what would be right. A check returns the value, so that
it can be used where it is checked.
"""

import operator
from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np

#: More of anything does not fit into memory, or not into a day: an update takes ten microseconds.
MOST = 10**9
#: More runs than these do not fit into the memory of a machine.
MOST_RUNS = 10**6


def check_whole_number(name: str, value, low: int, high: int | None = None) -> int:
    """Return `value` as an int, or say what a right one would be."""
    right = "a whole number " + (f"of at least {low}" if high is None else f"from {low} to {high}")
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is not None and high is None and number > MOST:
        high, right = MOST, f"a whole number from {low} to {MOST}"
    is_whole = number is not None and not isinstance(value, bool | np.bool_)
    if not is_whole or number < low or (high is not None and number > high):
        raise _wrong(name, right, value)
    return number


def check_seed(value) -> int:
    """Return `value` if a random stream can start from it and be repeated by everybody."""
    return check_whole_number("seed", value, 0, 2**64)


def check_positive(name: str, value):
    """Return `value`, a number or an array, if all of it is finite and above zero."""
    return _check_numbers(name, value, "a positive number", lambda numbers: numbers > 0)


def check_not_negative(name: str, value):
    """Return `value`, a number or an array, if all of it is finite and at least zero."""
    return _check_numbers(name, value, "zero or a positive number", lambda numbers: numbers >= 0)


def check_finite(name: str, value):
    """Return `value`, a number or an array, if all of it is finite."""
    return _check_numbers(name, value, "a finite number", np.isfinite)


def check_fraction(name: str, value):
    """Return `value` if it lies in [0, 1)."""
    return _check_numbers(
        name, value, "a number from 0 up to, but not, 1", lambda x: (x >= 0) & (x < 1)
    )


def check_one_number(name: str, value) -> float:
    """Return `value`, which another check has passed, if it is a single number and no array."""
    if np.ndim(value):
        raise _wrong(name, "a single number", value)
    return value


def check_choice(name: str, value, choices) -> str:
    """Return `value` if it is one of the names in `choices`."""
    if not isinstance(value, str) or value not in choices:
        raise _wrong(name, f"one of {', '.join(map(repr, choices))}", value)
    return value


def check_flag(name: str, value) -> bool:
    """Return `value` if it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise _wrong(name, "True or False", value)
    return bool(value)


def check_kind(name: str, value, kind: type, example: str):
    """Return `value` if it is of a kind, of which `example` is one, written as code."""
    if not isinstance(value, kind):
        raise _wrong(
            name, f"of the kind {getattr(kind, '__name__', kind)}, such as {example}", value
        )
    return value


def check_call(name: str, function: Callable, *arguments):
    """Return the answer of a function that was passed in, or say that it cannot be called so."""
    try:
        return function(*arguments)
    except TypeError as error:
        written = ", ".join(map(repr, arguments))
        written = written if len(written) < 80 else "…"
        raise ValueError(
            f"{name} must be a function that can be called as {name}({written}), "
            f"which ended in: {error}"
        ) from error


def check_iterable(name: str, value, example: str):
    """Return `value` if a loop can go through it; `example` is one, written as code."""
    try:
        iter(value)
    except TypeError:
        raise _wrong(name, f"a sequence or an iterator, such as {example}", value) from None
    return value


def check_function(name: str, value, of: str, example: str) -> Callable:
    """Return `value` if it can be called; `of` says what its argument is."""
    if not callable(value) or isinstance(value, type):
        raise _wrong(name, f"a function of {of}, such as {example}", value)
    return value


def check_list(name: str, value, of: str) -> list:
    """Return the items of `value` as a list that holds one at least."""
    try:
        items = [] if isinstance(value, str | bytes) else list(value)
    except TypeError:
        raise _wrong(name, f"a list of {of}", value) from None
    if not items:
        raise ValueError(f"{name} must hold one or more {of}, not {value!r}")
    return items


def check_numbers_once(name: str, value, of: str, check: Callable) -> list:
    """Return a list of numbers that each pass a check, none of them twice."""
    items = [check_one_number(name, check(item)) for item in check_list(name, value, of)]
    if len(set(items)) < len(items):
        raise ValueError(f"{name} must hold no number twice, not {value!r}")
    return items


def check_generators(value) -> list:
    """Return `value` as a list of one random generator or more."""
    right = "a list of random generators, such as streams(0, 16)"
    kinds = np.random.Generator | np.random.RandomState
    try:
        items = list(value)
    except TypeError:
        items = []
    if not items or not all(isinstance(rng, kinds) for rng in items):
        raise _wrong("rngs", right, value)
    return items


def check_array(name: str, value, shape: tuple) -> np.ndarray:
    """Return `value` as an array of numbers whose last axes are of this shape.

    ``None`` in `shape` stands for any length. There may be nan in it, as where runs have diverged.
    """
    written = ", ".join("any" if length is None else str(length) for length in shape)
    right = f"an array of numbers of shape (..., {written})"
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        raise _wrong(name, right, value) from None
    ends = array.shape[max(0, array.ndim - len(shape)) :]
    fits = len(ends) == len(shape) and all(
        length in (None, end) for length, end in zip(shape, ends, strict=True)
    )
    if array.dtype.kind not in "iuf" or not fits or not array.size:
        is_array = array.dtype.kind in "iuf" and array.ndim
        raise _wrong(name, right, array.shape if is_array else value)
    return array


def check_rate(schedule: Callable, update: int, shape: tuple | None = None) -> np.ndarray:
    """Return the learning rate of an update, a number or an array that fits runs of this shape."""
    name = f"schedule({update})"
    rate = check_call("schedule", schedule, update)
    rate = np.asarray(check_not_negative(name, rate), dtype=float)
    try:
        fits = shape is None or np.broadcast_shapes(rate.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"{name} must be a number, or an array that fits the runs' shape {shape}, "
            f"not of shape {rate.shape}"
        )
    return rate


def check_pair(batch):
    """Return a batch if it is a pair of arrays."""
    if not isinstance(batch, tuple | list) or len(batch) != 2 or np.ndim(batch[1]) == 0:
        raise ValueError(f"each of batches must be a pair of arrays (X, y), not {batch!r}")
    return batch


def check_record(record, n_updates) -> list[int]:
    """Return the moments to record: increasing, from 0 to n_updates; about 100 if None."""
    n_updates = check_whole_number("n_updates", n_updates, 0)
    if record is None:
        return np.unique(np.linspace(0, n_updates, 101).round().astype(int)).tolist()
    right = f"whole numbers in increasing order from 0 to n_updates = {n_updates}"
    moments = check_list("record", record, right)
    moments = [check_whole_number("each of record", moment, 0, n_updates) for moment in moments]
    if any(a >= b for a, b in pairwise(moments)):
        raise _wrong("record", right, record)
    return moments


def check_watch(watch) -> dict[str, Callable]:
    """Return what to record beside the loss: a function of w for each name."""
    watch = check_kind("watch", {} if watch is None else watch, Mapping, '{"w": lambda w: w}')
    if "loss" in watch:
        raise ValueError("watch must not hold 'loss', which is recorded anyway")
    for name, function in watch.items():
        check_kind("each name in watch", name, str, '"slope"')
        check_function(f"watch[{name!r}]", function, "w", "lambda w: w")
    return dict(watch)


def _check_numbers(name, value, right, is_right):
    try:
        numbers = np.asarray(value)
        fine = numbers.dtype.kind in "iuf" and numbers.size > 0
        fine = fine and bool(np.all(np.isfinite(numbers) & is_right(numbers)))
    except (TypeError, ValueError):
        fine = False
    if not fine:
        raise _wrong(name, right, value)
    return numbers if isinstance(value, list | tuple) else value


def _wrong(name, right, value):
    if callable(value) and hasattr(value, "__name__"):
        return ValueError(f"{name} must be {right}, not the function {value.__name__}")
    text = repr(value)
    text = text if len(text) <= 300 else f"{text[:300]} …"
    return ValueError(f"{name} must be {right}, not {text}")
