"""What can be said about an answer from what it returned, when it makes no known mistake.

Only facts: what kind of thing came back, where it agrees and where it does not. The student's own
check and the grading say the same, in the same words.
"""

from math import copysign, frexp, isfinite, log10

from exercises.outcomes import numbers, same, shape

RIGHT = "right."
NOT_WRITTEN = "not written yet: put your code in its cell in place of `raise NotImplementedError()`"
UNKNOWN = (
    "this is not right, and none of the mistakes known here. Work the smallest input out by hand."
)
OWN_ERROR = "an error of its own"
NOTHING = "it returns None. Is there a `return`?"
CHANGING = (
    "called again with the same arguments, it returns something else. What does it keep from one "
    "call to the next, or draw anew?"
)
HUGE = 1e15  # beyond it digits are not counted
MOST_PARTS = 12  # of a list are looked at one by one
ORDINALS = ("first", "second", "third")


def remark(outcomes, again, wanted, right_in, calls):
    """Return what can be said about outcomes that are not right.

    Parameters
    ----------
    outcomes : list of tuple
        Of each case, as `outcomes.outcome` returns it.
    again : tuple or None
        Of the first case, when it is called once more after all others.
    wanted : dict
        The `form` of the right answer.
    right_in : list of dict
        For each case {name of a part: whether it is right}, of the `parts` of its value.
    calls : list of str
        The call of each case, as a student would write it.

    Returns
    -------
    str
    """
    calls = _numbered(calls)
    stopped = [(o, text) for o, text in zip(outcomes, calls, strict=True) if o[0] == "raised"]
    if stopped:
        return _stopped(*stopped[0], everywhere=len(stopped) == len(outcomes))
    values = [value for _, value in outcomes]
    if all(value is None for value in values):
        return NOTHING
    if again and not same(again, outcomes[0]):
        return CHANGING
    cases = list(zip(values, right_in, calls, strict=True))
    return (
        _another_form(values, wanted, calls)
        or _not_finite(values, wanted, calls)
        or _always_the_same(values)
        or _right_in_parts(cases)
        or _another_kind_of_number(cases, wanted)
        or _about_right(cases)
        or _right_in_some(cases, wanted)
        or _one_number_repeated(cases, wanted)
        or _of_the_right_size(cases, wanted)
        or UNKNOWN
    )


def form(outcomes):
    """Return the form of right outcomes: what may be told without giving the answer away."""
    values = [value for _, value in outcomes]
    found = [list(numbers(value)) for value in values]
    return {
        "kinds": ["a number" if value is None else _kind(value) for value in values],
        "shapes": [list(shape(value)) for value in values],
        "finite": all(isfinite(x) for some in found for x in some),
        "whole": all(isinstance(x, int) for some in found for x in some),
        "yes_or_no": any(isinstance(x, bool) for some in found for x in some),
        "sizes": [[_size(x) for x in some[:MOST_PARTS]] for some in found],
    }


def parts(value):
    """Return {name: part} of what may be right in a value that is not."""
    found = {"all": value, "about": about(value)}
    if isinstance(value, list):
        inner = list(numbers(value))
        if all(isfinite(x) for x in inner):
            found["numbers"] = sorted(inner)
        found |= {f"item {k}": item for k, item in enumerate(value[:MOST_PARTS])}
        size = shape(value)
        if len(size) > 1:
            columns = range(min(size[1], MOST_PARTS))
            found |= {f"column {k}": [row[k] for row in value] for k in columns}
    return found


def about(value, digits=None):
    """Return a plain value with about two digits left of its largest number."""
    if digits is None:
        digits = 1 - int(
            log10(max((abs(x) for x in numbers(value) if 0 < abs(x) < HUGE), default=1))
        )
    if isinstance(value, list):
        return [about(item, digits) for item in value]
    return round(value, digits) if isinstance(value, float) and abs(value) < HUGE else value


def call(function, arguments, words=""):
    """Return a call of a function as a student would write it, cut short, and what it is about."""
    return f"{function}({', '.join(map(_short, arguments))})" + (f" ({words})" if words else "")


def _short(value):
    if hasattr(value, "tolist"):
        value = value.tolist()
    text = f"{value:g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 40 else f"{text[:36]} …"


def _numbered(calls):
    """Calls that look alike, cut short as they are, with their numbers."""
    return [
        f"input {k} ({text})" if calls.count(text) > 1 else text
        for k, text in enumerate(calls, start=1)
    ]


def _stopped(o, text, everywhere):
    if o[1] == "NotImplementedError":
        return NOT_WRITTEN
    where = "" if everywhere else f" for {text}"
    told = f": {o[2]}" if len(o) > 2 and o[2] else ""
    return f"it stops{where} with {o[1] or OWN_ERROR}{told}"


def _kind(value):
    if value is None:
        return "None"
    if isinstance(value, dict):
        return "a dict"
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else "a number"


def _size(x):
    """The power of two below a number, with its sign: within a factor of 2, not the number."""
    return [int(copysign(1, x)), frexp(x)[1]] if x and isfinite(x) else [0, 0]


def _another_form(values, wanted, calls):
    for value, kind, size, text in zip(
        values, wanted["kinds"], wanted["shapes"], calls, strict=True
    ):
        got, size = shape(value), tuple(size)
        if _kind(value) != kind and (value is not None or kind != "a number"):
            return f"{text} is {_kind(value)}, where {kind} is asked for"
        if not wanted["yes_or_no"] and any(isinstance(x, bool) for x in numbers(value)):
            return f"{text} holds True or False, where numbers are asked for"
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
        for value, text in zip(values, calls, strict=True):
            for x in numbers(value):
                if x != x:
                    return f"{text} gives nan, where none is right. Where does it come from?"
                if abs(x) == float("inf"):
                    return f"{text} gives an infinite number. Is something divided by 0?"


def _always_the_same(values):
    if len(values) > 1 and all(value == values[0] for value in values):
        return (
            "it returns the same for every input tried. On which of its arguments does it depend?"
        )


def _right_in_parts(cases):
    """What is wrong in a list of which some is right."""
    wrong = [(value, right, text) for value, right, text in cases if not right["all"]]
    if not wrong or not all(isinstance(value, list) for value, *_ in wrong):
        return None
    if all(right.get("numbers") for _, right, _ in wrong):
        return f"the numbers of {wrong[0][2]} are right, but not their order"
    value, right, text = wrong[0]
    for what, name in (("column", "column"), ("row" if len(shape(value)) > 1 else "item", "item")):
        places = [key for key in right if key.startswith(f"{name} ")]
        good = [k for k, key in enumerate(places) if right[key]]
        bad = [k for k, key in enumerate(places) if not right[key]]
        if good and bad and len(places) > 1:
            return (
                f"of {text}, {_places(good, what)} right, and {_places(bad, what)} not. "
                "What is different there?"
            )


def _places(places, what):
    if len(places) == 1 and places[0] < len(ORDINALS):
        return f"the {ORDINALS[places[0]]} {what} is"
    if len(places) == 1:
        return f"{what} {places[0] + 1} is"
    shown = ", ".join(str(k + 1) for k in places[:-1])
    return f"{what}s {shown} and {places[-1] + 1} are"


def _one_number_repeated(cases, wanted):
    for (value, right, text), sizes in zip(cases, wanted["sizes"], strict=True):
        found = list(numbers(value))
        different = len({tuple(size) for size in sizes}) > 1
        if not right["all"] and different and len(found) > 2 and len(set(found)) == 1:
            return f"all numbers of {text} are equal. Should they be?"


def _another_kind_of_number(cases, wanted):
    """A fraction for a whole number, or a sign that no right result has there."""
    for (value, right, text), sizes in zip(cases, wanted["sizes"], strict=True):
        found = list(numbers(value))
        if right["all"] or len(found) != len(sizes):
            continue
        for x, (sign, _) in zip(found, sizes, strict=True):
            if wanted["whole"] and x != int(x):
                return f"{text} gives a fraction, where a whole number is asked for"
            if x < 0 and all(s >= 0 for s, _ in sizes):
                return f"{text} gives a number below 0, which cannot be right there"
            if x * sign < 0 and len(found) == 1:
                return f"{text} has the wrong sign"


def _about_right(cases):
    wrong = [(right, text) for _, right, text in cases if not right["all"]]
    if wrong and all(right["about"] for right, _ in wrong):
        return (
            f"{wrong[0][1]} is right to two digits, and not to more. What is off by so little: a "
            "rounding, an early end, one of many?"
        )


def _right_in_some(cases, wanted):
    """In how many cases it is right, and in which direction it is off in others."""
    wrong = [
        (text, _direction(value, sizes))
        for (value, right, text), sizes in zip(cases, wanted["sizes"], strict=True)
        if not right["all"]
    ]
    off = [(text, how) for text, how in wrong if how]
    if len(wrong) < len(cases):
        text, how = (off or wrong)[0]
        good = f"it is right in {len(cases) - len(wrong)} of the {len(cases)} cases tried"
        return f"{good}, and {how or 'wrong'} for {text}. What is different there?"
    if len(off) == len(cases) and len({how for _, how in off}) == 1:
        return f"it is {off[0][1]} for every input tried, as for {off[0][0]}"
    if off:
        other = next((f", and {h} for {text}" for text, h in off if h != off[0][1]), "")
        return f"it is {off[0][1]} for {off[0][0]}{other}"


def _direction(value, sizes):
    """ "too large" or "too small", if all numbers of a value are, by more than a factor of 2."""
    off = set()
    for x, (sign, power) in zip(numbers(value), sizes, strict=False):
        low, high = sorted((sign * 2.0 ** (power - 1), sign * 2.0**power)) if sign else (0.0, 0.0)
        off.add("too large" if x > high else "too small" if x < low else "")
    return off.pop() if len(off) == 1 else ""


def _of_the_right_size(cases, wanted):
    for (value, _, _), sizes in zip(cases, wanted["sizes"], strict=True):
        for x, (sign, power) in zip(numbers(value), sizes, strict=False):
            if not (sign and 2.0 ** (power - 2) <= sign * x <= 2.0 ** (power + 1)):
                return None
    return (
        "its numbers are about as large as they should be, and right in none of the cases tried. "
        "Work the smallest input out by hand."
    )
