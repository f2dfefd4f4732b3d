"""Grade a class: judge every submission, in parallel, and keep each result as it comes."""

import os
from pathlib import Path

from joblib import Parallel, delayed
from tqdm import tqdm

from exercises.classroom import judge, report, sandbox, source, submissions, temporary, warm
from exercises.classroom.kept import Kept, fingerprint
from exercises.classroom.marks import UNKNOWN_EXERCISE

CLUSTER_SECONDS = 20  # for a Dask scheduler to answer


class GradingError(RuntimeError):
    """Grading cannot go on; the text says why and what to do."""


def grade(submitted, to, *, workers=None, cluster=None, backend=None, progress=True):
    """Grade every submission below `submitted`; write gradebook, summary and feedback to `to`.

    Results are kept under ``to/instructor/results`` as they come, so that a run that was stopped
    goes on where it was, and a submission that did not change is not judged again.

    Parameters
    ----------
    submitted, to : path-like
    workers : int, optional
        How many submissions are judged at once; by default three for every two cores.
    cluster : str, optional
        Address of a Dask scheduler whose workers have the same course installed.
    backend : str, optional
        Which sandbox holds the answers; by default the best that works here.
    progress : bool

    Returns
    -------
    list of Result
        The result that counts for each student and exercise.

    Raises
    ------
    GradingError, submissions.NoSubmissionsError, sandbox.NoSandboxError
    """
    backend = backend or sandbox.choose()
    found = submissions.find(submitted)
    to = Path(to)
    try:
        kept = Kept(to / "instructor" / "results")
    except OSError as error:
        raise GradingError(f"{to} cannot be written: {error.strerror}") from None
    temporary.clear()
    known = {path.stem: source.load(path.stem) for path in source.paths()}
    results, waiting = [], []
    for submission in found:
        result = _without_judging(submission, known, backend, kept)
        (waiting if result is None else results).append(result or submission)
    jobs = (_job(submission, known, backend) for submission in waiting)
    engine = on_cluster(jobs, cluster) if cluster else on_threads(jobs, workers)
    bar = tqdm(total=len(found), initial=len(results), disable=not progress, unit="submission")
    try:
        for submission, key, result in engine:
            if key:
                kept.keep(submission, key, result)
            results.append(report.write_log(result, to))
            bar.update()
            bar.set_postfix_str(f"{result.student} {result.exercise} {result.points:g}")
    except OSError as error:
        raise _unwritable(to, error) from None
    finally:
        bar.close()
        warm.close_all()
        counting = that_count(results)
        try:
            report.write(counting, to, backend)
        except OSError as error:
            raise _unwritable(to, error) from None
    return counting


def _unwritable(to, error):
    return GradingError(
        f"{error.filename or to} cannot be written: {error.strerror}. What was graded is kept; put "
        "that right and run the same command again"
    )


def _without_judging(submission, known, backend, kept):
    """Return the result of a submission that need not be judged, or None."""
    exercise = known.get(submission.exercise)
    if exercise is None:
        return judge.unreadable(submission, None, submission.problem or UNKNOWN_EXERCISE)
    try:
        data = submissions.read_bytes(submission)
    except submissions.UnreadableError as error:
        return judge.unreadable(submission, exercise, error)
    return kept.read(submission, fingerprint(data, exercise, backend))


def _job(submission, known, backend):
    """Return the arguments of `judge_one`; a file is read when its turn comes."""
    try:
        data = submissions.read_bytes(submission)
    except submissions.UnreadableError as error:  # it went away while others were judged
        data = error
    return submission, data, known[submission.exercise], backend


def judge_one(submission, data, exercise, backend):
    """Judge a submission, again if the machine failed: what runs on a thread or on a cluster.

    Returns
    -------
    submission, key, result
        With an empty key if the result is not one to keep.
    """
    if isinstance(data, submissions.UnreadableError):
        return submission, "", judge.unreadable(submission, exercise, data)
    result = judge.judge(submission, data, exercise, backend)
    if result.unjudged:
        result = judge.judge(submission, data, exercise, backend)
    return submission, fingerprint(data, exercise, backend), result


def on_threads(jobs, workers):
    """Yield results as they come; a thread only waits for its own warm interpreter."""
    # A kernel that starts waits for messages a third of its time, so cores have time for more.
    parallel = Parallel(
        n_jobs=workers or round(1.5 * os.cpu_count()),
        backend="threading",
        return_as="generator_unordered",
    )
    yield from parallel(delayed(judge_one)(*job) for job in jobs)


def on_cluster(jobs, address):
    """Yield results as they come from a Dask cluster; a dead worker's job goes to another."""
    from dask.distributed import Client, as_completed

    try:
        client = Client(address, timeout=CLUSTER_SECONDS)
    except (OSError, ValueError) as error:
        raise GradingError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        slots = 2 * max(1, sum(client.nthreads().values()))  # the grader holds no more than these
        running = as_completed()
        for job in jobs:
            running.add(client.submit(judge_one, *job, pure=False, retries=3))
            if running.count() >= slots:
                yield next(running).result()
        for future in running:
            yield future.result()


def that_count(results):
    """Return one result for each student and exercise: of several, the one with most points."""
    best = {}
    for result in sorted(results, key=lambda r: (r.student, r.exercise, -r.points, r.file)):
        best.setdefault((result.student, result.exercise), result)
    return list(best.values())
