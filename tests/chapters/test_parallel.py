"""Training by worker processes is the training of a single machine, also when workers die."""

import os
import subprocess
import sys
import time
from itertools import islice

import joblib
import numpy as np
import psutil
import pytest
from distributed import Client

from course_lib.batches import shuffled, streams, take
from course_lib.chapters.parallel import (
    cut,
    iterate_parallel,
    kill_a_worker,
    local_workers,
    seconds_to_talk,
)
from course_lib.data import linear_data
from course_lib.models import linear, softmax
from course_lib.optimizers import adam, constant, inverse_time, momentum, sgd
from course_lib.training import iterate, sweep

DATA = linear_data(100, 5)
MODEL = linear(5)
START = np.ones((1, 5))


@pytest.fixture(scope="module")
def client():
    with local_workers(2) as client:
        yield client


def rows(batch_size, n_updates, R=1):
    return islice(shuffled(100, batch_size, streams(0, R)), n_updates)


def on_one_machine(batches, optimizer=None, schedule=None, w=START):
    batches = take(DATA, batches)
    return [*iterate(MODEL, batches, optimizer or sgd(), schedule or constant(0.1), w)]


def assert_equal_at_every_update(one, many):
    assert [moment[:2] for moment in many] == [moment[:2] for moment in one]
    for (_, _, w), (_, _, expected) in zip(many, one, strict=True):
        np.testing.assert_allclose(w, expected, rtol=0, atol=1e-12)


def processes(client):
    return sorted(client.run(os.getpid).values())


# The arithmetic, without workers


def test_workers_have_one_blas_thread_and_leave_nothing_that_slows_other_programs(client):
    threads = client.run(lambda: os.environ["OPENBLAS_NUM_THREADS"])
    assert set(threads.values()) == {"1"}
    assert "MALLOC_TRIM_THRESHOLD_" not in os.environ


@pytest.mark.parametrize("B", [1, 2, 7, 8, 9])
def test_shards_are_the_batch_in_parts_of_almost_equal_size(B):
    batch = np.arange(2 * B).reshape(2, B)
    shards = cut(batch, 4)
    sizes = [shard.shape[-1] for shard in shards]
    assert len(shards) == min(4, B) and max(sizes) - min(sizes) <= 1
    np.testing.assert_array_equal(np.concatenate(shards, axis=-1), batch)


# With workers


@pytest.mark.parametrize(
    ("batch_size", "optimizer", "schedule", "n_shards"),
    [
        (16, sgd(), constant(0.1), None),  # 100 = 6 · 16 + 4: the last batch is short
        (50, momentum(), inverse_time(0.1, 5), 3),  # shards of 17, 17 and 16
        (2, adam(), constant(0.1), 3),  # fewer examples than shards
    ],
)
def test_it_equals_one_machine_at_every_update(client, batch_size, optimizer, schedule, n_shards):
    one = on_one_machine(rows(batch_size, 9), optimizer, schedule)
    many = iterate_parallel(
        client, MODEL, DATA, rows(batch_size, 9), optimizer, schedule, START, n_shards
    )
    assert_equal_at_every_update(one, [*many])


def test_runs_in_lock_step_are_cut_alike(client):
    start = np.array([np.ones(5), np.zeros(5)])
    many = iterate_parallel(
        client, MODEL, DATA, rows(10, 4, R=2), sgd(), constant(0.1), start, n_shards=4
    )
    assert_equal_at_every_update(on_one_machine(rows(10, 4, R=2), w=start), [*many])


def test_a_killed_worker_changes_no_update(client):
    many = []
    for moment in iterate_parallel(client, MODEL, DATA, rows(16, 20), sgd(), constant(0.1), START):
        many.append(moment)
        if moment[0] == 10:
            killed = kill_a_worker(client)
    assert_equal_at_every_update(on_one_machine(rows(16, 20)), many)
    client.wait_for_workers(2, timeout=30)
    assert killed not in processes(client)


@pytest.mark.filterwarnings("error")
def test_even_the_only_worker_may_die_and_nothing_is_said_or_left_behind(capfd):
    with local_workers(1) as client:
        many = iterate_parallel(client, MODEL, DATA, rows(16, 4), sgd(), constant(0.1), START)
        moments = [next(many), next(many)]
        started = [kill_a_worker(client)]
        moments += many
        started += processes(client)
    assert_equal_at_every_update(on_one_machine(rows(16, 4)), moments)
    deadline = time.monotonic() + 10
    while any(map(psutil.pid_exists, started)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(psutil.pid_exists, started))
    assert capfd.readouterr() == ("", "")


#: A scheduler and a worker in a process of their own.
ELSEWHERE = """
import sys
from course_lib.chapters.parallel import local_workers
if __name__ == "__main__":
    with local_workers(1) as client:
        print(client.scheduler.address, flush=True)
        sys.stdin.read()
"""


def test_a_scheduler_that_is_gone_is_one_sentence_in_seconds(tmp_path):
    script = tmp_path / "elsewhere.py"
    script.write_text(ELSEWHERE, encoding="utf-8")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, str(script)], text=True, **pipes) as elsewhere:
        client = Client(elsewhere.stdout.readline().strip(), timeout=8)
        many = iterate_parallel(client, MODEL, DATA, rows(16, 99), sgd(), constant(0.1), START)
        next(many), next(many)
        for process in [*psutil.Process(elsewhere.pid).children(recursive=True), elsewhere]:
            process.kill()
        began = time.monotonic()
        with pytest.raises(ConnectionError, match=r"^Dask's scheduler does not answer\. Start it"):
            list(many)
        client.close()
        assert time.monotonic() - began < 10


def test_workers_listen_on_this_machine_alone(client):
    def listening():
        connections = psutil.Process().net_connections("inet")
        return {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN}

    assert set().union(*client.run(listening).values(), listening()) == {"127.0.0.1"}


def test_workers_forget_the_data_when_the_training_ends(client):
    def held(dask_worker):
        return [name for name in dask_worker.plugins if name.startswith("course_lib")]

    training = iterate_parallel(client, MODEL, DATA, rows(16, 4), sgd(), constant(0.1), START)
    next(training)
    assert all(len(names) == 1 for names in client.run(held).values())
    training.close()
    assert not any(client.run(held).values())


def test_talking_is_timed(client):
    times = seconds_to_talk(client, P=1000, n_shards=2, n_repeats=3)
    assert times.shape == (3,) and (times > 0).all()


def test_a_sweep_on_dask_equals_the_sweep_of_one_machine(client):
    def swept(**options):
        return sweep(
            MODEL, DATA, sgd(), [4, 16], [0.05, 0.1], n_updates=20, make_schedule=constant,
            n_runs=2, progress=False, **options,
        )  # fmt: skip

    here = swept(n_jobs=1)
    with joblib.parallel_config(backend="dask"):
        there = swept()
    assert list(there) == list(here)
    for key, run in here.items():
        np.testing.assert_array_equal(there[key].loss, run.loss)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda c: local_workers(0), "n_workers must be a whole number of at least 1"),
        (lambda c: seconds_to_talk(c, 0, 1), "P must be a whole number of at least 1, not 0"),
        (lambda c: seconds_to_talk(c, 1, 0), "n_shards must be a whole number of at least 1"),
        (lambda c: cut(np.arange(3), 0), "n_shards must be a whole number of at least 1, not 0"),
        (
            lambda c: next(iterate_parallel(c, softmax(4, 2), DATA, [], sgd(), constant(1), START)),
            "data must have D = 4 features for this model, not 5",
        ),
        (
            lambda c: next(
                iterate_parallel(c, MODEL, DATA, [], sgd(), constant(1), START, n_shards=1.5)
            ),
            "n_shards must be a whole number of at least 1, not 1.5",
        ),
    ],
)
def test_bad_arguments_are_refused(client, call, says):
    with pytest.raises(ValueError, match=says):
        call(client)
