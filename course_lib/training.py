"""The loop: repeat the update, and keep a record.

:func:`iterate` is the whole algorithm. :func:`train` runs it for R runs in lock-step and records;
:func:`sweep` does so for each batch size and learning rate.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from course_lib._checks import check_choice, check_positive, check_whole_number
from course_lib.batches import BatchSize, shuffled, streams, take

#: The clocks of a run, each with the label of its axis.
CLOCKS = {
    "updates": "updates",
    "examples": "examples seen",
    "epochs": "epochs (N examples seen)",
}


def iterate(
    model, batches: Iterable, optimizer, schedule: Callable, w: np.ndarray
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
    """
    state = optimizer.init(w)
    examples = 0
    yield 0, examples, w
    for update, (X, y) in enumerate(batches):
        grad = model.grad(w, X, y)
        lr = np.asarray(schedule(update))[..., None]
        w, state = optimizer.update(w, grad, state, lr)
        examples += y.shape[-1]
        yield update + 1, examples, w


@dataclass(frozen=True)
class Run:
    """The record of R runs that differ only in their random streams.

    A run that diverges is kept: its losses are inf or nan from there on.

    Attributes
    ----------
    label : str
        What to call these runs in a legend.
    batch_size : int, or function of the update number
    N : int
        Training examples in an epoch.
    updates, examples : array of int, shape (T,)
        Two clocks at the recorded moments.
    lr : array, shape (T,) or (T, R)
        The learning rate of the update that follows each moment.
    loss : array, shape (R, T)
        Loss over all the training data.
    w : array, shape (R, P)
        The parameters at the end.
    watched : dict of arrays, each of shape (R, T, …)
        What else was recorded.
    """

    label: str
    batch_size: BatchSize
    N: int
    updates: np.ndarray
    examples: np.ndarray
    lr: np.ndarray
    loss: np.ndarray
    w: np.ndarray
    watched: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def epochs(self) -> np.ndarray:
        """The third clock, shape (T,): examples seen, in units of N."""
        return self.examples / self.N

    def clock(self, name: str) -> np.ndarray:
        """Return one of the clocks by its name: "updates", "examples" or "epochs"."""
        return getattr(self, check_choice("clock", name, tuple(CLOCKS)))


def train(
    model,
    data,
    optimizer,
    schedule: Callable,
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
    """
    check_fit(model, data)
    record = _check_record(record, n_updates)
    rngs = streams(seed, check_whole_number("n_runs", n_runs, 1))
    w = _starts(model, rngs, start)
    batches = take(data, sampling(len(data), batch_size, rngs))
    moments = iterate(model, batches, optimizer, schedule, w)
    with progress_bar(progress, total=record[-1], unit=" updates", desc=label) as bar:
        recorded = _record(moments, record, _quantities(model, data, watch), bar)
    return _run(recorded, ..., schedule, label or _label(batch_size), batch_size, len(data))


def sweep(
    model,
    data,
    optimizer,
    batch_sizes: Sequence[int],
    learning_rates: Sequence[float],
    *,
    n_updates: int | Callable[[int], int],
    schedule: Callable,
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
    schedule : function of a learning rate
        Makes the schedule from each learning rate, for example ``constant``.
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
    """
    check_fit(model, data)
    check_whole_number("n_runs", n_runs, 1)
    batch_sizes = [check_whole_number("each batch size", B, 1, len(data)) for B in batch_sizes]
    learning_rates = [check_positive("each learning rate", lr) for lr in learning_rates]
    if not batch_sizes or not learning_rates:
        raise ValueError("batch_sizes and learning_rates must each hold at least one value")
    jobs = []
    for B in batch_sizes:
        updates = n_updates(B) if callable(n_updates) else n_updates
        moments = _check_record(record and record(updates), updates)
        jobs.append(
            delayed(_train_rates)(
                model, data, optimizer, B, learning_rates, moments,
                schedule, n_runs, seed, sampling, start, watch,
            )
        )  # fmt: skip
    done = Parallel(n_jobs=n_jobs, return_as="generator")(jobs)
    runs = {}
    bar = progress_bar(progress, done, total=len(jobs), unit=" batch sizes")
    for B, of_rates in zip(batch_sizes, bar, strict=True):
        runs |= {(B, lr): run for lr, run in zip(learning_rates, of_rates, strict=True)}
    return runs


def iterate_rates(
    model, data, optimizer, batch_size, rates, schedule, n_runs, seed, sampling=shuffled, start=None
):
    """Yield what :func:`iterate` does, for R runs with each of the rates in one stack.

    w has shape (rates, R, P) and the batches (R, B): all rates share the starts and the batches.
    """
    rngs = streams(seed, n_runs)
    w = _starts(model, rngs, start)
    w = np.broadcast_to(w, (len(rates), *w.shape))
    batches = take(data, sampling(len(data), batch_size, rngs))
    return iterate(model, batches, optimizer, schedule(np.array(rates)[:, None]), w)


def _train_rates(
    model,
    data,
    optimizer,
    batch_size,
    rates,
    record,
    schedule,
    n_runs,
    seed,
    sampling,
    start,
    watch,
):
    moments = iterate_rates(
        model, data, optimizer, batch_size, rates, schedule, n_runs, seed, sampling, start
    )
    recorded = _record(moments, record, _quantities(model, data, watch))
    return [
        _run(recorded, i, schedule(rate), _label(batch_size), batch_size, len(data))
        for i, rate in enumerate(rates)
    ]


def progress_bar(show: bool, *args, **options) -> tqdm:
    """Return a bar with tqdm's arguments, which appears when the work takes more than a second.

    Even where it is to be shown, TQDM_DISABLE=1 hides it.
    """
    is_hidden = os.environ.get("TQDM_DISABLE", "0") != "0"  # tqdm's notebook bar does not ask
    return tqdm(*args, disable=is_hidden or not show, delay=1, **options)


@contextmanager
def lock_step():
    """Set up numpy for stacks of runs: one BLAS thread, and no warning where a run diverges.

    A stack is many small products, on which more threads only wait for each other; and a run that
    diverges is a result here.
    """
    with threadpool_limits(1, "blas"), np.errstate(over="ignore", invalid="ignore"):
        yield


def _quantities(model, data, watch):
    return {"loss": lambda w: model.loss(w, data.X, data.y), **(watch or {})}


def _record(moments, record, quantities, bar=None):
    """Read the quantities at the moments in `record`: clocks (2, T), values, and the last w."""
    clocks, values = [], {name: [] for name in quantities}
    wanted = iter(record)
    next_wanted = next(wanted)
    with lock_step():
        for updates, examples, w in moments:
            if updates < next_wanted:
                continue
            clocks.append((updates, examples))
            for name, quantity in quantities.items():
                values[name].append(quantity(w))
            if bar is not None:
                bar.update(updates - bar.n)
            next_wanted = next(wanted, None)
            if next_wanted is None:
                return np.array(clocks).T, values, w
    raise ValueError(f"record must end at {updates}, where the batches do, not at {record[-1]}")


def _run(recorded, stack, schedule, label, batch_size, N):
    """Make a Run of the part of the record that stands at index `stack` of the leading axes."""
    (updates, examples), values, w = recorded
    watched = {name: np.stack([value[stack] for value in kept], 1) for name, kept in values.items()}
    lr = np.array([schedule(int(update)) for update in updates])
    return Run(label, batch_size, N, updates, examples, lr, watched.pop("loss"), w[stack], watched)


def _starts(model, rngs, start):
    if start is None:
        return np.stack([model.init(rng) for rng in rngs])
    start = np.asarray(start, dtype=float)
    if not np.isfinite(start).all():
        raise ValueError(f"start must be finite, not {start!r}")
    shape = (len(rngs), model.P)
    if start.shape not in (shape, shape[1:]):
        raise ValueError(f"start must have shape {shape[1:]} or {shape}, not {start.shape}")
    return np.broadcast_to(start, shape)


def _label(batch_size):
    return "growing batch" if callable(batch_size) else f"B = {batch_size}"


def _check_record(record, n_updates):
    n_updates = check_whole_number("n_updates", n_updates, 0)
    if record is None:
        return np.unique(np.linspace(0, n_updates, 101).round().astype(int)).tolist()
    right = f"whole numbers in increasing order from 0 to n_updates = {n_updates}"
    moments = [check_whole_number("each of record", moment, 0, n_updates) for moment in record]
    if not moments or any(a >= b for a, b in pairwise(moments)):
        raise ValueError(f"record must be {right}, not {record!r}")
    return moments


def check_fit(model, data) -> None:
    """Raise a ValueError if the data have other features or classes than the model takes."""
    if data.X.shape[1] != model.D:
        raise ValueError(
            f"data must have D = {model.D} features for this model, not {data.X.shape[1]}"
        )
    if model.K is not None and not np.isin(data.y, np.arange(model.K)).all():
        raise ValueError(
            f"y must be class numbers from 0 to {model.K - 1} for this model, not {data.y!r}"
        )
