"""What holds for every explorer: its state, its answers, what is stored of it, what it refuses."""

import asyncio
import inspect
import io
import threading
import tracemalloc
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from course_lib.data import Data, lesson_line
from course_lib.lab import explorers
from course_lib.lab.explorers import (
    ClockExplorer,
    DecisionExplorer,
    NoiseExplorer,
    PathExplorer,
    RaceExplorer,
)
from course_lib.lab.explorers.controls import batch_sizes
from course_lib.lab.explorers.front import Front
from course_lib.lab.explorers.still import image
from course_lib.lab.saving import WIDGET_VIEW
from tests.lab.explorers.tools import KINDS, assert_same_scene, measured_at, move, told


def steps(explorer):
    """Yield the name of each control that can be set by a number, and another number for it."""
    for name, control in explorer._controls.items():
        if control.kind == "checks":
            yield name, [0]
        elif control.kind != "handle":
            now = control.index(explorer._values[name])
            yield name, now - 1 if now else now + 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_line_of_code_repeats_the_state_and_the_picture(kind):
    explorer = kind()
    for name, index in list(steps(explorer)):
        message, _ = move(explorer, **{name: index})
        again = eval(message["code"], vars(explorers))
        assert again.state == explorer.state
        assert again._sentence() == message["sentence"]
        assert_same_scene(again, explorer)


@pytest.mark.parametrize("kind", KINDS)
def test_each_control_changes_the_picture_or_the_frame_and_the_code(kind):
    explorer = kind()
    for name, index in list(steps(explorer)):
        before, frame = repr(explorer), explorer._frame()
        message, _ = move(explorer, **{name: index})
        assert message["code"] != before
        assert message["scene"]["changed"] or explorer._frame() != frame, name


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_is_no_number(kind):
    given = inspect.signature(kind).parameters
    for name in {"learning_rate", "noise_scale", "overhead", "budget", "minus"} & set(given):
        with pytest.raises(ValueError, match=f"{name} must be"):
            kind(**{name: [0.1, 0.2]})


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_changed_travels(kind):
    explorer = kind()
    whole, buffers = told(explorer, {"event": "open"})
    n = len(explorer._scene().marks)
    assert whole["scene"]["n_marks"] == len(whole["scene"]["changed"]) == n
    assert sum(map(len, buffers)) < 400_000
    again, buffers = move(explorer)
    assert again["scene"] == {"n_marks": n, "changed": []} and buffers == []
    whole, _ = told(explorer, {"event": "open"})  # a second view has seen nothing
    assert len(whole["scene"]["changed"]) == n


@pytest.mark.parametrize("kind", KINDS)
def test_words_are_few_and_numbers_short(kind):
    explorer = kind()
    sentence = explorer._sentence()
    assert sentence.count(". ") <= 1 and len(sentence) <= 160
    assert "×" not in sentence and "nan" not in sentence
    rows = explorer._table()
    assert len({len(row) for row in rows}) <= 1  # as many cells in each
    assert all(panel.x.label and panel.title for panel in explorer._scene().panels
               if panel.x.ticks is None)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_notebook_holds_the_picture_and_its_sentence(kind):
    explorer = kind()
    shown = explorer._repr_mimebundle_()
    sentence = explorer._sentence()
    assert shown["text/plain"] == sentence == kind()._repr_mimebundle_()["text/plain"]
    assert f'alt="{sentence}"' in shown["text/html"] and f">{sentence}" in shown["text/html"]
    assert "<script" not in shown["text/html"]
    assert WIDGET_VIEW in shown
    assert len(shown["text/html"]) < 40_000
    assert plt.get_fignums() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_picture_looks_the_same_whatever_the_style_of_the_notebook(kind):
    def pixels(explorer):
        picture = image(explorer._scene(), explorer._frame())
        return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))

    plain = pixels(kind())
    assert (plain[:2] == 255).all()  # white stays white
    with plt.style.context({"lines.linewidth": 5, "font.size": 20, "axes.facecolor": "red"}):
        np.testing.assert_array_equal(pixels(kind()), plain)


@pytest.mark.parametrize("kind", KINDS)
def test_a_goal_is_kept_once_it_was_reached(kind):
    explorer = kind()
    goal = explorer._goal()
    if goal is None:
        return
    assert not goal.reached or goal.best is not None  # something is left to do at first
    assert goal.words and goal.hint
    explorer._goal = lambda: None
    assert move(explorer)[0]["goal"] is None


def test_the_best_so_far_is_kept_and_the_courses_best_is_matched():
    path = PathExplorer()
    first, _ = told(path, {"event": "open"})
    assert "not reached yet" in first["goal"]["state"] or "reached" in first["goal"]["state"]
    path = PathExplorer(batch_size=1, learning_rate=0.004, momentum=0.9)
    met, _ = move(path)
    assert met["goal"]["met"]
    lost, _ = move(path, learning_rate=25)
    assert "your best: 108 examples" in lost["goal"]["state"] and lost["goal"]["met"]


def test_messages_of_another_thread_are_answered_in_the_one_that_runs_cells():
    answered_in = []
    owner = SimpleNamespace(receive=lambda *_: answered_in.append(threading.current_thread()))

    async def cells():
        front = Front(owner, {})
        front._receive(front, {"event": "open"}, [])
        await asyncio.to_thread(front._receive, front, {"event": "change"}, [])
        await asyncio.sleep(0)

    asyncio.run(cells())
    assert answered_in == [threading.current_thread()] * 2


def test_changes_do_not_pile_up_in_memory():
    explorer = PathExplorer()
    for update in range(20):
        move(explorer, update=update)
    tracemalloc.start()
    try:
        for update in range(20, 50):
            move(explorer, update=update)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1_000_000


DATA = Data(lesson_line().X[:10], lesson_line().y[:10])
TWO_FEATURES = Data(np.ones((5, 2)), np.ones(5))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PathExplorer(TWO_FEATURES), "data must be Data of 1 or more .* one feature"),
        (lambda: PathExplorer("line"), "data must be Data .* not 'line'"),
        (lambda: PathExplorer(DATA, batch_size=11), "batch_size must be .* 1 to 10, not 11"),
        (lambda: PathExplorer(DATA, batch_size=0), "batch_size must be .* not 0"),
        (lambda: PathExplorer(learning_rate=float("nan")), "learning_rate must be .* not nan"),
        (lambda: PathExplorer(learning_rate=-1), "learning_rate must be a positive number"),
        (lambda: PathExplorer(momentum=1), "momentum must be .* not 1"),
        (lambda: PathExplorer(seed=-1), "seed must be .* not -1"),
        (lambda: PathExplorer(update=201), "update must be .* 0 to 200, not 201"),
        (lambda: PathExplorer(n_updates=0), "n_updates must be .* not 0"),
        (lambda: PathExplorer(compare=(1, 1000)), "each of compare must be .* not 1000"),
        (lambda: PathExplorer(compare=(2, 3, 4)), "compare must name at most 2 others"),
        (lambda: PathExplorer(compare=5), "compare must be a list of batch sizes, not 5"),
        (lambda: NoiseExplorer(Data([[1.0]], [1.0])), "data must be Data of 2 or more examples"),
        (lambda: NoiseExplorer(batch_size=101), "batch_size must be .* not 101"),
        (lambda: NoiseExplorer(n_batches=1), "n_batches must be .* not 1"),
        (lambda: NoiseExplorer(place="end"), "place must be one of .* not 'end'"),
        (lambda: NoiseExplorer(sampling="other"), "sampling must be one of .* not 'other'"),
        (lambda: ClockExplorer([]), "runs must be a list of 1 to 6 Runs, not "),
        (lambda: ClockExplorer("runs"), "runs must be a list of 1 to 6 Runs, not 'runs'"),
        (lambda: ClockExplorer(clock="days"), "clock must be one of .* not 'days'"),
        (lambda: ClockExplorer(budget=-1), "budget must be a positive number, not -1"),
        (lambda: ClockExplorer(budget=1e9), "budget must be at most 10000 examples"),
        (lambda: ClockExplorer(minus=float("inf")), "minus must be .* not inf"),
        (lambda: ClockExplorer(seconds_per_update=[1]), "seconds_per_update must have 4 numbers"),
        (lambda: ClockExplorer(seconds_per_update=0.1), "seconds_per_update must have 4 numbers"),
        (lambda: DecisionExplorer(noise_scale=0), "noise_scale must be .* not 0"),
        (lambda: DecisionExplorer(noise_scale="big"), "noise_scale must be .* not 'big'"),
        (lambda: DecisionExplorer(overhead=-1), "overhead must be .* not -1"),
        (lambda: DecisionExplorer(at_once=0), "at_once must be .* not 0"),
        (lambda: DecisionExplorer(largest=10**6), "largest must be .* not 1000000"),
        (lambda: DecisionExplorer([(1, 2)]), "measured must be a list of objects with batch_size"),
        (lambda: DecisionExplorer(7), "measured must be a list of objects with batch_size"),
        (lambda: DecisionExplorer([]), "measured must hold at least two batch sizes"),
        (lambda: DecisionExplorer(measured_at(4)), "measured must hold at least two batch sizes"),
        (lambda: PathExplorer(start=[1, 2, 3]), "start must be an array of numbers of shape"),
        (lambda: PathExplorer(moved=[1]), "moved must be like"),
        (lambda: PathExplorer(moved={100: (1, 2)}), "each of moved must be .* not 100"),
        (lambda: RaceExplorer((1,)), "batch_sizes must be 2 to 6 different ones"),
        (lambda: RaceExplorer((1, 101)), "each of batch_sizes must be .* not 101"),
        (lambda: RaceExplorer(clock="days"), "clock must be one of .* not 'days'"),
        (lambda: RaceExplorer(moment=201), "moment must be .* not 201"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_an_unknown_name_is_no_attribute():
    with pytest.raises(AttributeError, match="PathExplorer has no attribute 'rate'"):
        PathExplorer().rate  # noqa: B018
    assert PathExplorer(batch_size=3).batch_size == 3


def test_offered_batch_sizes_are_whole_in_order_and_end_at_all_examples():
    assert batch_sizes(1) == [1]
    assert batch_sizes(100)[:8] == [1, 2, 3, 4, 5, 6, 8, 10] and batch_sizes(100)[-1] == 100
    assert batch_sizes(1797)[-2:] == [1600, 1797]
