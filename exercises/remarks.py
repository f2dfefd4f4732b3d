"""What can be said about an answer from what it returned, when it makes no known mistake.

Only facts: what kind of thing came back, where it agrees and where it does not. The student's own
check and the grading say the same, in the same words.
"""

from math import isfinite

from exercises.outcomes import numbers, shape

RIGHT = "right."
NOT_WRITTEN = "not written yet: put your code in its cell in place of `raise NotImplementedError()`"
UNKNOWN = (
    "this is not right, and none of the mistakes known here. Work the smallest input out by hand."
)
OWN_ERROR = "an error of its own"
NOTHING = "it returns None. Is there a `return`?"


def remark(outcomes, wanted, right_in, calls):
    """Return what can be said about outcomes that are not right.

    Parameters
    ----------
    outcomes : list of tuple
        Of each case, as `outcomes.outcome` returns it.
    wanted : dict
        The `form` of the right answer.
    right_in : list of bool
        Whether each outcome is right.
    calls : list of str
        The call of each case, as a student would write it.

    Returns
    -------
    str
    """
    for o in outcomes:
        if o[0] == "raised":
            return NOT_WRITTEN if o[1] == "NotImplementedError" else _stopped(o)
    values = [value for _, value in outcomes]
    if all(value is None for value in values):
        return NOTHING
    return (
        _another_form(values, wanted, calls)
        or _not_finite(values, wanted, calls)
        or _always_the_same(values, right_in)
        or _right_in_some(right_in, calls)
        or UNKNOWN
    )


def form(outcomes):
    """Return the form of right outcomes: what may be told without giving the answer away."""
    values = [value for _, value in outcomes]
    found = [x for value in values for x in numbers(value)]
    return {
        "kinds": [_kind(value) for value in values],
        "shapes": [list(shape(value)) for value in values],
        "finite": all(isfinite(x) for x in found),
    }


def call(function, arguments):
    """Return a call of a function as a student would write it, cut short."""
    return f"{function}({', '.join(map(_short, arguments))})"


def _short(value):
    if hasattr(value, "tolist"):
        value = value.tolist()
    text = f"{value:g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 40 else f"{text[:36]} …"


def _stopped(o):
    name = o[1] or OWN_ERROR
    text = f": {o[2]}" if len(o) > 2 and o[2] else ""
    return f"it stops with {name}{text}"


def _kind(value):
    if isinstance(value, dict):
        return "a dict"
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else "a number"


def _another_form(values, wanted, calls):
    for value, kind, size, text in zip(
        values, wanted["kinds"], wanted["shapes"], calls, strict=False
    ):
        got, size = shape(value), tuple(size)
        if value is not None and _kind(value) != kind:
            return f"{text} is {_kind(value)}, where {kind} is asked for"
        if got != size:
            if got == size[::-1]:
                return f"{text} has the shape {got}, where {size} is asked for: transposed?"
            if len(got) == len(size) == 1 or not got or not size or got[0] != size[0]:
                return f"{text} has {_length(got)}, where {_length(size)} {_are(size)} asked for"
            return f"{text} has the shape {got}, where {size} is asked for"


def _length(size):
    return "no items" if not size else "1 item" if size[0] == 1 else f"{size[0]} items"


def _are(size):
    return "is" if size[:1] == (1,) else "are"


def _not_finite(values, wanted, calls):
    if wanted["finite"]:
        for value, text in zip(values, calls, strict=False):
            for x in numbers(value):
                if x != x:
                    return f"{text} gives nan. Is 0 divided by 0, or a nan carried along?"
                if abs(x) == float("inf"):
                    return f"{text} gives an infinite number. Is something divided by 0?"


def _always_the_same(values, right_in):
    if len(values) > 1 and not all(right_in) and all(value == values[0] for value in values):
        return "it returns the same for every input tried. Which argument has it not looked at?"


def _right_in_some(right_in, calls):
    wrong = [text for text, right in zip(calls, right_in, strict=False) if not right]
    if 0 < len(wrong) < len(calls):
        return (
            f"it is right in {len(calls) - len(wrong)} of the {len(calls)} cases tried, and wrong "
            f"for {wrong[0]}. What is different there?"
        )
