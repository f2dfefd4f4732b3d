"""The benchmarks' own machinery, without timing anything that matters."""

import json
import re

import numpy as np
import pytest

from course_lib.chapters.devices import DTYPES, NETWORKS, read, series
from tests.benchmarks import __main__ as command
from tests.benchmarks import (
    accelerator,
    course,
    digits,
    growth,
    lesson,
    side_by_side,
    torch_updates,
)
from tests.benchmarks.side_by_side import Comparison, Sides, compare


def sides(calls, prove=lambda: "proved"):
    """Two sides that only note when they are called."""
    return Sides(lambda: calls.append("A"), lambda: calls.append("B"), 10, 1, prove)


def test_sides_take_turns_after_a_warm_up():
    calls = []
    found = compare(sides(calls), n_repeats=5, progress=False)
    assert "".join(calls) == "AB" * 6
    assert len(found.ours) == len(found.peer) == 5
    assert found.proof == "proved"


def test_nothing_is_timed_before_the_same_work_is_proved():
    calls = []

    def prove():
        raise AssertionError("not the same work")

    with pytest.raises(AssertionError, match="not the same work"):
        compare(sides(calls, prove), progress=False)
    assert calls == []


def test_ratio_is_that_of_medians_and_spread_that_of_neighbours():
    found = Comparison(ours=[1, 2, 4], peer=[10, 10, 12])
    assert found.ratio == 5
    assert found.spread == (3, 10)


def test_a_side_on_more_than_one_core_is_told(monkeypatch):
    a = np.random.default_rng(0).standard_normal((200, 200))

    def busy():
        for _ in range(20):
            _ = a @ a

    found = compare(Sides(busy, busy, 1, 1, lambda: ""), progress=False)
    assert found.remarks == []  # compare holds BLAS at one thread
    monkeypatch.setattr(side_by_side, "_seconds_and_cores", lambda call: (1.0, 1.9))
    found = compare(Sides(busy, busy, 1, 1, lambda: ""), 1, progress=False)
    assert found.remarks == ["ours kept 1.9 cores busy", "the peer kept 1.9 cores busy"]


@pytest.mark.parametrize("sides", [lesson.against_scikit_learn, digits.against_scikit_learn])
def test_peers_do_the_same_work(sides):
    assert "parameters equal to 1e-6" in sides().prove()


def test_different_work_is_found_out():
    orders, start = lesson.orders_and_start()
    end = lesson.end_of(orders, start, 10)
    lesson.assert_same_parameters(lambda *_: end, 10)
    with pytest.raises(AssertionError):
        lesson.assert_same_parameters(lambda *_: end + 2e-6, 10)
    ours, others = (lesson.draws(10, seed=seed) for seed in (0, 1))
    lesson.assert_same_distribution(ours, others)
    with pytest.raises(AssertionError, match="the ends differ"):
        lesson.assert_same_distribution(ours, others + 0.2 * ours.std(axis=0))


def test_exponent_is_that_of_a_power_law():
    sizes = [10, 32, 100, 316, 1000]
    assert growth.exponent(sizes, np.power(sizes, 1.5)) == pytest.approx(1.5)
    with_fixed_cost = np.add(sizes, 30)  # the lower decade does not count
    assert growth.exponent(sizes, with_fixed_cost) > 0.85


def test_growth_is_measured_and_drawn(monkeypatch, tmp_path):
    monkeypatch.setattr(growth, "GROWS", {"R": ((1, 100), {}), "updates": ((1, 100), {"R": 2})})
    found = {what: growth.grow(what, progress=False) for what in growth.GROWS}
    assert found["R"]["size"] == [1, 3, 10, 32, 100]
    assert found["R"]["kept"][-1] > 5 * found["R"]["kept"][0]
    assert growth.draw(found, tmp_path / "growth.png").stat().st_size > 10_000


def row(measure):
    return command.Row("work", "a peer", 2, measure)


def test_command_prints_a_table_and_keeps_what_was_measured(monkeypatch, tmp_path, capsys):
    rows = {"fast": row(lambda: Comparison([1.0, 1.0], [6.0, 7.0], "the same", {"loop": 0.5}))}
    monkeypatch.setattr(command, "ROWS", rows)
    kept = tmp_path / "kept.json"
    assert command.main(["fast", "--json", str(kept)]) == 0
    printed = capsys.readouterr().out
    assert "| work | a peer | 6.5 (6.0 to 7.0) | 2 |" in printed and "loop 0.50 s" in printed
    found = json.loads(kept.read_text())
    assert found["rows"][0]["peer_seconds"] == [6.0, 7.0] and found["machine"]["versions"]["numpy"]


def test_command_fails_where_a_goal_is_missed(monkeypatch):
    monkeypatch.setattr(command, "ROWS", {"slow": row(lambda: Comparison([1.0], [1.5]))})
    assert command.main(["slow"]) == 1


def test_a_missing_peer_is_said_and_its_row_left_out(monkeypatch, capsys):
    def measure():
        raise ModuleNotFoundError("No module named 'jax'", name="jax")

    monkeypatch.setattr(command, "ROWS", {"jax": row(measure)})
    assert command.main(["jax"]) == 0
    assert "jax: left out, jax is not installed: python -m pip" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["pytorch"], "'pytorch' is not one of torch, sgdregressor, jax"),
        (["torch", "--json", "no/such/folder/file.json"], "there is no folder"),
    ],
)
def test_a_wrong_argument_is_said_before_anything_is_measured(arguments, told, capsys):
    with pytest.raises(SystemExit, match="2"):
        command.main(arguments)
    assert told in capsys.readouterr().err


def test_the_readme_has_every_row_of_the_table_and_its_goal():
    readme = (course.ROOT / "README.md").read_text(encoding="utf-8")
    for each in command.ROWS.values():
        stated = re.search(
            rf"^\| {re.escape(f'{each.what} | {each.peer}')} \| (.+) \|$", readme, re.M
        )
        assert stated and stated[1].endswith(f" | {each.goal}"), each.what


def test_recorded_numbers_are_read_from_pytest(tmp_path):
    test = tmp_path / "test_it.py"
    test.write_text(
        "import pytest\n"
        "def test_right(record_property):\n    record_property('ours_ms', 12.5)\n"
        "def test_wrong():\n    assert False\n"
        "def test_skipped():\n    pytest.skip('why')\n"
    )
    cases, seconds = course.run_pytest("-c", "pyproject.toml", "-p", "no:cacheprovider", str(test))
    assert [case["outcome"] for case in cases] == ["passed", "failure", "skipped"]
    assert cases[0]["ours_ms"] == 12.5 and seconds > 0


class Recorded:
    """Updates of which each takes as long as it has examples, on a clock of its own."""

    def __init__(self, most=None, seconds_each=0.001):
        self.now, self.most, self.each = 0.0, most, seconds_each
        self.ran = []

    def clock(self):
        return self.now

    def wait(self):
        pass

    def run(self, B):
        self.ran.append(B)
        self.now += 0.002 + self.each * B

    def peak(self, B):
        if self.most and B > self.most:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return 100 + 8 * B


def test_batch_sizes_double_until_the_memory_ends_and_have_their_neighbours():
    peaks, ended = accelerator.climb(Recorded(most=150))
    assert sorted(peaks) == [1, 2, 4, 8, 16, 31, 32, 33, 64, 127, 128]
    assert peaks[33] == 100 + 8 * 33 and ended == (256, "out of memory")


def test_batch_sizes_end_where_an_update_takes_too_long():
    peaks, ended = accelerator.climb(Recorded(seconds_each=0.01))
    assert max(peaks) == 32 and ended == (64, "too slow")
    assert accelerator.climb(Recorded(), largest=16) == (
        {B: 100 + 8 * B for B in (1, 2, 4, 8, 16)},
        (),
    )


def test_an_error_that_is_not_about_memory_is_not_taken_for_its_end():
    updates = Recorded()
    updates.peak = lambda B: 1 / 0
    with pytest.raises(ZeroDivisionError):
        accelerator.climb(updates)
    updates.peak = lambda B: (_ for _ in ()).throw(RuntimeError("no kernel image is available"))
    with pytest.raises(RuntimeError, match="no kernel image"):
        accelerator.climb(updates)


def test_each_round_visits_every_batch_size():
    updates = Recorded()
    seconds = accelerator.visit(updates, [1, 64], rounds=16)
    assert {B: np.median(found) for B, found in seconds.items()} == pytest.approx(
        {1: 0.003, 64: 0.066}
    )
    last = updates.ran[-2 * 5 :]
    assert last == [1, 1, 1, 1, 64] * 2  # for about a hundredth of a second each


def test_what_is_measured_can_be_contributed(monkeypatch, tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.setattr(accelerator, "devices", lambda: [(torch.device("cpu"), 1)])
    path = tmp_path / "rows.csv"
    accelerator.measure(path, networks=("line", "digits"), largest=8)
    found = series(read(path))
    assert [each[2:4] for each in found] == [
        (network, dtype) for network in ("line", "digits") for dtype in DTYPES
    ]
    assert all(each.batch_sizes.tolist() == [1, 2, 4, 8] for each in found)
    digits = found[2]
    # Parameters and their gradient, and for each image more itself and its hidden units, at least.
    assert digits.peak_bytes[0] > 2 * 4 * NETWORKS["digits"]
    assert digits.peak_bytes[-1] - digits.peak_bytes[0] >= 7 * 4 * (64 + 64)


def test_the_larger_networks_have_the_parameters_that_are_recorded():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    for name, parameters in NETWORKS.items():
        network, X, y, loss = torch_updates.build(name, torch.float32)
        assert sum(w.numel() for w in network.parameters()) == parameters
        assert torch.isfinite(loss(network(X[:2]), y[:2]))
