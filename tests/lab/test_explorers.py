"""The explorers without a browser: what they say, what they draw, what they keep and refuse."""

import asyncio
import gc
import io
import threading
import tracemalloc
import weakref
from itertools import pairwise
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from course_lib.chapters.curvature import hessian_eigenvalues
from course_lib.data import Data, lesson_line
from course_lib.lab.explorers import (
    ClockExplorer,
    DecisionExplorer,
    NoiseExplorer,
    PathExplorer,
    Prediction,
)
from course_lib.lab.explorers.base import FULL_SEGMENT, MOST_DRAWN
from course_lib.lab.explorers.controls import batch_sizes
from course_lib.lab.explorers.decision import fit
from course_lib.lab.explorers.front import Front
from course_lib.lab.explorers.prediction import NOTHING, how_far_off
from course_lib.lab.explorers.words import format_number, format_seconds, listing
from course_lib.lab.saving import WIDGET_VIEW
from course_lib.measure import gradient_noise, least_squares
from course_lib.models import line
from course_lib.optimizers import constant, sgd
from course_lib.training import train

EXPLORERS = [PathExplorer, NoiseExplorer, ClockExplorer, DecisionExplorer]
#: For each, controls to move and where to, as the browser sends it.
MOVES = {
    PathExplorer: [{"batch_size": 0}, {"learning_rate": 20, "compare": [0, 2]}, {"update": 60}],
    NoiseExplorer: [{"place": 2}, {"batch_size": 12, "sampling": 1}, {"place": 0}],
    ClockExplorer: [{"clock": 1}, {"budget": 5}, {"clock": 0}],
    DecisionExplorer: [{"overhead": 3}, {"largest": 4, "noise_scale": 30}],
}


def move(explorer, **values):
    """Move controls as the browser does; return the message and the picture that it gets."""
    answers = []
    message = {"event": "change", "values": values}
    explorer.receive(message, lambda answer, buffers: answers.append((answer, buffers[0])))
    return answers[0]


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def differ(png, other):
    """Return the fraction of pixels that differ to the eye, between two images."""
    return np.mean(np.abs(pixels(png) - pixels(other)).max(axis=-1) > 48)


@pytest.mark.parametrize("kind", [PathExplorer, NoiseExplorer, ClockExplorer, DecisionExplorer])
def test_a_picture_looks_the_same_whatever_the_style_of_the_notebook(kind):
    plain = kind()._png()
    with plt.style.context("course_lib.course"):  # as all notebooks use it, and a console does not
        assert differ(kind()._png(), plain) == 0


def runs_of_lesson(*batch_sizes):
    return [
        train(line(), lesson_line(), sgd(), constant(0.05), batch_size=B, n_updates=100, n_runs=5)
        for B in batch_sizes
    ]


def measured_at(*batch_sizes, updates=lambda B: 300 * (1 + 20 / B), seconds=lambda B: 1e-4):
    return [
        SimpleNamespace(batch_size=B, updates=updates(B), seconds_per_update=seconds(B))
        for B in batch_sizes
    ]


@pytest.mark.parametrize("kind", EXPLORERS)
def test_the_line_of_code_repeats_the_state_and_the_picture(kind):
    explorer = kind()
    for values in MOVES[kind]:
        message, png = move(explorer, **values)
    again = eval(message["code"])
    assert again.state == explorer.state
    assert again._sentence() == message["sentence"]
    assert differ(again._png(), png) < 0.001  # whatever was shown before


@pytest.mark.parametrize("kind", EXPLORERS)
def test_each_move_changes_the_picture_the_sentence_and_the_code(kind):
    explorer = kind()
    seen = [({"sentence": explorer._sentence(), "code": repr(explorer)}, explorer._png())]
    seen += [move(explorer, **values) for values in MOVES[kind]]
    for (before, old), (after, new) in pairwise(seen):
        assert before["sentence"] != after["sentence"] and before["code"] != after["code"]
        assert differ(old, new) > 0.0005


@pytest.mark.parametrize("kind", EXPLORERS)
def test_an_answer_is_long_enough_to_be_sent_at_once(kind):
    sizes = []
    message = {"event": "change", "values": MOVES[kind][0]}
    kind().receive(message, lambda _, buffers: sizes.append(sum(map(len, buffers))))
    assert sizes[0] >= FULL_SEGMENT


@pytest.mark.parametrize("kind", [NoiseExplorer, ClockExplorer, DecisionExplorer])
def test_the_fast_picture_is_the_one_that_matplotlib_draws_in_full(kind):
    explorer = kind()
    for values in MOVES[kind]:
        _, fast = move(explorer, **values)
    full = io.BytesIO()
    with explorer._canvas.style():
        explorer._canvas.figure.savefig(full, dpi=192)
    assert differ(fast, full.getvalue()) < 0.01


@pytest.mark.parametrize("kind", EXPLORERS)
def test_a_stored_notebook_holds_the_picture_and_its_sentence(kind):
    explorer = kind()
    shown = explorer._repr_mimebundle_()
    sentence = explorer._sentence()
    assert shown["text/plain"] == sentence == kind()._repr_mimebundle_()["text/plain"]
    assert f'alt="{sentence}"' in shown["text/html"] and f">{sentence}" in shown["text/html"]
    assert "<script" not in shown["text/html"]
    assert WIDGET_VIEW in shown
    assert len(shown["text/html"]) < 120_000


@pytest.mark.parametrize("kind", EXPLORERS)
def test_closing_the_last_view_frees_the_figure_and_another_draws_it_again(kind):
    explorer = kind()
    ignore = lambda *_, **__: None  # noqa: E731
    explorer.receive({"event": "open"}, ignore)
    explorer.receive({"event": "open"}, ignore)
    figure = weakref.ref(explorer._canvas.figure)
    explorer.receive({"event": "close"}, ignore)
    assert figure() is not None  # the second view is still there
    explorer.receive({"event": "close"}, ignore)
    gc.collect()
    assert figure() is None
    assert len(explorer._png()) > 10_000
    assert plt.get_fignums() == []


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


def test_figures_that_nobody_closes_do_not_pile_up():
    explorers = [DecisionExplorer() for _ in range(MOST_DRAWN + 3)]
    pictures = [explorer._png() for explorer in explorers]
    gc.collect()
    assert sum(explorer._canvas is not None for explorer in explorers) <= MOST_DRAWN
    assert explorers[-1]._canvas is not None
    assert explorers[0]._png() == pictures[0]  # drawn anew


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
    assert held < 1_000_000  # 30 pictures have 150 MB of pixels


def test_a_view_is_told_the_values_and_texts_of_the_controls():
    explorer = ClockExplorer(runs_of_lesson(1, 10), clock="examples", budget=100)
    message, _ = move(explorer)
    assert message["values"]["clock"] == 1
    assert message["texts"]["budget"][message["values"]["budget"]] == "100 examples"


def test_path_says_where_training_ends():
    path = PathExplorer(batch_size=5, learning_rate=0.1, seed=2, n_updates=40)
    data = lesson_line()
    run = train(line(), data, sgd(), constant(0.1), batch_size=5, n_updates=40, n_runs=1, seed=2)
    slope, bias = map(format_number, run.w[0])
    said = f"B = 5 has seen 2 epochs and is at slope {slope}, bias {bias}, "
    assert said + f"loss {format_number(run.loss[0, -1])}" in path._sentence()


def test_path_shows_only_the_updates_asked_for():
    path = PathExplorer(learning_rate=0.1, update=7)
    w, loss, _ = path._path(8)
    assert w.shape == (8, 2) and loss.shape == (8,)
    assert path._sentence().startswith("After 7 of 200 updates")


def test_full_batch_path_diverges_just_above_two_over_the_largest_eigenvalue():
    limit = 2 / hessian_eigenvalues(lesson_line(), bias=True)[0]
    below = PathExplorer(batch_size=100, learning_rate=0.95 * limit)
    above = PathExplorer(batch_size=100, learning_rate=1.05 * limit)
    assert "diverges" not in below._sentence()
    assert "B = 100 diverges" in above._sentence()
    assert differ(below._png(), above._png()) > 0.001


def test_paths_laid_over_each_other_start_alike():
    path = PathExplorer(batch_size=8, compare=(1, 100), seed=4)
    starts = [path._path(B)[0][0] for B in path._shown().values()]
    assert len(starts) == 3
    np.testing.assert_array_equal(starts[0], starts[1])
    np.testing.assert_array_equal(starts[0], starts[2])


def test_path_draws_the_loss_it_trains_on():
    X = lesson_line().X[:30]
    data = Data(X, 7 - 40 * X[:, 0])
    path = PathExplorer(data)
    w = np.random.default_rng(0).normal(size=(5, 2)) * 10
    np.testing.assert_allclose(path._surface().loss(w), line().loss(w, data.X, data.y))


def test_noise_explorer_predicts_by_the_formula():
    data = lesson_line()
    noise = NoiseExplorer(batch_size=4, place="start", n_batches=1000)
    full, _, measured, predicted = noise._measured()
    np.testing.assert_allclose(predicted**2, gradient_noise(line(), np.zeros(2), data) / 4)
    np.testing.assert_allclose(full, line().grad(np.zeros(2), data.X, data.y))
    assert 0.9 < measured / predicted < 1.1


def test_noise_is_zero_when_the_batch_is_all_examples_without_replacement():
    noise = NoiseExplorer(batch_size=100, sampling="shuffled", place="optimum")
    assert "they lie 0 from" in noise._sentence() and "theory predicts 0." in noise._sentence()
    assert len(noise._png()) > 10_000  # on a logarithmic axis, too


@pytest.mark.parametrize("clock", ["updates", "examples", "epochs", "seconds"])
def test_clocks_compare_runs_at_the_last_moment_within_the_budget(clock):
    runs = runs_of_lesson(1, 50)
    seconds = [1e-3, 2e-3]
    explorer = ClockExplorer(runs, clock=clock, budget=0.02, seconds_per_update=seconds)
    for fraction in (0.02, 0.5, 1):
        budget = fraction * explorer._span(clock)[1]
        explorer = ClockExplorer(runs, clock=clock, budget=budget, seconds_per_update=seconds)
        for run, each, (_, median, _) in zip(runs, seconds, explorer._losses(), strict=True):
            time = run.updates * each if clock == "seconds" else run.clock(clock)
            last = max(i for i, moment in enumerate(time) if moment <= budget * (1 + 1e-6))
            assert median == np.median(run.loss[:, last])


def test_the_order_of_the_lessons_batch_sizes_turns_with_the_clock():
    explorer = ClockExplorer(clock="updates", budget=500.0)
    at_updates = explorer._losses()[:, 1]
    explorer = ClockExplorer(clock="examples", budget=500.0)
    at_examples = explorer._losses()[:, 1]
    assert at_updates[-1] < at_updates[0] and at_examples[0] < at_examples[-1]


def test_a_diverged_run_is_said_to_have_diverged():
    run = train(line(), lesson_line(), sgd(), constant(3.0), batch_size=10, n_updates=300, n_runs=5)
    assert not np.isfinite(run.loss[:, -1]).any()
    explorer = ClockExplorer([run, *runs_of_lesson(50)], budget=90.0)
    assert len(explorer._png()) > 10_000
    far = ClockExplorer([run], budget=300.0)
    assert "has diverged" in far._sentence() and len(far._png()) > 10_000


def test_decision_is_the_least_product_of_updates_and_seconds():
    decision = DecisionExplorer(
        noise_scale=300, overhead=2e-3, pass_seconds=1e-3, at_once=32, largest=500
    )
    seconds = {B: 1000 * (1 + 300 / B) * (2e-3 + 1e-3 * max(1, B / 32)) for B in range(1, 501)}
    best = min(seconds, key=seconds.get)
    good = [B for B in seconds if seconds[B] <= 1.1 * seconds[best]]
    assert decision.best() == best and decision.as_good() == (min(good), max(good))
    np.testing.assert_allclose(decision.seconds(best), seconds[best])
    assert f"B = {best}" in decision._sentence()


def test_decision_stops_at_the_memory():
    decision = DecisionExplorer(noise_scale=3000, overhead=0.1, pass_seconds=1e-6, largest=64)
    assert decision.best() == 64


def test_decision_recovers_the_numbers_behind_exact_measurements():
    measured = measured_at(1, 4, 16, 64, seconds=lambda B: 3e-5 + 2e-6 * B)
    decision = DecisionExplorer(measured)
    assert decision.noise_scale == 20 and decision.min_updates == 300
    assert decision.overhead == 3e-5 and decision.pass_seconds == 2e-6
    assert eval(repr(decision)).state == decision.state


def test_measurements_that_contradict_the_model_are_fitted_without_negative_numbers():
    rows = [(1, 100.0, 1e-3, 0.1), (10, 5.0, 5e-4, 0.0025)]  # faster updates, more than halved
    assert min(fit(rows).values()) >= 0
    unreached = measured_at(1, 4, 16) + measured_at(64, updates=lambda B: np.inf)
    assert len(DecisionExplorer(unreached).measured) == 3


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
        (lambda: ClockExplorer(budget=1e9), "budget must be at most 1000 updates"),
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
    ],
)  # fmt: skip
def test_bad_input_is_refused_before_anything_is_drawn(make, message, monkeypatch):
    def draws(*_):
        raise AssertionError("drew something")

    monkeypatch.setattr("course_lib.lab.explorers.base.Canvas.__init__", draws)
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


def test_own_data_far_from_the_lessons_is_shown_with_rates_that_fit_it():
    x = np.linspace(0, 5000, 2000)
    path = PathExplorer(Data(x[:, None], 3 - 0.02 * x))
    limit = 2 / hessian_eigenvalues(path.data, bias=True)[0]
    assert limit / 10 < path.learning_rate < limit
    assert path.optimum == pytest.approx(least_squares(path.data, bias=True))
    assert len(path._png()) > 10_000


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2e-9, "2 ns"), (1.6e-3, "1.6 ms"), (0.99999, "1 s"), (90, "1.5 min"), (7200, "2 h")],
)
def test_times_have_a_unit_that_fits(seconds, text):
    assert format_seconds(seconds) == text


def test_lists_read_as_in_a_sentence():
    assert [listing(list(letters)) for letters in ("", "a", "ab", "abc")] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip


def test_prediction_keeps_what_the_browser_sends_and_tells_a_new_view():
    guess = Prediction("How many?", unit="times")
    answers = []
    guess.receive({"event": "change", "values": {"value": 8}}, answers.append)
    guess.receive({"event": "open"}, answers.append)
    assert guess.value == 8
    assert answers == [{"values": {"value": 8.0}}]


def test_reveal_says_so_if_nothing_was_predicted():
    for guess, outcome in [
        (Prediction("How many?", unit="times"), 63.66),
        (Prediction("Which?", choices=["this", "that"]), "that"),
    ]:
        assert guess.value is None
        reveal = guess.reveal(outcome)
        assert NOTHING in repr(reveal) and NOTHING in reveal._repr_html_()
    assert "that" in repr(reveal)


def test_reveal_is_the_record_of_its_moment():
    guess = Prediction("How many?")
    guess.value = 2
    reveal = guess.reveal(4)
    guess.value = 100
    assert "predicted: 2 (2 times too small)" in repr(reveal)


def test_shown_text_does_not_depend_on_the_answer_so_nbval_can_compare_it():
    guess = Prediction("Which?", choices=["this", "that"])
    before = guess._repr_mimebundle_()
    guess.value = "this"
    after = guess._repr_mimebundle_()
    assert before == after
    assert "Which?" in before["text/plain"] and "that" in before["text/html"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (5, "5"),
        (63.66, "63.7"),
        (99.96, "100"),
        (1000, "1,000"),
        (12345, "12,345"),
        (12345.6, "12,300"),
        (-4.2, "−4.2"),
        (0.000123, "0.000123"),
        (4.2e-7, "4.2 × 10⁻⁷"),
        (2e9, "2 × 10⁹"),
    ],
)
def test_numbers_have_three_significant_digits_and_whole_ones_all(number, text):
    assert format_number(number) == text


@pytest.mark.parametrize(
    ("predicted", "outcome", "words"),
    [
        (8, 8.0001, "right"),
        (8, 64, "8 times too small"),
        (64, 8, "8 times too large"),
        (-8, -64, "8 times too small"),
        (1.05, 1, "too large by 5 %"),
        (0, 3, "too small by 3 epochs"),
        (2, -1, "too large by 3 epochs"),
    ],
)
def test_a_prediction_is_off_by_a_factor_or_else_by_a_difference(predicted, outcome, words):
    assert how_far_off(predicted, outcome, "epochs") == words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"question": "  "}, "question must be some words, not '  '"),
        ({"question": "Which?", "choices": ["one"]}, "at least two different texts, not"),
        ({"question": "Which?", "choices": "ab"}, "at least two different texts, not 'ab'"),
        ({"question": "Which?", "choices": ["a", "a"]}, "at least two different texts"),
        ({"question": "Which?", "choices": ["a", 2]}, "each of choices must be some words, not 2"),
        ({"question": "Which?", "unit": 3}, "unit must be some words, not 3"),
    ],
)
def test_a_bad_question_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Prediction(**arguments)


def test_an_answer_or_outcome_that_is_none_is_refused():
    guess, choice = Prediction("How many?"), Prediction("Which?", choices=["this", "that"])
    with pytest.raises(ValueError, match="outcome must be one of 'this', 'that', not 'these'"):
        choice.reveal("these")
    with pytest.raises(ValueError, match="value must be one of"):
        choice.value = 3
    with pytest.raises(ValueError, match="outcome must be a finite number, not nan"):
        guess.reveal(float("nan"))
    with pytest.raises(ValueError, match="value must be a finite number, not True"):
        guess.value = True


@pytest.mark.parametrize("noise_scale", [1, 100, 1000])
def test_white_stays_white(noise_scale):
    picture = DecisionExplorer(noise_scale=noise_scale, overhead=1e-3)._png()
    assert Image.open(io.BytesIO(picture)).convert("RGB").getpixel((2, 2)) == (255, 255, 255)
