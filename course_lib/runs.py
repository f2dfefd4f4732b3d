"""R runs in lock-step: what they have in common, and the record that is kept of them."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from course_lib._checks import (
    MOST_RUNS,
    check_array,
    check_choice,
    check_function,
    check_kind,
    check_seed,
    check_whole_number,
)
from course_lib.batches import BatchSize, shuffled
from course_lib.data import Data
from course_lib.models import Model, check_fit
from course_lib.optimizers import Optimizer

#: A loss over many examples is computed in pieces of about so many numbers (8 bytes each).
PIECE = 2**24
#: The clocks of a run, each with the label of its axis.
CLOCKS = {
    "updates": "updates",
    "examples": "examples seen",
    "epochs": "epochs (N examples seen)",
}


@dataclass(frozen=True)
class Setup:
    """What R runs have in common but for the schedule, checked once: see ``train``."""

    model: Model
    data: Data
    optimizer: Optimizer
    batch_size: BatchSize
    n_runs: int = 16
    seed: int = 0
    sampling: Callable = shuffled
    start: np.ndarray | None = None

    def __post_init__(self):
        check_fit(self.model, self.data)
        check_kind("optimizer", self.optimizer, Optimizer, "sgd()")
        check_function("sampling", self.sampling, "(N, batch_size, rngs)", "shuffled")
        check_seed(self.seed)
        if not callable(self.batch_size):
            check_whole_number("batch_size", self.batch_size, 1, len(self.data))
        check_whole_number("n_runs", self.n_runs, 1, MOST_RUNS)
        if self.start is not None:
            shape = (self.n_runs, self.model.P)
            start = check_array("start", self.start, (None,))
            if not np.isfinite(start).all():
                raise ValueError(f"start must be finite, not {start!r}")
            if start.shape not in (shape, shape[1:]):
                raise ValueError(f"start must have shape {shape[1:]} or {shape}, not {start.shape}")

    def starts(self, rngs) -> np.ndarray:
        """Return the start of each run, shape (R, P): the given one, or each run's own draw."""
        if self.start is None:
            return np.stack([self.model.init(rng) for rng in rngs])
        return np.broadcast_to(np.asarray(self.start, dtype=float), (len(rngs), self.model.P))

    @property
    def label(self) -> str:
        """What to call such runs in a legend."""
        return "growing batch" if callable(self.batch_size) else f"B = {self.batch_size}"


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


@contextmanager
def lock_step():
    """Set up numpy for stacks of runs: one BLAS thread, and no warning where a run diverges.

    A stack is many small products, on which more threads only wait for each other; and a run that
    diverges is a result here.

    Examples
    --------
    >>> with lock_step():
    ...     np.array([1e300]) ** 2
    array([inf])
    """
    with threadpool_limits(1, "blas"), np.errstate(over="ignore", invalid="ignore"):
        yield


def progress_bar(show: bool, *args, **options) -> tqdm:
    """Return a bar with tqdm's arguments, which appears when the work takes more than a second.

    Even where it is to be shown, TQDM_DISABLE=1 hides it.

    Examples
    --------
    >>> list(progress_bar(True, range(3)))
    [0, 1, 2]
    """
    is_hidden = os.environ.get("TQDM_DISABLE", "0") != "0"  # tqdm's notebook bar does not ask
    return tqdm(*args, disable=is_hidden or not show, delay=1, **options)


def loss_over(model: Model, w: np.ndarray, data: Data) -> np.ndarray:
    """Return the loss over all the data, shape (...), in pieces that fit into memory.

    A stack of runs holds a number for each run, example and unit of the model at once.

    Examples
    --------
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> loss_over(line(), np.zeros((16, 2)), lesson_line()).shape
    (16,)
    """
    check_fit(model, data)
    w = check_array("w", w, (model.P,))
    units = -(-model.P // model.D)
    at_once = max(1, PIECE // (units * max(1, w[..., 0].size)))
    if at_once >= len(data):
        return model.loss(w, data.X, data.y)
    total = 0.0
    for first in range(0, len(data), at_once):
        piece = slice(first, first + at_once)
        total = total + model.loss(w, data.X[piece], data.y[piece]) * len(data.y[piece])
    return total / len(data)


def record_runs(
    moments: Iterable, record: Sequence[int], quantities: Mapping[str, Callable], bar=None
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Read quantities at some moments of S stacks of R runs.

    Parameters
    ----------
    moments : iterable of (updates, examples, w)
        As ``iterate_runs`` yields them, w of shape (S, R, P).
    record : increasing sequence of int
        Numbers of updates after which to read.
    quantities : dict of functions of w
        Each gets w of shape (R, P) and returns (R, …).
    bar : tqdm, optional
        Moved on with the updates.

    Returns
    -------
    clocks : array, shape (2, T)
        Updates and examples.
    values : dict of arrays, each of shape (S, R, T, …)
    w : array, shape (S, R, P)
        The parameters at the last moment.

    Examples
    --------
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> from course_lib.optimizers import constant, sgd
    >>> from course_lib.training import iterate_runs
    >>> moments = iterate_runs(Setup(line(), lesson_line(), sgd(), 10), [constant(0.1)])
    >>> clocks, values, w = record_runs(moments, [0, 5], {"slope": lambda w: w[:, 0]})
    >>> clocks.tolist(), values["slope"].shape, w.shape
    ([[0, 5], [0, 50]], (1, 16, 2), (1, 16, 2))
    """
    clocks, values = [], {name: [] for name in quantities}
    wanted = iter(record)
    next_wanted = next(wanted)
    with lock_step():
        for updates, examples, w in moments:
            if updates < next_wanted:
                continue
            clocks.append((updates, examples))
            for name, quantity in quantities.items():
                values[name].append([_read(name, quantity, stack) for stack in w])
            if bar is not None:
                bar.update(updates - bar.n)
            next_wanted = next(wanted, None)
            if next_wanted is None:
                stacked = {name: np.stack(kept, axis=2) for name, kept in values.items()}
                return np.array(clocks).T, stacked, w
    raise ValueError(f"record must end at {updates}, where the batches do, not at {record[-1]}")


def _read(name, quantity, w):
    value = np.asarray(quantity(w))
    if value.shape[:1] != w.shape[:1]:
        raise ValueError(
            f"watch[{name!r}] must return an array of shape ({len(w)}, …), a value for each run, "
            f"not of shape {value.shape}"
        )
    return value
