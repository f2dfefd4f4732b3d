"""Data-parallel training: many workers compute one gradient.

A batch is cut in shards. A worker averages the gradient over its shard, and the average of these
averages, weighted by the shards' sizes, is the gradient of the whole batch. So the updates are
those of a single machine. What changes is the time: less of it for arithmetic, more for talking.

The workers are processes of `Dask <https://distributed.dask.org>`_, on this machine or on others.
If one dies, the scheduler gives its shard to another one.
"""

import logging
import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from itertools import count
from time import perf_counter

import numpy as np

try:
    import dask
    from distributed import Client, WorkerPlugin, get_worker
except ImportError:
    raise ImportError(
        "training on several workers needs Dask: run `%pip install 'dask[distributed]<2027'` in a "
        "cell, then restart the kernel"
    ) from None

from course_lib._checks import check_array, check_kind, check_whole_number
from course_lib.models import check_fit
from course_lib.training import iterate

#: Seconds after which a scheduler that does not answer counts as gone. Dask's own choice is 30.
PATIENCE = 8

_NUMBERS = count()

#: Dask sets these for its workers, and leaves them in the environment of the process that starts
#: them. Its own choice contains one more, for the memory, that makes later programs half as fast.
_WORKER_ENVIRONMENT = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)


def local_workers(n_workers: int = 2) -> Client:
    """Start worker processes on this machine, and return their client; closing it ends them.

    They listen on 127.0.0.1 alone, without a dashboard, one thread each. A worker that dies is
    started again, quietly.

    Parameters
    ----------
    n_workers : int
        Number of processes.

    Returns
    -------
    distributed.Client
        Call its ``close()`` at the end, or use it in a ``with`` statement.

    Examples
    --------
    >>> with local_workers(1) as client:
    ...     client.submit(abs, -1).result()
    1
    """
    with dask.config.set({"distributed.nanny.pre-spawn-environ": _WORKER_ENVIRONMENT}):
        return Client(
            n_workers=check_whole_number("n_workers", n_workers, 1),
            threads_per_worker=1,
            host="127.0.0.1",
            silence_logs=logging.CRITICAL,
            timeout=PATIENCE,
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        )


def kill_a_worker(client) -> int:
    """Kill the process of one worker on this machine, as a power cut would; return its number.

    Examples
    --------
    >>> with local_workers(1) as client:
    ...     killed = kill_a_worker(client)
    >>> isinstance(killed, int)
    True
    """
    check_kind("client", client, Client, "local_workers(2)")
    with _scheduler_of(client):
        processes = client.run(os.getpid).values()
    if not processes:
        raise ValueError("client must have a worker that can be killed, but it has none")
    process = min(processes)
    os.kill(process, getattr(signal, "SIGKILL", signal.SIGTERM))  # Windows knows only the latter
    return process


def iterate_parallel(
    client, model, data, rows: Iterable, optimizer, schedule, w, n_shards: int | None = None
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield what :func:`course_lib.training.iterate` yields; the workers compute the gradients.

    Every worker gets the model and the data once, also a worker that joins later. In each update
    the parameters and the row numbers of a shard go out, and the shard's mean gradient comes back.

    Parameters
    ----------
    client : distributed.Client
    model : Model
    data : Data
        The N training examples.
    rows : iterable of arrays of int, shape (..., B)
        One batch an update, as ``shuffled`` yields them.
    optimizer, schedule, w
        As in :func:`course_lib.training.iterate`.
    n_shards : int, optional
        In how many shards a batch is cut; left out, as many as there are workers.

    Yields
    ------
    updates, examples, w
        As in :func:`course_lib.training.iterate`.

    Raises
    ------
    ConnectionError
        If the scheduler is gone. A worker may die: another one gets its shard.

    Examples
    --------
    >>> from course_lib.batches import shuffled, streams
    >>> from course_lib.data import linear_data
    >>> from course_lib.models import linear
    >>> from course_lib.optimizers import constant, sgd
    >>> data, rows = linear_data(100, 5), shuffled(100, 20, streams(0, 1))
    >>> with Client(processes=False, dashboard_address=None) as client:  # workers in threads
    ...     moments = iterate_parallel(
    ...         client, linear(5), data, rows, sgd(), constant(0.1), np.zeros((1, 5))
    ...     )
    ...     [next(moments)[:2] for _ in range(3)]
    [(0, 0), (1, 20), (2, 40)]
    """
    # The arguments of `iterate`, and the workers: the one can stand where the other stood.
    check_kind("client", client, Client, "local_workers(2)")
    check_fit(model, data)
    check_kind("rows", rows, Iterable, "shuffled(100, 10, streams(0, 1))")
    if n_shards is not None:
        check_whole_number("n_shards", n_shards, 1)
    with _scheduler_of(client), _held(client, (model, data.X, data.y)) as name:
        n_workers = len(client.nthreads())

        def grad(w, rows, _):
            shards = cut(rows, n_shards or max(1, n_workers))
            grads = _on_workers(client, _shard_grad, name, w, shards)
            return np.average(grads, axis=0, weights=[shard.shape[-1] for shard in shards])

        batches = ((batch, batch) for batch in rows)  # the examples are there, rows are enough
        remote = model._replace(grad=grad)
        yield from iterate(remote, batches, optimizer, schedule, w)


def cut(rows, n_shards: int) -> list[np.ndarray]:
    """Cut a batch (..., B) in shards whose sizes differ by one at most; none of them is empty.

    Examples
    --------
    >>> [shard.tolist() for shard in cut(np.arange(5), n_shards=2)]
    [[0, 1, 2], [3, 4]]
    """
    rows = check_array("rows", rows, (None,))
    n_shards = check_whole_number("n_shards", n_shards, 1)
    return np.array_split(rows, min(n_shards, rows.shape[-1]), axis=-1)


def seconds_to_talk(client, P: int, n_shards: int, n_repeats: int = 20) -> np.ndarray:
    """Time the communication of an update: P parameters go to each shard, P numbers come back.

    Returns
    -------
    array, shape (n_repeats,)
        Seconds for each of the updates, of which none computes a gradient.

    Examples
    --------
    >>> with Client(processes=False, dashboard_address=None) as client:  # workers in threads
    ...     seconds = seconds_to_talk(client, P=100, n_shards=2, n_repeats=5)
    >>> seconds.shape
    (5,)
    """
    check_kind("client", client, Client, "local_workers(2)")
    P = check_whole_number("P", P, 1)
    n_shards = check_whole_number("n_shards", n_shards, 1)
    n_repeats = check_whole_number("n_repeats", n_repeats, 1)
    w, shards, times = np.zeros(P), [np.arange(1)] * n_shards, []
    with _scheduler_of(client), _held(client, None) as name:
        _on_workers(client, _nothing, name, w, shards)  # warms up
        for _ in range(n_repeats):
            start = perf_counter()
            _on_workers(client, _nothing, name, w, shards)
            times.append(perf_counter() - start)
    return np.array(times)


class _Held(WorkerPlugin):
    """What every worker keeps between the updates. Dask gives it to new workers too."""

    def __init__(self, value):
        self.value = value


@contextmanager
def _scheduler_of(client):
    """Say in a sentence that the scheduler is gone, of which Dask tells by errors of many kinds."""
    gone = "Dask's scheduler does not answer. Start it again, and connect a new client."
    if client.status != "running":
        raise ConnectionError(gone)
    try:
        yield
    except (OSError, RuntimeError, CancelledError):
        if client.status == "running":
            raise
        raise ConnectionError(gone) from None


@contextmanager
def _held(client, value):
    name = f"course_lib.chapters.parallel-{client.id}-{next(_NUMBERS)}"
    client.register_plugin(_Held(value), name=name)
    try:
        yield name
    finally:
        if client.status == "running":
            client.unregister_worker_plugin(name)


def _on_workers(client, function, name, w, shards):
    """Return function(name, w, shard) of each shard, computed by the workers, in order."""
    n = len(shards)
    return client.gather(client.map(function, [name] * n, [w] * n, shards, pure=False))


def _shard_grad(name, w, rows):
    model, X, y = get_worker().plugins[name].value
    return model.grad(w, X[rows], y[rows])


def _nothing(name, w, rows):
    return w
