"""No right answer with a slip in it passes the inputs of its question, nor the visible ones."""

import ast
import textwrap

import pytest
from numpy.random import default_rng

from .mutants import mutants, survivors
from .tools import NAMES, exercise, questions

SEARCH = "where a search begins, and how far beyond the precision asked for it goes, is free"
TIE = "two measured numbers are never exactly equal"
START = "where it starts is forgotten"
LONGER = "it had settled before"
ALL = "a batch of N has no variance, so no search goes beyond it"
#: {question: {changed line: why it is as right as before}}
EQUIVALENT = {
    "e02_batch_gradient_descent/measured_limit": {
        "k = np.flatnonzero(losses < first)[-1] + 1": TIE,
        "return between(low, middle) if end >= start else between(middle, high)": TIE,
        "return first @ (1 - rate * curvatures) ** (2 * n) >= first.sum()": TIE,
        "return model.loss(w, X, y) >= model.loss(start, X, y)": TIE,
        "return np.mean((X @ end - y) ** 2) >= np.mean((X @ w - y) ** 2)": TIE,
        "if high - low < 9e-08:": SEARCH,
        "if high - low <= 1e-07:": SEARCH,
        "low, high = (0.0, 7.2)": SEARCH,
        "low, high = (rates[k - 2], rates[k])": SEARCH,
        "rate, step = (0.0, 1.8)": SEARCH,
        "return between(0, 7)": SEARCH,
        "return brentq(change, 0.027, 4.0)": SEARCH,
        "return brentq(change, 0.03, 3.6)": SEARCH,
        "while high - low > 9e-08:": SEARCH,
        "while high - low >= 1e-07:": SEARCH,
        "while step > 9e-08:": SEARCH,
        "while step >= 1e-07:": SEARCH,
    },
    "e02_batch_gradient_descent/best_factor": {
        "rate = brentq(factors_added, 0, 2 / flattest)": SEARCH,
        "rates = np.linspace(0, 2 / steepest, 100002)": SEARCH,
        "rates = np.linspace(0, 3 / steepest, 100001)": SEARCH,
    },
    "e03_stochastic_gradient_descent/online_means": {
        "mean, means = (1.0, [])": START,
        "mean, means = (np.float32(1), [])": START,
    },
    "e03_stochastic_gradient_descent/noise_ball": {
        "v = 1.0": START,
        "for _ in range(9001):": LONGER,
        "left = abs(1 - alpha * lam) ** (2 * np.arange(4001))": LONGER,
    },
    "e04_mini_batches/epoch_loss": {
        "mean, seen = (1.0, 0)": START,
    },
    "e04_mini_batches/smallest_batch": {
        "B = np.arange(1, N + 2)": ALL,
        "return next((B for B in range(1, N + 2) if trace / B * (N - B) / (N - 1) <= target))": ALL,
    },
}


def right_answers(name, q):
    """The definitions of the right answers in the class of a question."""
    cells = [cell.source for cell in exercise(name).notebook.cells if cell.cell_type == "code"]
    (found,) = (
        node
        for source in cells
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == q.question.__name__
    )
    return [f for f in found.body if getattr(f, "name", "").startswith("right")]


@pytest.mark.parametrize(
    "name, question", [(n, q) for n in NAMES for q in questions(n)], ids=lambda text: text
)
def test_every_change_of_a_right_answer_is_noticed(name, question):
    q = questions(name)[question]
    right, hidden = q.question.right, q.inputs(default_rng(20))
    visible, every = survivors(
        right_answers(name, q), right.__globals__, right, [q.visible, hidden]
    )
    assert every == set(EQUIVALENT.get(question, {}))
    assert visible == every, "right at once, and wrong when graded"


def definition(text):
    return ast.parse(textwrap.dedent(text)).body[0]


SMALLER = definition(
    """
    def right(a, b):
        return a if a <= b else b + 2 * np.floor(0.5)
    """
)


def test_each_comparison_constant_operator_and_rounding_is_changed_once():
    assert {line for line, _ in mutants(SMALLER, {})} == {
        "return a if a < b else b + 2 * np.floor(0.5)",
        "return a if a <= b else b - 2 * np.floor(0.5)",
        "return a if a <= b else b + 2 / np.floor(0.5)",
        "return a if a <= b else b + 3 * np.floor(0.5)",
        "return a if a <= b else b + 2 * np.ceil(0.5)",
        "return a if a <= b else b + 2 * np.floor(0.45)",
    }


def test_what_no_input_tells_apart_survives():
    function = definition("def right(a, b):\n    return a if a <= b else b")
    scope = {}
    exec(ast.unparse(function), scope)
    changed = {"return a if a < b else b"}
    assert survivors([function], {}, scope["right"], [[(1, 2), (2, 1)]]) == [changed]
    function = definition("def right(a):\n    return a + 1")
    assert survivors([function], {}, lambda a: a + 1, [[(2,)]]) == [set()]


def test_later_inputs_may_notice_what_the_first_do_not():
    function = definition("def right(a):\n    return a * 2")
    every = {"return a / 2", "return a * 3"}
    found = survivors([function], {}, lambda a: a * 2, [[(0,)], [(0,)], [(1,)]])
    assert found == [every, every, set()]


def test_endless_loops_are_noticed():
    function = definition("def right(n):\n    while n > 0:\n        n -= 1\n    return n")
    assert survivors([function], {}, lambda n: 0, [[(3,)]]) == [set()]
