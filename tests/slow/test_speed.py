"""The course is not much slower than it was, beside its peers: wide margins of its benchmarks.

    python -m pip install -r tests/requirements-benchmarks.txt
    python -m pytest -m slow tests/slow/test_speed.py

Nothing that is timed stands in `make test`.
"""

import pytest

from tests.benchmarks.__main__ import ROWS
from tests.benchmarks.growth import GROWS, exponent, grow
from tests.benchmarks.side_by_side import compare

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["torch", "sgdregressor", "jax", "digits"])
def test_it_is_at_least_half_as_fast_as_the_goal(name):
    for peer in {"torch", "jax"} & {name}:
        pytest.importorskip(peer, reason=f"{peer} is not installed")
    found = compare(ROWS[name].measure(), progress=False)
    print(f"{name}: {found.ratio:.1f} times as fast")
    assert found.ratio > ROWS[name].goal / 2


@pytest.mark.parametrize("what", GROWS)
def test_time_grows_no_faster_than_the_work(what):
    found = grow(what, progress=False)
    assert exponent(found["size"], found["seconds"]) < 1.4
    assert exponent(found["size"], found["peak"]) < 1.1


def test_memory_does_not_grow_with_the_updates_but_with_runs_and_records():
    kept, peak = (
        [grow(what, progress=False)[of] for what in ("updates", "records")]
        for of in ("kept", "peak")
    )
    assert max(kept[0]) < 1.1 * min(kept[0]) and max(peak[0]) < 2 * min(peak[0])
    R, records = 1_000, 1_000
    assert 8 * R * records / 1e6 < kept[1][-1] < 1.2 * 8 * R * records / 1e6
