"""A wrong argument is a ValueError that names it, whatever the function and whatever is wrong."""

import inspect
from contextlib import suppress
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from course_lib import batches, data, measure, models, optimizers, plots, runs, training
from course_lib.chapters import (
    checkpoint,
    choosing,
    cost,
    curvature,
    devices,
    ledger,
    networks,
    own_data,
    parallel,
    quadratic,
    roofline,
)
from course_lib.chapters.choosing import search
from tests.test_examples import PUBLIC

LINE, MODEL, SGD, RATE = (
    data.lesson_line(),
    models.line(),
    optimizers.sgd(),
    optimizers.constant(0.1),
)
DIGITS, SOFTMAX = data.digits_data(), models.softmax(64, 10)
RUN = training.train(MODEL, LINE, SGD, RATE, batch_size=10, n_updates=5, n_runs=3)
RNGS, W, AX = batches.streams(0, 2), np.zeros(2), Figure().add_subplot()
ON_DATA = {"model": MODEL, "data": LINE}
AT_W = ON_DATA | {"w": W}
OF_RUNS = {
    **ON_DATA,
    "optimizer": SGD,
    "n_runs": 2,
    "seed": 0,
    "sampling": batches.shuffled,
    "start": [0, 0],
    "watch": {"w": lambda w: w},
    "progress": False,
}

#: Right arguments of every public function whose arguments can be wrong.
RIGHT = [
    (data.Data, {"X": [[1.0], [2.0]], "y": [1, 2]}),
    (data.lesson_line, {"rng": np.random.RandomState(1), "N": 10}),
    (data.line_data, {"N": 10, "noise": 1.0, "seed": 0}),
    (data.linear_data, {"N": 10, "D": 2, "condition_number": 2.0, "noise": 1.0, "seed": 0}),
    (data.digits_data, {"n_train": 9, "n_validation": 9, "wrong_labels": 0.1, "seed": 0}),
    (data.drifting_slope, {"update": 1, "period": 10}),
    (data.drifting_line, {"rngs": RNGS, "batch_size": 1, "noise": 1.0, "period": 10}),
    (models.linear, {"D": 2}),
    (models.softmax, {"D": 2, "K": 3}),
    (models.mlp, {"sizes": (2, 3)}),
    (models.check_fit, ON_DATA),
    (networks.contrastive, {"D": 2, "E": 3, "temperature": 0.1}),
    (networks.normalised, {"D": 2, "H": 3, "K": 3, "norm": True}),
    (networks.smooth, {"D": 2, "H": 3, "K": 3}),
    (optimizers.momentum, {"beta": 0.9}),
    (optimizers.adam, {"beta1": 0.9, "beta2": 0.9, "epsilon": 1e-8}),
    (optimizers.constant, {"lr": 0.1}),
    (optimizers.inverse_time, {"lr": 0.1, "half_after": 3}),
    (optimizers.cosine, {"lr": 0.1, "n_updates": 3, "final": 0.0}),
    (optimizers.warm_up, {"schedule": RATE, "n_updates": 3}),
    (optimizers.linear_rule, {"lr": 0.1, "batch_size": 3}),
    (optimizers.square_root_rule, {"lr": 0.1, "batch_size": 3}),
    (batches.streams, {"seed": 0, "R": 2}),
    (batches.shuffled, {"N": 10, "batch_size": 2, "rngs": RNGS, "last": "keep"}),
    (batches.in_order, {"N": 10, "batch_size": 2, "last": "keep"}),
    (batches.with_replacement, {"N": 10, "batch_size": 2, "rngs": RNGS}),
    (batches.take, {"data": LINE, "rows": [np.zeros((1, 2), int)]}),
    (batches.updates_per_epoch, {"N": 10, "batch_size": 2, "last": "keep"}),
    (
        runs.Setup,
        {k: v for k, v in OF_RUNS.items() if k not in ("watch", "progress")} | {"batch_size": 9},
    ),
    (runs.loss_over, AT_W),
    (
        training.iterate,
        {"model": MODEL, "batches": [(LINE.X, LINE.y)], "optimizer": SGD, "schedule": RATE, "w": W},
    ),
    (training.iterate_runs, {"setup": runs.Setup(MODEL, LINE, SGD, 10), "schedules": [RATE]}),
    (
        training.train,
        OF_RUNS
        | {"schedule": RATE, "batch_size": 9, "n_updates": 5, "record": [0, 5], "label": "B"},
    ),
    (
        training.sweep,
        OF_RUNS
        | {
            "batch_sizes": [9],
            "learning_rates": [0.1],
            "n_updates": 5,
            "make_schedule": optimizers.constant,
            "record": lambda n: [n],
            "n_jobs": 1,
        },
    ),
    (measure.least_squares, {"data": LINE, "bias": True}),
    (measure.least_loss, {"data": LINE, "bias": True}),
    (measure.middle_80, {"values": [1.0, 2.0], "axis": 0}),
    (measure.gradients, AT_W),
    (
        measure.batch_gradients,
        AT_W | {"batch_size": 9, "n_draws": 3, "seed": 0, "sampling": batches.shuffled},
    ),
    (measure.gradient_noise, AT_W),
    (measure.gradient_variance, {"noise": 1.0, "batch_size": 3, "N": 10}),
    (measure.noise_scale, AT_W),
    (measure.noise_and_signal, {"small": W, "large": W, "batch_small": 1, "batch_large": 2}),
    (measure.accuracy, {"model": SOFTMAX, "w": np.zeros(650), "data": DIGITS.test}),
    (measure.updates_to_reach, {"run": RUN, "target": 1.0}),
    (curvature.hessian_eigenvalues, {"data": LINE, "bias": True}),
    (curvature.hessian_vector, AT_W | {"v": W + 1, "distance": 1e-7}),
    (curvature.largest_eigenvalue, AT_W | {"n_products": 3, "seed": 0}),
    (
        cost.seconds_per_update,
        ON_DATA | {"optimizer": SGD, "batch_size": 9, "n_repeats": 1, "seconds": 1e-3},
    ),
    (cost.peak_memory, {"function": lambda: [0] * 9}),
    (cost.memory_per_update, ON_DATA | {"optimizer": SGD, "batch_size": 9}),
    (cost.largest_batch, ON_DATA | {"optimizer": SGD, "budget": 1e6}),
    (roofline.intensity, {"batch_sizes": [1], "width": 9}),
    (roofline.memory_ceiling, {"n_repeats": 1}),
    (roofline.arithmetic_ceiling, {"width": 9, "n_repeats": 1}),
    (roofline.layer_seconds, {"batch_sizes": [1], "width": 9, "threads": [1], "rounds": 1}),
    (roofline.pays_from, {"batch_sizes": [1, 2], "speed_up": [[1, 2]]}),
    (checkpoint.checkpointed, {"sizes": (2, 3), "every": 1}),
    (devices.read, {"path": None}),
    (devices.series, {"rows": devices.read()}),
    (
        quadratic.expected_losses,
        {"curvature": [1.0], "noise": [1.0], "batch_size": 3, "lr": 0.1, "beta": 0.5},
    ),
    (
        quadratic.fewest_updates,
        {
            "curvature": [1.0],
            "noise": [1.0],
            "batch_size": 3,
            "rates": [0.1],
            "target": 0.4,
            "beta": 0.5,
            "limit": 9,
        },
    ),
    (
        choosing.choose_batch_size,
        {
            **{name: OF_RUNS[name] for name in ("model", "data", "optimizer", "n_runs", "seed")},
            "target": 9.0,
            "budget_bytes": 1e9,
            "validation": LINE,
            "learning_rates": [0.01, 0.1, 1],
            "smallest": 50,
            "max_epochs": 1,
            "names": ["x"],
            "progress": False,
        },
    ),
    (search.doublings, {"smallest": 3, "N": 20}),
    (
        own_data.read_csv,
        {"path": data.DIABETES, "target": "progression", "header": True, "seed": 0},
    ),
    (own_data.split, {"table": own_data.read_table(data.DIABETES), "seed": 0}),
    (ledger.table, {"rows": ledger.rows()[:2]}),
    (parallel.cut, {"rows": np.arange(3), "n_shards": 2}),
    (plots.draw_data, {"ax": AX, "data": LINE}),
    (plots.draw_line, {"ax": AX, "w": W, "i": 0}),
    (plots.draw_contours, {"ax": AX, **ON_DATA, "slopes": (0, 1), "biases": (0, 1)}),
    (plots.draw_path, {"ax": AX, "path": [[0, 0], [1, 1]], "i": 0}),
    (plots.draw_cloud, {"ax": AX, "points": [[0, 0], [1, 1]], "i": 0}),
    (plots.draw_optimum, {"ax": AX, "w": W}),
    (plots.draw_arrows, {"ax": AX, "origin": W, "vectors": [[0, 1]], "i": 0}),
    (
        plots.draw_loss,
        {"ax": AX, "runs": [RUN], "clock": "updates", "quantity": "loss", "minus": 0.0},
    ),
    (plots.draw_band, {"ax": AX, "x": [0, 1], "values": np.ones((3, 2)), "i": 0, "linewidth": 2.5}),
    (plots.color_of, {"batch_size": 10}),
    (plots.thinner, {"i": 0, "n": 3}),
    (
        plots.draw_clocks,
        {"axes": Figure().subplots(1, 4), "runs": [RUN], "minus": 0.0, "seconds_per_update": [1.0]},
    ),
    (plots.draw_spread, {"ax": AX, "groups": {"a": [1, 2]}, "reference": 1.5}),
    (plots.draw_theory, {"ax": AX, "x": [1, 2], "theory": [1, 2], "measured": [1, 2], "i": 0}),
    (plots.tick_at, {"ax": AX, "values": [1, 2]}),
    (plots.describe, {"fig": Figure(), "alt": "A line.", "fixed": "α"}),
    (plots.excess, {"quantity": "loss"}),
    (plots.image_tag, {"content": b"", "alt": "A line.", "width": 9}),
]

ANYTHING = ["a", b"x", 1j, {}, object(), lambda: 0, DIGITS, [[1, 2], [3]], float("nan")]
NUMBERS = [*ANYTHING, None, [1, "a"], [], -1, float("inf"), np.array([])]
#: What is wrong for an argument of this name, beside ANYTHING.
WRONG = {
    **{
        name: [*NUMBERS, 0, 2.5, True, "32", 10**30]
        for name in (
            "N",
            "D",
            "K",
            "R",
            "batch_size",
            "n_runs",
            "n_draws",
            "n_products",
            "period",
            "half_after",
            "n_repeats",
            "n_train",
            "n_validation",
            "n_shards",
            "width",
            "batch_small",
            "batch_large",
        )
    },
    **{name: [*NUMBERS, 2.5, True, "0"] for name in ("n_updates", "limit", "seed", "i")},
    **{name: [*NUMBERS, 1, 1.5, [0.1, 0.2]] for name in ("beta", "beta1", "beta2", "wrong_labels")},
    **{
        name: [*NUMBERS, True, "0.1"]
        for name in (
            "lr",
            "noise",
            "rates",
            "curvature",
            "final",
            "budget",
            "target",
            "distance",
            "epsilon",
            "seconds",
            "condition_number",
        )
    },
    "model": [models.line, SGD, None, 3],
    "data": [None, 5, (LINE.X, LINE.y), data.lesson_line, data.linear_data(9, 3)],
    "optimizer": [optimizers.sgd, "adam", MODEL, 0.1],
    "schedule": [
        0.1,
        None,
        [0.1],
        lambda update: float("nan"),
        lambda update: np.ones(7),
        lambda update: -0.1,
        lambda update: "a",
        optimizers.sgd,
    ],
    "make_schedule": [0.1, None, RATE, lambda lr: 0.1],
    "sampling": ["shuffled", None, RNGS],
    "batch_sizes": [10, None, [], "9", [9, 9], [0], [101], [2.5]],
    "learning_rates": [0.1, None, [], [0.1, 0.1], [-0.1], [float("nan")], ["a"]],
    "rngs": [None, [], 5, [1, 2], np.random.default_rng(0)],
    "watch": [{"loss": lambda w: w}, {"w": 3}, {3: lambda w: w}, [1], lambda w: w],
    "record": [5, [], [3, 3], [5, 0], [0, 99], [-1], [0.5], "all"],
    "start": [[1, 2, 3], "zero", [float("nan"), 0], np.ones((7, 2)), 5],
    "w": [None, [1, 2, 3], [["a", "b"]], 5],
    "n_jobs": [0, -2, 2.5, "two"],
    "choose_batch_size-learning_rates": [10, [], [0.1, 0.1, 0.2], [-0.1, 1, 2], ["a"], [1], "a"],
    "read_csv-path": [None, 5, b"x", {}, object(), ["a"]],
    "read_csv-target": ["a", 5, b"x", ["age"], object()],
    "header": [1, "no"],
    "names": ["x", ["x", "y"], 5],
    "table": [None, 5, LINE],
    "smallest": [*NUMBERS, 0, 2.5, True, 10**30],
    "max_epochs": [*NUMBERS, 0, 2.5, True],
    "budget_bytes": ["a", -1, 0, [], float("nan")],
    "validation": [5, (LINE.X, LINE.y), data.lesson_line, data.linear_data(9, 3)],
    "threads": [None, 2, "2", [], [0], [2.5]],
    "rounds": [*NUMBERS, 0, 2.5, True],
    "every": [*NUMBERS, 0, 2, True],
    "linewidth": [0, -1, float("inf"), [], True],
    # Where less is wrong than the name of the argument suggests.
    **{
        f"{name}-batch_sizes": [10, None, [], "9", [9, 9], [0], [2.5]]
        for name in ("intensity", "layer_seconds", "pays_from")
    },
    "read-path": [3, "no/such/file.csv", "pyproject.toml"],
    "lesson_line-rng": ["a", 42, np.random.default_rng(0)],
    "warm_up-schedule": [0.1, None, optimizers.sgd, lambda update: "a"],
    "shuffled-N": NUMBERS,
    "in_order-N": NUMBERS,
    "with_replacement-N": NUMBERS,
    "linear_data-N": NUMBERS,
    "linear_data-D": NUMBERS,
    "drifting_line-batch_size": NUMBERS,
    "take-data": [None, 5],
    "least_squares-data": [None, 5],
    "least_loss-data": [None, 5],
    "draw_data-data": [None, 5],
    "hessian_eigenvalues-data": [None, 5],
    "take-rows": ["a", None, 5, [[200]], [["a"]], [[0.5]], object()],
    "Setup-sampling": ["shuffled", None],
    "Setup-batch_size": [0, 101, "9", None, 2.5],
    "iterate-batches": ["a", None, 5, [1], [(LINE.X,)], object()],
    "train-label": [3, b"x", ["a"]],
    "gradient_variance-batch_size": [0, -1, None, "a", float("nan"), [], 11],
    "gradient_variance-N": [0, 1, -1, "a", 2.5, float("nan"), []],
    "updates_to_reach-target": [None, "a", float("nan"), [], [1.0, 2.0]],
    "expected_losses-batch_size": [0, -1, None, "a", float("nan"), [], [1, 2]],
    "fewest_updates-batch_size": [0, -1, None, "a", float("nan"), [], [1, 2]],
    "draw_clocks-seconds_per_update": ["a", 1.0, [1.0, 2.0], []],
    "draw_spread-reference": ["a", [1.0], float("nan")],
    "draw_spread-groups": [None, [1, 2], {"a": "b"}, {"a": 3}],
    "describe-fixed": [3, ["a"]],
    "describe-alt": [None, "", " ", 3],
    "image_tag-content": [None, "a", 3],
    "image_tag-alt": [None, 3, b"x"],
    "peak_memory-function": [None, "a", 3],
    "excess-quantity": [None, 3],
    "draw_loss-quantity": [None, "w", 3],
    "sweep-n_updates": [-1, 2.5, "a", None, lambda B: 0.5, lambda: 3],
    "sweep-record": [5, "all", [0, 5], lambda n: [n, 0], lambda: 3],
    "sweep-watch": [{"loss": lambda w: w}, {"w": 3}, [1], lambda w: w, "a"],
    "train-watch": [{"loss": lambda w: w}, {"w": 3}, [1], lambda w: w, "a", {"w": lambda w: 3}],
}


def cases():
    for function, right in RIGHT:
        name = function.__name__
        for argument in right:
            by_name = WRONG.get(argument, [None]) + ANYTHING
            wrong = WRONG.get(f"{name}-{argument}", by_name)
            yield pytest.param(function, right, argument, wrong, id=f"{name}-{argument}")


def call(function, arguments):
    """Call a function, and go two steps where it returns an iterator."""
    result = function(**arguments)
    return list(islice(result, 2)) if hasattr(result, "__next__") else result


@pytest.mark.filterwarnings("ignore:Attempt")  # one value on a log axis
@pytest.mark.parametrize(
    ("function", "right"), [pytest.param(*case, id=case[0].__name__) for case in RIGHT]
)
def test_the_right_arguments_are_right(function, right):
    call(function, right)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("function", "right", "argument", "wrong"), list(cases()))
def test_a_wrong_argument_is_named_in_a_ValueError(function, right, argument, wrong):
    accepted = []
    for value in wrong:
        try:
            call(function, right | {argument: value})
        except ValueError as error:
            assert argument.split("_")[0].rstrip("s") in str(error), (value, error)
            assert "\n" not in str(error).split(", not ")[0], "one sentence"
        else:
            accepted.append(value)
    assert not accepted


def train(**changed):
    arguments = {"schedule": RATE, "batch_size": 9, "n_updates": 5} | changed
    return training.train(**{**ON_DATA, "optimizer": SGD} | arguments)


def sweep(**changed):
    arguments = {"batch_sizes": [9], "learning_rates": [0.1], "n_updates": 5, "n_jobs": 1}
    arguments |= {"make_schedule": optimizers.constant} | changed
    return training.sweep(**{**ON_DATA, "optimizer": SGD} | arguments)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: train(schedule=0.1), "schedule must be a function of the update number, such as"),
        (lambda: train(optimizer=optimizers.sgd), r"such as sgd\(\), not the function sgd"),
        (lambda: train(optimizer="adam"), "optimizer must be of the kind Optimizer.* not 'adam'"),
        (lambda: train(model=models.line), r"such as line\(\), not the function line"),
        (lambda: train(data=DIGITS), "data must be of the kind Data"),
        (lambda: train(sampling="shuffled"), "sampling must be a function.* not 'shuffled'"),
        (lambda: models.mlp(64, 10), "sizes must be one list, as in"),
        (lambda: models.mlp(64), "sizes must be a list of whole numbers, such as .* not 64"),
        (lambda: train(seed="a"), "seed must be a whole number .* not 'a'"),
        (lambda: train(seed=-1), "seed must be a whole number .* not -1"),
        (lambda: sweep(batch_sizes=32), "batch_sizes must be a list of batch sizes, not 32"),
        (lambda: sweep(batch_sizes=[9, 9]), "batch_sizes must hold no number twice"),
        (lambda: sweep(learning_rates=[0.1, 0.1]), "learning_rates must hold no number twice"),
        (lambda: sweep(n_jobs=0), "n_jobs must be a whole number from 1 to 4096, not 0"),
        (lambda: sweep(make_schedule=lambda lr: lr), "make_schedule's answer must be a function"),
        (lambda: batches.shuffled(9, 2, []), "rngs must be a list of random generators"),
        (lambda: train(schedule=lambda t: np.ones(3)), r"fits the runs' shape \(16,\), not of"),
        (lambda: train(schedule=lambda t: np.nan), r"schedule\(0\) must be zero or a positive"),
        (
            lambda: train(schedule=lambda t: np.nan if t == 5 else 0.1),
            r"schedule\(5\) must be zero or a positive number, not nan",
        ),
        (lambda: data.Data([[1, 2], [3]], [1, 2]), "X must hold rows of one length"),
        (lambda: train(watch={"loss": len}), "watch must not hold 'loss', which is recorded"),
        (lambda: train(watch={"w": lambda w: 3}), r"watch\['w'\] must return an array of shape"),
        (lambda: measure.gradient_variance(1.0, 11, N=10), "batch_size must be at most N = 10"),
        (lambda: optimizers.square_root_rule(0.1, 8)(-4), "B must be a positive number, not -4"),
        (lambda: train(n_updates=10**12), "n_updates must be a whole number from 0 to 1000000000"),
        (lambda: train(batch_size=lambda: 3), r"batch_size must be a function that can be called"),
    ],
)
def test_a_sentence_says_what_is_right(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-100, 100)
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from([LINE, MODEL, SGD, RATE, RUN, AX, W, RNGS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.sampled_from(RIGHT), JUNK, st.data())
def test_whatever_is_passed_in_works_or_is_a_ValueError(case, junk, choose):
    function, right = case
    argument = choose.draw(st.sampled_from(list(right)))
    with suppress(ValueError):
        call(function, right | {argument: junk})


def test_no_public_function_with_arguments_is_left_out():
    kernels = {
        "cross_entropy",
        "cross_entropy_grad",
        "probabilities",
    }  # of the inner loop, where checks would cost
    needs_workers = {"local_workers", "kill_a_worker", "iterate_parallel", "seconds_to_talk"}
    for_insiders = {"lock_step", "record_runs", "progress_bar", "keep_pictures", "describe"}
    tried = {function.__name__ for function, _ in RIGHT} | kernels | needs_workers | for_insiders
    others = ("chapters.choosing", "chapters.own_data", "lab.explorers")  # in tests of their own
    for name, thing in PUBLIC.items():
        if inspect.isfunction(thing) and inspect.signature(thing).parameters:
            assert thing.__name__ in tried or name.startswith(others), name
