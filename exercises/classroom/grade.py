"""Grade a class: find the submissions, judge each by stock nbval, keep every result as it comes."""

import hashlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import xml.etree.ElementTree as ET
from dataclasses import asdict, dataclass, field
from pathlib import Path

import nbformat
from joblib import Parallel, delayed
from tqdm import tqdm

from exercises.classroom import judging, report, sandbox, transplant

# A cell asks the sandbox at most twice, each time for at most bridge.START_ and QUESTION_SECONDS.
CELL_SECONDS = 60
SUBMISSION_SECONDS = 300
UNJUDGED = "it could not be judged, and whoever grades has been told"
CLUSTER_SECONDS = 20  # for a Dask scheduler to answer
PYTEST = (
    *("-p", "nbval.plugin", "-p", "exercises.classroom.nbval_plugin"),
    *("--nbval", f"--nbval-cell-timeout={CELL_SECONDS}"),
    *("--noconftest", "-c", os.devnull, "--rootdir=.", "-p", "no:cacheprovider"),
    *("-p", "no:unraisableexception", "-p", "no:threadexception"),  # they collect garbage for long
    *("-q", "--color=no", "--junitxml=junit.xml", "-o", "junit_family=xunit1"),
    *("-o", "junit_logging=no"),
)


class GradingError(RuntimeError):
    """Grading cannot go on; the text says why and what to do."""


@dataclass(frozen=True)
class Submission:
    """One file of one student."""

    student: str
    exercise: str
    path: Path


@dataclass
class Result:
    """What came of one submission."""

    student: str
    exercise: str
    file: str
    key: str
    note: str = ""
    rows: list = field(default_factory=list)
    junit: str = ""
    log: str = ""

    @property
    def points(self):
        """The points earned."""
        return sum(row["points"] for row in self.rows)


def find(submitted):
    """Return the submissions below a folder, as ``student[/assignment]/exercise.ipynb``.

    Raises
    ------
    GradingError
        If there is no such folder, or nothing in it.
    """
    submitted = Path(submitted)
    if not submitted.is_dir():
        raise GradingError(f"{submitted} is not a folder; it should hold a folder for each student")
    found = []
    for student in sorted(submitted.iterdir()):
        if student.is_symlink() or not student.is_dir() or student.name.startswith("."):
            continue
        for path in sorted(_notebooks(student)):
            found.append(Submission(student.name, path.stem, path))
    if not found:
        raise GradingError(
            f"{submitted} holds no submission; they are looked for as STUDENT/EXERCISE.ipynb or "
            "STUDENT/ASSIGNMENT/EXERCISE.ipynb"
        )
    return found


def _notebooks(student):
    for path in student.iterdir():
        if path.name.startswith("."):
            continue
        if path.suffix == ".ipynb":
            yield path
        elif path.is_dir() and not path.is_symlink():
            for inner in path.iterdir():
                if inner.suffix == ".ipynb" and not inner.name.startswith("."):
                    yield inner


def judge(data, exercise, sandboxed):
    """Judge one submission.

    Parameters
    ----------
    data : bytes
        The notebook as it was handed in.
    exercise : transplant.Exercise
    sandboxed : bool

    Returns
    -------
    dict
        `rows` of the gradebook (without student and exercise), `note`, `junit` and `log`; and an
        empty `key` if the machine failed to judge an answer.
    """
    try:
        pieces = transplant.answers(exercise, transplant.cells_of(data))
    except transplant.UnreadableError as error:
        return unreadable(exercise, error)
    notebook, answers = transplant.pristine(exercise, pieces, sandbox.choose(without=not sandboxed))
    with tempfile.TemporaryDirectory(prefix="judge-") as folder:
        folder = Path(folder)
        nbformat.write(notebook, folder / f"{exercise.name}.ipynb")
        (folder / "answers.json").write_text(answers)
        warm_pytest(folder, [*PYTEST, f"{exercise.name}.ipynb"])
        junit, log = folder / "junit.xml", folder / "pytest.log"
        verdicts = read_junit(junit) if junit.exists() else {}
        rows = [row(q, pieces[q.grade_id], verdicts.get(q.grade_id)) for q in exercise.questions]
        result = {
            "rows": rows,
            "note": "",
            "junit": junit.read_text() if junit.exists() else "",
            "log": log.read_text(errors="replace")[-100_000:] if log.exists() else "",
        }
        if lost := unjudged(rows):
            result["note"] = f"{', '.join(lost)} could not be judged; the log says why. Grade again"
            result["key"] = ""  # so that the next run judges it anew
        return result


def unjudged(rows):
    """Return the grade_ids of the answers that the machine failed to judge."""
    return [row["grade_id"] for row in rows if row["message"] == UNJUDGED]


def unreadable(exercise, error):
    """Return what `judge` returns for a file that is no notebook."""
    rows = []
    for q in exercise.questions:
        rows.append(row(q, [], None) | {"message": f"your file could not be read: {error}"})
    return {"rows": rows, "note": str(error), "junit": "", "log": ""}


def row(question, pieces, verdict):
    """Return one row of the gradebook, with the message and the answer for the feedback page."""
    if question.manual:
        status, mistake = ("manual" if pieces else "missing"), ""
        message = "a person reads this answer" if pieces else "nothing is written here yet"
    elif not pieces:
        status, mistake = "missing", ""
        message = (
            f"its cell ({question.answer}) holds no answer: write it where it says YOUR CODE HERE"
        )
    elif verdict is None:
        status, mistake, message = "crashed", "", UNJUDGED
    else:
        status, mistake, message = verdict["status"], verdict["mistake"], verdict["message"]
    return {
        "grade_id": question.grade_id,
        "points": question.points if status == "passed" else 0.0,
        "max_points": question.points,
        "status": status,
        "mistake": mistake,
        "message": message,
        "answer": "\n\n".join(pieces)[:20_000],
    }


def read_junit(path):
    """Return {grade_id: verdict} of the judging cells in a JUnit file.

    Only a cell that nbval calls passed has passed, whatever its properties say.
    """
    verdicts = {}
    for case in ET.parse(path).iter("testcase"):
        properties = {p.get("name"): p.get("value") for p in case.iter("property")}
        if not any(case.find(kind) is not None for kind in ("failure", "error", "skipped")):
            verdict = {"status": "passed", "mistake": "", "message": "right."}
        elif properties.get("status") in set(judging.STATUSES) - {"passed", "manual"}:
            verdict = {key: properties.get(key, "") for key in ("status", "mistake", "message")}
        else:
            verdict = {"status": "crashed", "mistake": "", "message": UNJUDGED}
        if properties.get("grade_id"):
            verdicts[properties["grade_id"]] = verdict
    return verdicts


_local = threading.local()


def warm_pytest(folder, arguments):
    """Run pytest in `folder`, forked from this thread's warm one, unless it takes far too long."""
    server = getattr(_local, "server", None)
    if server is None or server.poll() is not None:
        server = _local.server = _start_warm()
    server.stdin.write(json.dumps([str(folder), *arguments]) + "\n")
    server.stdin.flush()
    ready, _, _ = select.select([server.stdout], [], [], SUBMISSION_SECONDS)
    if not (ready and server.stdout.readline()):
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        _local.server = None


def _start_warm():
    folder = tempfile.mkdtemp(prefix="warm-")
    environment = {
        **os.environ,
        "PYTHONPATH": str(sandbox.ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "",
        "IPYTHONDIR": f"{folder}/ipython",
        "OPENBLAS_NUM_THREADS": "1",
        "TQDM_DISABLE": "1",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "exercises.classroom.warm", folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=sandbox.ROOT,
        env=environment,
        start_new_session=True,
    )
    _warm.append((server, folder))
    return server


_warm = []


def cool_down():
    """End the warm interpreters of this process."""
    while _warm:
        server, folder = _warm.pop()
        with server:  # closes its pipes and waits for its end
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


def fingerprint(data, exercise, sandboxed):
    """Return what a result depends on: the submission, the source notebook and the tools."""
    parts = [data, nbformat.writes(exercise.notebook).encode(), str(sandboxed).encode()]
    for path in sorted(Path(__file__).parent.glob("*.py")):
        parts.append(path.read_bytes())
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def grade(submitted, to, *, workers=None, cluster=None, sandboxed=True, progress=True):
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
    sandboxed : bool
        False grades with limits alone, and every report says so.

    Returns
    -------
    list of Result
        The result that counts for each student and exercise.

    Raises
    ------
    GradingError, sandbox.NoSandboxError
    """
    if sandboxed and cluster is None and (reason := sandbox.available()):
        raise sandbox.NoSandboxError(f"{reason}. {sandbox.REMEDY}")
    submissions = find(submitted)
    results_folder = Path(to) / "instructor" / "results"
    try:
        results_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GradingError(f"{to} cannot be written: {error.strerror}") from None
    known = {
        path.stem: transplant.load(path.stem)
        for path in sorted(transplant.SOURCES.glob("e*.ipynb"))
    }
    results, waiting = [], []
    for submission in submissions:
        result, data = prepared(submission, known, sandboxed)
        kept = results_folder / f"{name_of(submission)}.json"
        if data is not None and (before := _read(kept, result.key)):
            results.append(before)
        elif data is None:
            _keep(kept, result)
            results.append(result)
        else:
            waiting.append((submission, kept))

    def jobs():
        for submission, kept in waiting:
            result, data = prepared(submission, known, sandboxed)
            if data is None:  # it went away or changed while others were judged
                result.key = ""
            yield result, kept, data, known.get(submission.exercise), sandboxed

    engine = on_cluster(jobs(), cluster) if cluster else on_threads(jobs(), workers)
    bar = tqdm(
        total=len(submissions), initial=len(results), disable=not progress, unit="submission"
    )
    try:
        for result, kept in engine:
            _keep(kept, result)
            report.write_log(result, Path(to))
            result.junit = result.log = ""  # on disk now; memory is not to grow with the class
            results.append(result)
            bar.update()
            bar.set_postfix_str(f"{result.student} {result.exercise} {result.points:g}")
    except OSError as error:
        raise _unwritable(to, error) from None
    finally:
        bar.close()
        cool_down()
        counting = that_count(results)
        try:
            report.write(counting, Path(to), sandboxed=sandboxed)
        except OSError as error:
            raise _unwritable(to, error) from None
    return counting


def _unwritable(to, error):
    return GradingError(
        f"{to} cannot be written any more: {error.strerror}. What was graded is kept; put that "
        "right and run the same command again"
    )


def prepared(submission, known, sandboxed):
    """Return an empty Result and the submission's bytes, or None if nothing is to be judged."""
    result = Result(submission.student, submission.exercise, submission.path.name, "")
    exercise = known.get(submission.exercise)
    if exercise is None:
        result.note = "there is no exercise of this name"
        return result, None
    try:
        data = transplant.read_bytes(submission.path)
    except transplant.UnreadableError as error:
        vars(result).update(unreadable(exercise, error))
        return result, None
    result.key = fingerprint(data, exercise, sandboxed)
    return result, data


def judge_into(result, kept, data, exercise, sandboxed):
    """Fill in a result: what runs on a thread, or on a worker of a cluster."""
    if data is not None:
        if sandboxed and (reason := sandbox.available()):
            raise sandbox.NoSandboxError(f"{reason}. {sandbox.REMEDY}")
        vars(result).update(judge(data, exercise, sandboxed))
    return result, kept


def on_threads(jobs, workers):
    """Yield results as they come; a thread only waits for its own warm interpreter."""
    # A kernel that starts waits for messages a third of its time, so cores have time for more.
    parallel = Parallel(
        n_jobs=workers or round(1.5 * os.cpu_count()),
        backend="threading",
        return_as="generator_unordered",
    )
    yield from parallel(delayed(judge_into)(*job) for job in jobs)


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
            running.add(client.submit(judge_into, *job, pure=False, retries=3))
            if running.count() >= slots:
                yield next(running).result()
        for future in running:
            yield future.result()


def that_count(results):
    """Return one result for each student and exercise: of several, the one with most points."""
    best = {}
    for result in sorted(results, key=lambda r: (r.student, r.exercise, -r.points, r.key)):
        best.setdefault((result.student, result.exercise), result)
    return list(best.values())


def name_of(submission):
    """Return a file name for a submission's result that no name of a student can lead astray."""
    path = "/".join(submission.path.parts[-3:])
    return hashlib.sha256(path.encode(errors="surrogateescape")).hexdigest()[:24]


def _keep(path, result):
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(result)), errors="replace")
    part.replace(path)


def _read(path, key):
    try:
        result = Result(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    result.junit = result.log = ""
    return result if result.key == key else None
