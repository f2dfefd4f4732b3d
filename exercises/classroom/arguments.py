"""Answers that are right for other arguments than the given ones.

Who forgets the learning rate returns what is right at the rate 1, who begins to count too late
what is right without the first example. Such a mistake need not be listed for each question.
"""

import copy
import inspect
from functools import partial
from itertools import combinations

from numpy import ndarray, sort

INSTEAD = (
    "Yours is what would be right with {} in place of {}, in every case. Where does that come from?"
)
SWAPPED = "Yours is what would be right with {} and {} swapped, in every case."
EXAMPLES = "Yours is what would be right for {}, in every case. Which ones take part?"

SEED = "seed"  # is no quantity: a million updates are too many

FOR_WHOLE_NUMBERS = {
    "{} + 1": lambda x: x + 1,
    "{} - 1": lambda x: x - 1,
    "1": lambda x: 1,
    "0": lambda x: 0,
}
FOR_NUMBERS = {
    "0": lambda x: 0.0,
    "1": lambda x: 1.0,
    "2 {}": lambda x: 2 * x,
    "{}/2": lambda x: x / 2,
    "-{}": lambda x: -x,
    "1 - {}": lambda x: 1 - x,
    "1/{}": lambda x: 1 / x,
    "{} squared": lambda x: x * x,
    "the root of {}": lambda x: x**0.5,
}
FOR_ARRAYS = {
    "zeros": lambda x: 0 * x,
    "the reversed {}": lambda x: x[::-1],
    "the sorted {}": lambda x: sort(x, axis=0),
    "{} squared": lambda x: x * x,
    "-{}": lambda x: -x,
    "all of {} but its first entry": lambda x: x[1:],
    "all of {} but its last entry": lambda x: x[:-1],
}
FOR_LISTS = {"the reversed {}": lambda x: x[::-1], "the sorted {}": sorted}
OF_EXAMPLES = {
    "the first one alone": lambda x: x[:1],
    "the last one alone": lambda x: x[-1:],
    "all but the first one": lambda x: x[1:],
    "all but the last one": lambda x: x[:-1],
}
KINDS = {int: FOR_WHOLE_NUMBERS, float: FOR_NUMBERS, ndarray: FOR_ARRAYS, list: FOR_LISTS}


def other_arguments(right, cases):
    """Return {name: (program, message)} of the right answer for other arguments.

    Parameters
    ----------
    right : callable
        The right answer.
    cases : list of tuple
        The arguments of each call; an argument is taken to be of one kind in all of them.
    """
    names, found = list(inspect.signature(right).parameters), {}
    for k, name in enumerate(names):
        for text, change in KINDS.get(type(cases[0][k]), {}).items():
            instead = text.format(name)
            program = partial(_with_changed, right, {k: change})
            found[f"{instead} for {name}"] = program, INSTEAD.format(instead, name)
    for j, k in combinations(range(len(names)), 2):
        if type(cases[0][j]) is type(cases[0][k]) and SEED not in (names[j], names[k]):
            pair = names[j], names[k]
            found["{} and {} swapped".format(*pair)] = (
                partial(_swapped, right, j, k),
                SWAPPED.format(*pair),
            )
    for text, change in OF_EXAMPLES.items():
        found[text] = partial(_with_other_examples, right, change), EXAMPLES.format(text)
    return found


def _with_changed(right, changes, *arguments):
    return right(*(changes[k](x) if k in changes else x for k, x in enumerate(arguments)))


def _swapped(right, j, k, *arguments):
    arguments = list(arguments)
    arguments[j], arguments[k] = arguments[k], arguments[j]
    return right(*arguments)


def _with_other_examples(right, change, *arguments):
    """Change all arrays that are as long as the one with two axes, or else as the first."""
    arrays = [x for x in arguments if isinstance(x, ndarray) and x.ndim]
    tables = [x for x in arrays if x.ndim == 2] or arrays
    length = len(tables[0])
    changed = [
        change(x) if isinstance(x, ndarray) and x.ndim and len(x) == length else x
        for x in arguments
    ]
    return right(*copy.deepcopy(changed))
