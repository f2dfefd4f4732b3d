"""Which programs an answer is compared with: the right ones, and the mistakes.

A question comes with a class of its own whose functions are small programs: those named `right…`
answer it rightly, each in its own way; every other one is a known mistake, and its docstring is
the message for a student who made it. Mistakes that can be made in any question are derived from
the right answer: a result that is twice as large, or that belongs to other arguments.
"""

import copy
import inspect
from functools import partial

from numpy import asarray, cumsum, errstate

from exercises.classroom.arguments import other_arguments
from exercises.outcomes import outcome, same

RIGHT = "right"  # the function that is the measure


def right_answers(question):
    """Return {name: function} of the right answers that a question's class holds."""
    return {n: f for n, f in _functions(question).items() if n.startswith(RIGHT)}


def known_mistakes(question):
    """Return {name: function} of the mistakes that a question's class holds."""
    return {n: f for n, f in _functions(question).items() if not n.startswith(RIGHT)}


def _functions(question):
    return {n: f for n, f in vars(question).items() if inspect.isfunction(f) and n[0] != "_"}


def behaviours(question, cases, like=None):
    """Yield (name, message, outcomes) of each mistake: those of the question first, then any.

    A mistake of any question that has no value in some case says nothing here, nor one with the
    same value in all cases, nor one of other arguments that is right in more than half of them.
    These are not derived where the question's class says `_no_other_arguments`.

    Parameters
    ----------
    question : type
    cases : list of tuple
        The arguments of each call.
    like : list of tuple, optional
        Yield only the mistakes whose outcomes agree with these.
    """
    own = known_mistakes(question)
    for name, mistake in own.items():
        if outcomes := _tried(mistake, cases, like):
            yield name, message(mistake), outcomes
    right = right_answers(question)[RIGHT]
    results = [right(*copy.deepcopy(case)) for case in cases]
    pairs = list(zip(results, cases, strict=True))
    for name, (program, text) in derived_mistakes(right).items():
        outcomes = None if name in own else _tried(program, pairs, like)
        if outcomes and _told(outcomes):
            yield name, text, outcomes
    if getattr(question, "_no_other_arguments", False):
        return
    wanted = [outcome(lambda result=result: result, ()) for result in results]
    for name, (program, text) in other_arguments(right, cases).items():
        outcomes = None if name in own else _tried(program, cases, like)
        if outcomes and _told(outcomes) and _mostly_wrong(outcomes, wanted):
            yield name, text, outcomes


def _told(outcomes):
    """Whether all are values, and not all the same one."""
    values = all(kind == "value" for kind, *_ in outcomes)
    return values and any(not same(o, outcomes[0]) for o in outcomes[1:])


def _mostly_wrong(outcomes, wanted):
    return 2 * sum(map(same, outcomes, wanted)) <= len(wanted)


def _tried(program, cases, like):
    """Return the outcome of each case, or None at the first that is not like those given."""
    found = []
    for k, case in enumerate(cases):
        found.append(outcome(program, case))
        if like is not None and not same(like[k], found[k]):
            return None
    return found


def hints(question):
    """Return the hints of a question, from the gentlest on."""
    return getattr(question, "_hints", ())


def words(question, case):
    """Return what is special about a case, in the words of the question's author, or nothing."""
    special = getattr(question, "_special", {})
    return next((text for text, holds in special.items() if holds(*case)), "")


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
    "complement": (lambda x: 1 - x, "Yours is one minus what is asked for, in every case."),
    "size": (abs, "The numbers are right but for the sign: yours are never negative."),
    "whole": (lambda x: asarray(x) // 1, "Yours is rounded down to whole numbers. Should it be?"),
    "rounded": (lambda x: asarray(x).round(), "Yours is rounded to whole numbers. Should it be?"),
    "tenths": (lambda x: asarray(x).round(1), "Yours is rounded to one decimal. Should it be?"),
    "hundredths": (lambda x: asarray(x).round(2), "Yours has two decimals. Was it to be rounded?"),
}
IN_ORDER = {
    "transposed": (lambda x: asarray(x).T, "The numbers are right. Which axis comes first?"),
    "reversed": (lambda x: list(x)[::-1], "The numbers are right. Which one comes first?"),
    "without_the_last": (lambda x: list(x)[:-1], "It ends too early: the last one is missing."),
    "without_the_first": (lambda x: list(x)[1:], "It begins too late: the first one is missing."),
    "sorted": (
        sorted,
        "The numbers are right. Yours are sorted: in which order are they asked for?",
    ),
    "first_of_them": (
        lambda x: next(iter(x)),
        "You return the first one alone. Which are asked for?",
    ),
    "last_of_them": (lambda x: list(x)[-1], "You return the last one alone. Which are asked for?"),
    "their_sum": (sum, "You return the sum of what is asked for. How many results should it be?"),
    "their_mean": (lambda x: sum(x) / len(x), "You return the mean of the numbers asked for."),
    "sums_so_far": (cumsum, "Each of yours is the sum of those asked for up to its place."),
}
FACTORS = {"2": 2.0, "1/2": 0.5, "4": 4.0, "1/4": 0.25, "100": 100.0, "1/100": 0.01}


def derived_mistakes(right):
    """Return {name: (change, message)} of the mistakes that can be made in any question.

    ``change(result, arguments)`` makes the mistake's result of the right one. A factor may be a
    constant, an argument that is a number (such as `N` or `B`), or the number of examples, which is
    the length of the first array.
    """
    found = {}
    for text, factor in FACTORS.items():
        found[f"times_{text}"] = partial(_times, lambda a, k=factor: k), TIMES.format(text)
    parameters = list(inspect.signature(right).parameters)
    for position, name in enumerate(parameters):
        found |= _factors(name, partial(_number, position=position))
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
        f"{name}**2": lambda a: value(a) ** 2,
        f"1/{name}**2": lambda a: 1 / value(a) ** 2,
        f"root_of_{name}": lambda a: value(a) ** 0.5,
        f"{name}/({name}-1)": lambda a: value(a) / (value(a) - 1),
        f"({name}-1)/{name}": lambda a: (value(a) - 1) / value(a),
    }
    return {
        f"times_{text}": (partial(_times, factor), TIMES.format(text))
        for text, factor in powers.items()
    }


def _number(arguments, position):
    if type(arguments[position]) not in (int, float):
        raise TypeError("no number")
    return arguments[position]


def _examples(arguments):
    return next(len(a) for a in arguments if hasattr(a, "__len__"))


def _times(factor, result, arguments):
    return _each(result, lambda x: factor(arguments) * x)


def _in_numbers(change, result, arguments):
    return _each(result, change)


def _in_order(change, result, arguments):
    return change([*result])  # a TypeError for a single number


def _each(result, change):
    if isinstance(result, list | tuple):
        return [_each(item, change) for item in result]
    with errstate(all="ignore"):
        return change(result)
