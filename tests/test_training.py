"""The loop against its oracles: gradient descent, least squares, and itself with other stacks."""

from functools import partial
from itertools import islice

import joblib
import numpy as np
import pytest

from course_lib.batches import in_order, shuffled, streams, take, with_replacement
from course_lib.chapters.cost import peak_memory
from course_lib.data import Data, digits_data, lesson_line, linear_data
from course_lib.measure import least_squares
from course_lib.models import line, linear, mlp, softmax
from course_lib.optimizers import adam, constant, cosine, momentum, sgd
from course_lib.training import iterate, sweep, train

LINE = lesson_line()
DIGITS = digits_data(n_train=40).train
FEW = linear_data(40, 5, condition_number=10)
CASES = {
    "line": (line(), LINE),
    "linear": (linear(5), FEW),
    "softmax": (softmax(64, 10), DIGITS),
    "mlp": (mlp((64, 8, 10)), DIGITS),
}
every_case = pytest.mark.parametrize(("model", "data"), CASES.values(), ids=CASES.keys())


@every_case
@pytest.mark.parametrize("sampling", [shuffled, with_replacement])
@pytest.mark.parametrize("B", [1, 7, "N"])
def test_lone_run_equals_first_of_many(model, data, sampling, B):
    B = len(data) if B == "N" else B
    options = {"batch_size": B, "n_updates": 30, "sampling": sampling, "seed": 5}
    lone = train(model, data, momentum(), constant(0.02), n_runs=1, **options)
    many = train(model, data, momentum(), constant(0.02), n_runs=9, **options)
    np.testing.assert_allclose(many.w[0], lone.w[0], rtol=1e-9)
    np.testing.assert_allclose(many.loss[0], lone.loss[0], rtol=1e-9)


@every_case
def test_every_replicate_equals_the_plain_loop_with_its_stream(model, data):
    run = train(model, data, sgd(), constant(0.05), batch_size=7, n_updates=20, n_runs=4, seed=3)
    for r, rng in enumerate(streams(3, 4)):
        w = model.init(rng)
        for rows in islice(shuffled(len(data), 7, [rng]), 20):
            grad = model.grad(w, data.X[rows[0]], data.y[rows[0]])
            w = w - 0.05 * grad
        np.testing.assert_allclose(run.w[r], w, rtol=1e-9, atol=1e-12)


@every_case
def test_full_batch_is_gradient_descent(model, data):
    run = train(model, data, sgd(), constant(0.05), batch_size=len(data), n_updates=25, n_runs=3)
    for r, rng in enumerate(streams(0, 3)):
        w = model.init(rng)
        for _ in range(25):
            w = w - 0.05 * model.grad(w, data.X, data.y)
        np.testing.assert_allclose(run.w[r], w, rtol=1e-9, atol=1e-12)


def test_line_trained_long_agrees_with_least_squares():
    run = train(line(), LINE, sgd(), constant(0.4), batch_size=100, n_updates=500, n_runs=5)
    np.testing.assert_allclose(run.w, [least_squares(LINE, bias=True)] * 5, atol=1e-10)


def test_linear_with_momentum_and_adam_agree_with_least_squares():
    for optimizer, schedule in ((momentum(), constant(0.05)), (adam(), cosine(0.3, 2000))):
        run = train(linear(5), FEW, optimizer, schedule, batch_size=40, n_updates=2000, n_runs=2)
        np.testing.assert_allclose(run.w, [least_squares(FEW)] * 2, atol=1e-4)


def test_the_lesson_is_reproduced_with_its_own_generator():
    rng = np.random.RandomState(42)
    data = lesson_line(rng)
    ends = {}
    for B in (1, 10, 50, 100):
        start = rng.randn(1, 2)
        rows = islice(shuffled(100, B, [rng]), 100 * 100 // B)
        for _, _, w in iterate(line(), take(data, rows), sgd(), constant(0.01), start):
            ends[B] = w[0].round(2).tolist()
    assert ends == {1: [2.74, 4.19], 10: [2.79, 4.20], 50: [2.67, 4.32], 100: [2.94, 3.91]}


def test_three_clocks_count_updates_examples_and_epochs():
    run = train(
        line(), LINE, sgd(), constant(0.01), batch_size=32, n_updates=8, record=[0, 3, 4, 8]
    )
    np.testing.assert_array_equal(run.updates, [0, 3, 4, 8])
    np.testing.assert_array_equal(run.examples, [0, 96, 100, 200])  # the fourth batch is short
    np.testing.assert_allclose(run.epochs, [0, 0.96, 1, 2])
    np.testing.assert_array_equal(run.clock("epochs"), run.epochs)
    assert run.label == "B = 32"


def test_a_growing_batch_counts_its_examples_and_keeps_its_runs_apart():
    def grow(update):
        return 10 if update < 10 else 50

    run = train(line(), LINE, sgd(), constant(0.01), batch_size=grow, n_updates=14, n_runs=3)
    assert run.examples[-1] == 10 * 10 + 4 * 50
    assert run.label == "growing batch"


def test_record_holds_the_loss_over_all_data_and_what_is_watched():
    run = train(
        line(), LINE, sgd(), constant(0.05), batch_size=10, n_updates=20, n_runs=3,
        record=range(21), watch={"path": lambda w: w, "slope": lambda w: w[:, 0]},
    )  # fmt: skip
    assert run.loss.shape == (3, 21) and run.w.shape == (3, 2)
    assert run.watched["path"].shape == (3, 21, 2) and run.watched["slope"].shape == (3, 21)
    np.testing.assert_array_equal(run.watched["path"][:, -1], run.w)
    path = run.watched["path"]
    np.testing.assert_allclose(run.loss, line().loss(path, LINE.X, LINE.y))


def test_start_can_be_given_for_all_runs_or_for_each():
    common = train(line(), LINE, sgd(), constant(0.1), batch_size=10, n_updates=0, start=[1, 2])
    np.testing.assert_array_equal(common.w, [[1, 2]] * 16)
    each = train(line(), LINE, sgd(), constant(0.1), batch_size=10, n_updates=0, start=common.w)
    np.testing.assert_array_equal(each.w, common.w)


def test_same_seed_starts_alike_whatever_the_batch_size():
    small, large = (
        train(line(), LINE, sgd(), constant(0.1), batch_size=B, n_updates=0, seed=8)
        for B in (1, 100)
    )
    np.testing.assert_array_equal(small.w, large.w)


def test_learning_rates_can_differ_between_runs():
    rates = np.array([0.01, 0.2])
    both = train(
        line(), LINE, sgd(), constant(rates), batch_size=100, n_updates=9, n_runs=2, start=[0, 0]
    )
    for r, rate in enumerate(rates):
        lone = train(
            line(), LINE, sgd(), constant(rate), batch_size=100, n_updates=9, n_runs=1, start=[0, 0]
        )
        np.testing.assert_allclose(both.w[r], lone.w[0])


def test_divergence_is_recorded_not_raised():
    run = train(line(), LINE, sgd(), constant(5.0), batch_size=100, n_updates=2000, n_runs=2)
    assert not np.isfinite(run.loss[:, -1]).any()
    assert np.isfinite(run.loss[:, 0]).all()
    assert run.updates[-1] == 2000


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_sweep_equals_a_train_for_each_pair(n_jobs):
    runs = sweep(
        linear(5), FEW, momentum(), [4, 40], [0.01, 0.05], n_updates=lambda B: 400 // B,
        make_schedule=constant, n_runs=3, n_jobs=n_jobs, progress=False, watch={"w": lambda w: w},
    )  # fmt: skip
    assert list(runs) == [(4, 0.01), (4, 0.05), (40, 0.01), (40, 0.05)]
    for (B, lr), run in runs.items():
        alone = train(
            linear(5), FEW, momentum(), constant(lr), batch_size=B, n_updates=400 // B, n_runs=3
        )
        np.testing.assert_allclose(run.loss, alone.loss, rtol=1e-9)
        np.testing.assert_allclose(run.w, alone.w, rtol=1e-9)
        np.testing.assert_array_equal(run.updates, alone.updates)
        np.testing.assert_allclose(run.lr, alone.lr)
        assert run.watched["w"].shape == (3, len(run.updates), 5)
        assert (run.label, run.batch_size) == (f"B = {B}", B)


def test_sweep_runs_on_dask_by_the_usual_two_lines():
    distributed = pytest.importorskip("distributed")
    options = {"n_updates": 20, "make_schedule": constant, "n_runs": 2, "progress": False}
    here = sweep(linear(5), FEW, sgd(), [4, 40], [0.01, 0.05], n_jobs=1, **options)
    with (
        distributed.Client(
            processes=False, n_workers=2, threads_per_worker=1, dashboard_address=None
        ),
        joblib.parallel_config(backend="dask"),
    ):
        there = sweep(linear(5), FEW, sgd(), [4, 40], [0.01, 0.05], **options)
    for pair, run in here.items():
        np.testing.assert_array_equal(run.loss, there[pair].loss)


def test_memory_grows_with_records_and_not_with_updates():
    def train_for(n_updates):
        train(
            line(), LINE, sgd(), constant(0.01), batch_size=10, n_updates=n_updates,
            record=[0, n_updates], n_runs=100,
        )  # fmt: skip

    train_for(10)
    assert peak_memory(train_for, 20_000) < 1.2 * peak_memory(train_for, 5_000) + 100_000


def test_iterate_yields_the_start_first_and_leaves_it_unchanged():
    start = np.zeros((1, 2))
    moments = iterate(line(), take(LINE, in_order(100, 10)), sgd(), constant(0.1), start)
    assert next(moments)[:2] == (0, 0)
    assert next(moments)[:2] == (1, 10)
    assert (start == 0).all()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"batch_size": 0}, "batch_size must be a whole number from 1 to 100, not 0"),
        ({"batch_size": 101}, "batch_size must be a whole number from 1 to 100, not 101"),
        ({"batch_size": 2.5}, "batch_size must be a whole number from 1 to 100, not 2.5"),
        ({"batch_size": "32"}, "batch_size must be a whole number from 1 to 100, not '32'"),
        ({"n_updates": -1}, "n_updates must be a whole number of at least 0, not -1"),
        ({"n_runs": 0}, "n_runs must be a whole number from 1 to 1000000, not 0"),
        (
            {"record": [0, 5, 3]},
            r"record must be whole numbers in increasing order from 0 to n_upd",
        ),
        ({"record": [3, 3]}, "record must be whole numbers in increasing order"),
        ({"record": []}, "record must hold one or more whole numbers in increasing order"),
        ({"record": [0, 99]}, "each of record must be a whole number from 0 to 10, not 99"),
        ({"start": [1, 2, 3]}, r"start must have shape \(2,\) or \(16, 2\), not \(3,\)"),
        ({"start": [np.nan, 0]}, r"start must be finite"),
        ({"model": linear(3)}, "data must have D = 3 features for this model, not 1"),
        ({"model": softmax(1, 3)}, "y must be class numbers from 0 to 2 for this model"),
    ],
)
def test_bad_arguments_are_refused_with_name_value_and_what_is_right(changed, says):
    arguments = {
        "model": line(), "data": LINE, "optimizer": sgd(), "schedule": constant(0.1),
        "batch_size": 10, "n_updates": 10,
    } | changed  # fmt: skip
    with pytest.raises(ValueError, match=says):
        train(**arguments)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"batch_sizes": []}, "batch_sizes must hold one or more batch sizes, not"),
        ({"batch_sizes": [200]}, "each batch size must be a whole number from 1 to 100, not 200"),
        ({"learning_rates": [0.1, -0.1]}, "each learning rate must be a positive number, not -0.1"),
        ({"n_updates": lambda B: 0.5}, "n_updates must be a whole number of at least 0, not 0.5"),
    ],
)
def test_bad_arguments_of_a_sweep_are_refused_before_it_starts(changed, says):
    arguments = {
        "batch_sizes": [1, 10], "learning_rates": [0.1], "n_updates": 5, "make_schedule": constant,
    } | changed  # fmt: skip
    with pytest.raises(ValueError, match=says):
        sweep(line(), LINE, sgd(), **arguments)


def test_batches_that_end_too_soon_are_said():
    def two_batches(N, batch_size, rngs):
        return islice(shuffled(N, batch_size, rngs), 2)

    with pytest.raises(ValueError, match="record must end at 2, where the batches do, not at 5"):
        train(line(), LINE, sgd(), constant(0.1), batch_size=5, n_updates=5, sampling=two_batches)


def test_last_batch_can_be_dropped_by_a_partial():
    data = Data(LINE.X[:10], LINE.y[:10])
    run = train(
        line(),
        data,
        sgd(),
        constant(0.1),
        batch_size=4,
        n_updates=4,
        sampling=partial(shuffled, last="drop"),
    )
    assert run.examples[-1] == 16
