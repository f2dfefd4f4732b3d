"""The loop: repeat the update, and keep a record.

:func:`iterate` is the whole algorithm. :func:`train` runs it for R runs in lock-step and records;
:func:`sweep` does so for each batch size and learning rate.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from joblib import Parallel, delayed

from course_lib._checks import (
    check_array,
    check_call,
    check_flag,
    check_function,
    check_iterable,
    check_kind,
    check_list,
    check_numbers_once,
    check_pair,
    check_positive,
    check_rate,
    check_record,
    check_watch,
    check_whole_number,
)
from course_lib.batches import BatchSize, shuffled, streams, take
from course_lib.data import Data
from course_lib.models import Model, check_fit
from course_lib.optimizers import Optimizer, Schedule
from course_lib.runs import Run, Setup, loss_over, progress_bar, record_runs


def iterate(
    model: Model, batches: Iterable, optimizer: Optimizer, schedule: Schedule, w: np.ndarray
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield (updates, examples, w): the start, then the state after each update.

    Parameters
    ----------
    model : Model
    batches : iterable of (X, y)
        One batch an update, X of shape (..., B, D); the loop ends when they do.
    optimizer : Optimizer
    schedule : function of the update number
        Learning rate, a number or an array that fits the axes of w in front of P.
    w : array, shape (..., P)
        The start. It is not changed.

    Yields
    ------
    updates : int
        Updates made so far.
    examples : int
        Examples that each run has seen so far.
    w : array, shape (..., P)
        The parameters now.

    Examples
    --------
    >>> from course_lib.batches import in_order
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> from course_lib.optimizers import constant, sgd
    >>> batches = take(lesson_line(), in_order(100, 50))
    >>> moments = iterate(line(), batches, sgd(), constant(0.1), np.zeros((1, 2)))
    >>> next(moments)
    (0, 0, array([[0., 0.]]))
    >>> next(moments)
    (1, 50, array([[1.34656497, 1.33894492]]))
    """
    check_kind("model", model, Model, "line()")
    check_kind("optimizer", optimizer, Optimizer, "sgd()")
    check_iterable("batches", batches, "take(data, shuffled(100, 10, rngs))")
    check_function("schedule", schedule, "the update number", "constant(0.1)")
    w = check_array("w", w, (model.P,))
    check_rate(schedule, 0, w.shape[:-1])
    state = optimizer.init(w)
    examples = 0
    yield 0, examples, w
    for update, (X, y) in enumerate(map(check_pair, batches)):
        grad = model.grad(w, X, y)
        lr = np.asarray(schedule(update))[..., None]
        w, state = optimizer.update(w, grad, state, lr)
        examples += y.shape[-1]
        yield update + 1, examples, w


def iterate_runs(setup: Setup, schedules: Sequence[Schedule]) -> Iterator:
    """Yield what :func:`iterate` does, for R runs with each of S schedules in one stack.

    w has shape (S, R, P) and the batches (R, B): all schedules share the starts and the batches.

    Examples
    --------
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> from course_lib.optimizers import constant, sgd
    >>> setup = Setup(line(), lesson_line(), sgd(), batch_size=10)
    >>> moments = iterate_runs(setup, [constant(0.1), constant(0.2)])
    >>> next(moments)[-1].shape
    (2, 16, 2)
    """
    check_kind("setup", setup, Setup, "Setup(line(), lesson_line(), sgd(), batch_size=10)")
    schedules = check_list("schedules", schedules, "functions, such as constant(0.1)")
    for schedule in schedules:
        check_function("each of schedules", schedule, "the update number", "constant(0.1)")
    rngs = streams(setup.seed, setup.n_runs)
    w = setup.starts(rngs)
    w = np.broadcast_to(w, (len(schedules), *w.shape))
    rows = check_call("sampling", setup.sampling, len(setup.data), setup.batch_size, rngs)

    def rates(update):  # (S, 1), or (S, R) where each run has its own
        return np.array([schedule(update) for schedule in schedules]).reshape(len(schedules), -1)

    return iterate(setup.model, take(setup.data, rows), setup.optimizer, rates, w)


def train(
    model: Model,
    data: Data,
    optimizer: Optimizer,
    schedule: Schedule,
    *,
    batch_size: BatchSize,
    n_updates: int,
    n_runs: int = 16,
    seed: int = 0,
    sampling: Callable = shuffled,
    start: np.ndarray | None = None,
    record: Sequence[int] | None = None,
    watch: Mapping[str, Callable] | None = None,
    label: str | None = None,
    progress: bool = False,
) -> Run:
    """Train R runs in lock-step and record them.

    Run r draws its start and its batches from stream r of `seed`, so it equals the lone run with
    that stream, and two calls with the same seed start alike whatever their batch sizes.

    Parameters
    ----------
    model : Model
    data : Data
        The N training examples.
    optimizer : Optimizer
    schedule : function of the update number
        Learning rate; an array of shape (R,) gives each run its own.
    batch_size : int, or function of the update number
        B, from 1 to N.
    n_updates : int
        Updates to make.
    n_runs : int
        R.
    seed : int
        Seed of the R streams.
    sampling : function of (N, batch_size, rngs)
        ``shuffled``, ``with_replacement`` or ``in_order`` of :mod:`course_lib.batches`.
    start : array, shape (P,) or (R, P), optional
        A start for all runs or one for each. Left out, each run draws its own by ``model.init``.
    record : increasing sequence of int, optional
        Numbers of updates after which to record. Left out, about 100, evenly spaced.
    watch : dict of functions of w, optional
        What to record beside the loss; each gets w of shape (R, P) and returns (R, …).
    label : str, optional
        Name in legends; ``"B = 32"`` for a batch size of 32 unless given.
    progress : bool
        Show a bar.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If an argument is out of its range or does not fit the model or the data. Divergence is not
        an error: it is recorded.

    Examples
    --------
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> from course_lib.optimizers import constant, sgd
    >>> run = train(line(), lesson_line(), sgd(), constant(0.1), batch_size=10, n_updates=200)
    >>> run.label, run.w.shape, run.loss.shape
    ('B = 10', (16, 2), (16, 101))
    """
    # So many arguments, since a call names all that an experiment holds fixed; now one Setup does.
    setup = Setup(model, data, optimizer, batch_size, n_runs, seed, sampling, start)
    check_function("schedule", schedule, "the update number", "constant(0.1)")
    record = check_record(record, n_updates)
    watch, progress = check_watch(watch), check_flag("progress", progress)
    if label is not None:
        check_kind("label", label, str, '"B = 32"')
    with progress_bar(progress, total=record[-1], unit=" updates", desc=label) as bar:
        [run] = _train(setup, [schedule], record, watch, bar)
    return run if label is None else replace(run, label=label)


def sweep(
    model: Model,
    data: Data,
    optimizer: Optimizer,
    batch_sizes: Sequence[int],
    learning_rates: Sequence[float],
    *,
    n_updates: int | Callable[[int], int],
    make_schedule: Callable[[float], Schedule],
    n_runs: int = 16,
    seed: int = 0,
    sampling: Callable = shuffled,
    start: np.ndarray | None = None,
    record: Callable[[int], Sequence[int]] | None = None,
    watch: Mapping[str, Callable] | None = None,
    n_jobs: int = -1,
    progress: bool = True,
) -> dict[tuple[int, float], Run]:
    """Train R runs for every batch size and learning rate, on all cores.

    All learning rates of a batch size are one more axis of one lock-step run: they share starts
    and batches, so what differs between them is the learning rate alone. To use many machines,
    connect a ``dask.distributed.Client`` and call this inside
    ``with joblib.parallel_config(backend="dask"):``.

    Parameters
    ----------
    batch_sizes : sequence of int
    learning_rates : sequence of float
    n_updates : int, or function of the batch size
        Updates to make; ``lambda B: 16_384 // B`` holds the examples fixed.
    make_schedule : function of a learning rate
        Makes the schedule from each learning rate; for example ``constant``.
    record : function of the number of updates, optional
        Returns the moments to record, as in :func:`train`.
    n_jobs : int
        Processes, as in joblib: -1 means one for each core.
    progress : bool
        Show a bar, one tick a batch size.

    The other arguments are those of :func:`train`.

    Returns
    -------
    dict
        ``runs[batch_size, learning_rate]`` is a :class:`Run`.

    Examples
    --------
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> from course_lib.optimizers import constant, sgd
    >>> runs = sweep(line(), lesson_line(), sgd(), [10, 50], [0.1, 0.2], make_schedule=constant,
    ...              n_updates=lambda B: 1000 // B, n_jobs=1)
    >>> [(pair, int(run.updates[-1])) for pair, run in runs.items()]
    [((10, 0.1), 100), ((10, 0.2), 100), ((50, 0.1), 20), ((50, 0.2), 20)]
    """
    # The arguments of `train`, and those that say what is swept: nothing is held fixed unnamed.
    check_fit(model, data)
    batch_size = partial(check_whole_number, "each batch size", low=1, high=len(data))
    batch_sizes = check_numbers_once("batch_sizes", batch_sizes, "batch sizes", batch_size)
    rate = partial(check_positive, "each learning rate")
    rates = check_numbers_once("learning_rates", learning_rates, "learning rates", rate)
    check_function("make_schedule", make_schedule, "a learning rate", "constant")
    schedules = [check_call("make_schedule", make_schedule, rate) for rate in rates]
    if n_jobs is not None and n_jobs != -1:
        check_whole_number("n_jobs", n_jobs, 1, 4096)
    watch, progress = check_watch(watch), check_flag("progress", progress)
    jobs = []
    for B in batch_sizes:
        setup = Setup(model, data, optimizer, B, n_runs, seed, sampling, start)
        updates = check_call("n_updates", n_updates, B) if callable(n_updates) else n_updates
        moments = None if record is None else check_call("record", record, updates)
        moments = check_record(moments, updates)
        for schedule in schedules:
            check_function("make_schedule's answer", schedule, "the update number", "constant(0.1)")
        jobs.append(delayed(_train)(setup, schedules, moments, watch))
    done = Parallel(n_jobs=n_jobs, return_as="generator")(jobs)
    runs = {}
    bar = progress_bar(progress, done, total=len(jobs), unit=" batch sizes")
    for B, of_rates in zip(batch_sizes, bar, strict=True):
        runs |= {(B, lr): run for lr, run in zip(rates, of_rates, strict=True)}
    return runs


def _train(setup, schedules, record, watch, bar=None):
    """Return the record of R runs with each of the schedules."""
    lr = [[check_rate(each, update, (setup.n_runs,)) for update in record] for each in schedules]
    moments = iterate_runs(setup, schedules)
    quantities = {"loss": partial(loss_over, setup.model, data=setup.data), **watch}
    clocks, values, w = record_runs(moments, record, quantities, bar)
    loss, watched = values.pop("loss"), values
    of_all = setup.label, setup.batch_size, len(setup.data), *clocks
    return [
        Run(*of_all, np.array(lr[i]), loss[i], w[i], {name: watched[name][i] for name in watched})
        for i in range(len(schedules))
    ]
