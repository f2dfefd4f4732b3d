"""The cells that others need are found, and no heavy one that they do not."""

import pytest

from tests.tools.needed import needed

CELLS = [
    "import numpy as np",
    "def noisy(x): return x + np.ones(3)",
    "runs = noisy(0)",
    "best = 7",
    "runs[0] = 1",
    "runs.tolist()",
    "best = max(runs)",
    "print(best)",
    "other = 5",
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({8}, [8]),
        ({1}, [0, 1]),
        ({2}, [0, 1, 2]),
        ({4}, [0, 1, 2, 4]),
        ({7}, [0, 1, 2, 4, 5, 6, 7]),  # a method may change what it belongs to
        ({3, 8}, [3, 8]),
    ],
)
def test_what_makes_or_changes_a_name_is_needed(wanted, found):
    assert needed(dict(enumerate(CELLS)), wanted) == found


def test_they_run_without_the_others():
    namespace = {}
    for number in needed(dict(enumerate(CELLS)), {7}):
        exec(CELLS[number], namespace)
    assert namespace["best"] == 1.0 and "other" not in namespace
