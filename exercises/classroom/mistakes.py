"""Which programs an answer is compared with: the right ones, and the mistakes.

A question comes with a class of its own whose functions are small programs: those named `right…`
answer it rightly, each in its own way; every other one is a known mistake, and its docstring is
the message for a student who made it. Mistakes that can be made in any question, such as a result
that is twice as large, are derived from the right answer.
"""

import copy
import inspect
from functools import partial

from numpy import asarray, errstate

from exercises.outcomes import outcome

RIGHT = "right"  # the function that is the measure


def right_answers(question):
    """Return {name: function} of the right answers that a question's class holds."""
    return {n: f for n, f in _functions(question).items() if n.startswith(RIGHT)}


def known_mistakes(question):
    """Return {name: function} of the mistakes that a question's class holds."""
    return {n: f for n, f in _functions(question).items() if not n.startswith(RIGHT)}


def _functions(question):
    return {n: f for n, f in vars(question).items() if inspect.isfunction(f) and n[0] != "_"}


def behaviours(question, cases):
    """Yield (name, message, outcomes) of each mistake: those of the question first, then any.

    A mistake of any question that has no value in some case says nothing here.
    """
    own = known_mistakes(question)
    for name, mistake in own.items():
        yield name, message(mistake), [outcome(mistake, case) for case in cases]
    right = right_answers(question)[RIGHT]
    results = [right(*copy.deepcopy(case)) for case in cases]
    for name, (change, text) in derived_mistakes(right).items():
        outcomes = [outcome(change, pair) for pair in zip(results, cases, strict=True)]
        if name not in own and all(kind == "value" for kind, *_ in outcomes):
            yield name, text, outcomes


def hints(question):
    """Return the hints of a question, from the gentlest on."""
    return getattr(question, "_hints", ())


def message(mistake):
    """Return the message of a known mistake, on one line."""
    return " ".join(inspect.getdoc(mistake).split())


TIMES = "Yours is {} times what is asked for, in every case. Which factor is too much, or missing?"
IN_NUMBERS = {
    "sign": (lambda x: -x, "Yours has the opposite sign, in every case. What is taken from what?"),
    "inverse": (lambda x: 1 / x, "Yours is one divided by what is asked for, in every case."),
    "squared": (lambda x: x**2, "Yours is the square of what is asked for, in every case."),
    "root": (lambda x: x**0.5, "Yours is the square root of what is asked for, in every case."),
    "one_more": (lambda x: x + 1, "Yours is one more than what is asked for, in every case."),
    "one_less": (lambda x: x - 1, "Yours is one less than what is asked for, in every case."),
}
IN_ORDER = {
    "transposed": (lambda x: asarray(x).T, "The numbers are right. Which axis comes first?"),
    "reversed": (lambda x: list(x)[::-1], "The numbers are right. Which one comes first?"),
    "without_the_last": (lambda x: list(x)[:-1], "It ends too early: the last one is missing."),
    "without_the_first": (lambda x: list(x)[1:], "It begins too late: the first one is missing."),
}
FACTORS = {"2": 2.0, "1/2": 0.5, "100": 100.0, "1/100": 0.01}


def derived_mistakes(right):
    """Return {name: (change, message)} of the mistakes that can be made in any question.

    ``change(result, arguments)`` makes the mistake's result of the right one. A factor may be a
    constant, an argument that is a whole number (such as `N` or `B`), or the number of examples,
    which is the length of the first array.
    """
    found = {}
    for text, factor in FACTORS.items():
        found[f"times_{text}"] = partial(_times, lambda a, k=factor: k), TIMES.format(text)
    parameters = list(inspect.signature(right).parameters)
    for position, name in enumerate(parameters):
        found |= _factors(name, partial(_whole, position=position))
    if "N" not in parameters:
        found |= _factors("N", _examples)
    for name, (change, text) in IN_NUMBERS.items():
        found[name] = partial(_in_numbers, change), text
    for name, (change, text) in IN_ORDER.items():
        found[name] = partial(_in_order, change), text
    return found


def _factors(name, value):
    powers = {
        name: lambda a: value(a),
        f"1/{name}": lambda a: 1 / value(a),
        f"{name}/({name}-1)": lambda a: value(a) / (value(a) - 1),
        f"({name}-1)/{name}": lambda a: (value(a) - 1) / value(a),
    }
    return {
        f"times_{text}": (partial(_times, factor), TIMES.format(text))
        for text, factor in powers.items()
    }


def _whole(arguments, position):
    if type(arguments[position]) is not int:
        raise TypeError("no whole number")
    return arguments[position]


def _examples(arguments):
    return next(len(a) for a in arguments if hasattr(a, "__len__"))


def _times(factor, result, arguments):
    return _each(result, lambda x: factor(arguments) * x)


def _in_numbers(change, result, arguments):
    return _each(result, change)


def _in_order(change, result, arguments):
    return change(result)


def _each(result, change):
    if isinstance(result, list | tuple):
        return [_each(item, change) for item in result]
    with errstate(all="ignore"):
        return change(result)
