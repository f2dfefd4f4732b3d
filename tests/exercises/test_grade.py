"""A class, graded by stock nbval through the command line."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from exercises import __main__ as command
from exercises.classroom import grade, judge, report, sandbox, submissions, transplant
from exercises.classroom.marks import Result, Status, Verdict, mark

from .hostile import ALL, FIRST, RIGHT, TRICKS, WRONG
from .tools import E04, copy, data, exercise, solved, written

needs_sandbox = pytest.mark.skipif(
    sandbox.available() is not None, reason=f"no sandbox: {sandbox.available()}"
)
DROPPED = (
    "def epoch_batches(order, B):\n"
    "    return [order[k * B : (k + 1) * B] for k in range(len(order) // B)]"
)
BOB = 'Bob O\'Neil "<b>x"'
CLASS = {
    "Ada": data(solved()),
    "all stubs": data(copy()),
    BOB: data(written({**RIGHT, "epoch_batches": DROPPED})),
    "crash": data(written({**RIGHT, FIRST: f"{RIGHT[FIRST]}\n\nimport os\nos._exit(0)"})),
    "garbage": TRICKS["garbage_replies"].around(WRONG),
    "half": data(written({FIRST: RIGHT[FIRST]})),
    "nul": TRICKS["nul_and_surrogates"].around(RIGHT),
    "patch": TRICKS["builtins_patched"].around(WRONG),
    "truncated": data(solved())[:2000],
}


def hand_in(folder, submissions, name=E04):
    for student, content in submissions.items():
        (folder / student).mkdir(parents=True)
        (folder / student / f"{name}.ipynb").write_bytes(content)


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class with odd members, graded once; (submitted, to)."""
    folder = tmp_path_factory.mktemp("class with spaces")
    submitted, to = folder / "submitted", folder / "to"
    hand_in(submitted, CLASS)
    hand_in(submitted, {"unknown": data(solved())}, "e99_nothing")
    (submitted / "nested" / "homework").mkdir(parents=True)
    (submitted / "nested" / "homework" / f"{E04}.ipynb").write_bytes(CLASS["Ada"])
    (submitted / "linked").mkdir()
    (submitted / "linked" / f"{E04}.ipynb").symlink_to(submitted / "Ada" / f"{E04}.ipynb")
    (submitted / "twice" / "second").mkdir(parents=True)
    (submitted / "twice" / f"{E04}.ipynb").write_bytes(data(copy()))
    (submitted / "twice" / "second" / f"{E04}.ipynb").write_bytes(CLASS["half"])
    assert command.main(["grade", str(submitted), "--to", str(to), "--workers", "2"]) == 0
    return submitted, to


@needs_sandbox
class TestClass:
    def rows(self, graded, student):
        return {
            r["grade_id"]: r
            for r in table(graded[1] / "gradebook.csv")
            if r["student"] == student and r["grade_id"] in (*ALL, "")
        }

    def test_gradebook_has_its_columns_and_a_row_for_each_question(self, graded):
        rows = table(graded[1] / "gradebook.csv")
        assert tuple(rows[0]) == report.COLUMNS
        assert len(rows) == (len(CLASS) + 3) * len(exercise().questions) + 1

    def test_right_answers_earn_all_points_wherever_they_lie(self, graded):
        for student in ("Ada", "nested", "nul"):
            assert {r["status"] for r in self.rows(graded, student).values()} == {"passed"}

    def test_stubs_are_missing_and_the_page_says_where_to_write(self, graded):
        assert {r["status"] for r in self.rows(graded, "all stubs").values()} == {"missing"}
        page = (graded[1] / "feedback" / "all stubs" / f"{E04}.html").read_text()
        assert page.count("write it where it says YOUR CODE HERE") == len(ALL)

    def test_known_mistake_is_named_and_costs_its_question_alone(self, graded):
        rows = self.rows(graded, BOB)
        assert rows["epoch_batches"]["mistake"] == "dropped_the_short_batch"
        assert {g: r["points"] for g, r in rows.items() if r["points"] == "0"} == {
            "epoch_batches": "0"
        }

    def test_crash_costs_its_question_alone(self, graded):
        rows = self.rows(graded, "crash")
        assert rows.pop(FIRST)["status"] == "crashed"
        assert {r["status"] for r in rows.values()} == {"passed"}

    def test_tricks_and_broken_files_earn_nothing(self, graded):
        for student in ("garbage", "patch", "truncated", "linked", "unknown"):
            rows = self.rows(graded, student).values()
            assert rows
            assert {r["points"] for r in rows} == {"0"}

    def test_better_of_two_files_counts(self, graded):
        rows = self.rows(graded, "twice")
        assert [g for g, r in rows.items() if r["status"] == "passed"] == [FIRST]

    def test_unknown_exercise_is_said(self, graded):
        (row,) = self.rows(graded, "unknown").values()
        assert (row["exercise"], row["mistake"]) == ("e99_nothing", "unknown_exercise")

    def test_summary_adds_up(self, graded):
        totals = {r["student"]: r["points"] for r in table(graded[1] / "summary.csv")}
        assert totals["Ada"] == "9"
        assert totals["half"] == "2"
        assert totals[BOB] == "6"
        assert totals["truncated"] == "0"

    def test_feedback_shows_no_check_no_expected_value_and_runs_nothing(self, graded):
        for path in (graded[1] / "feedback").rglob("*.html"):
            text = path.read_text()
            assert "default-src 'none'" in text
            assert "<script" not in text.lower()
            assert "<b>" not in text
            for secret in ("judge(", "HIDDEN", "def right"):
                assert secret not in text

    def test_junit_carries_grade_id_points_and_mistake(self, graded):
        path = graded[1] / "instructor" / "junit" / report.safe(BOB) / f"{E04}.xml"
        text = path.read_text()
        for name, value in {
            "grade_id": "epoch_batches",
            "points": "3.0",
            "mistake": "dropped_the_short_batch",
            "status": "failed",
        }.items():
            assert f'<property name="{name}" value="{value}"' in text

    def test_grading_again_judges_nothing_anew_and_gives_the_same(self, graded, monkeypatch):
        submitted, to = graded
        before = (to / "gradebook.csv").read_text()
        monkeypatch.setattr(judge, "judge", lambda *a: pytest.fail("judged again"))
        grade.grade(submitted, to, progress=False)
        assert (to / "gradebook.csv").read_text() == before

    def test_report_says_what_cost_most(self, graded, capsys):
        assert command.main(["report", str(graded[1])]) == 0
        said = capsys.readouterr().out
        assert "dropped_the_short_batch 1" in said
        assert (graded[1] / "items.png").stat().st_size > 1000
        items = table(graded[1] / "items.csv")
        assert items[0]["grade_id"] == "epoch_batches"
        assert [float(i["lost"]) for i in items] == sorted(
            (float(i["lost"]) for i in items), reverse=True
        )

    def test_no_process_is_left_after_grading(self, graded):
        mine = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True).stdout
        left = [line for line in mine.splitlines() if line.split()[0] == str(os.getpid())]
        assert not [line for line in left if "classroom.warm" in line or "bwrap" in line]


def quick_judge(submission, content, exercise, backend, log=""):
    """A judge for tests of what is around judging: an answer that is there is right."""
    pieces = transplant.answers(exercise, submissions.cells_of(content))
    right = Verdict.of(Status.PASSED)
    marks = []
    for question in exercise.questions:
        written = pieces[question.grade_id]
        marks.append(mark(question, written, right if written else None))
    return Result(submission.student, exercise.name, submission.where, tuple(marks), log=log)


def test_stopped_run_goes_on_and_loses_nothing(tmp_path, monkeypatch):
    hand_in(tmp_path / "in", {"a": CLASS["half"], "b": CLASS["half"], "c": CLASS["all stubs"]})
    judged = []

    def stops_at_the_second(*arguments):
        judged.append(1)
        if len(judged) == 2:
            raise KeyboardInterrupt
        return quick_judge(*arguments)

    monkeypatch.setattr(sandbox, "choose", lambda without=False: "bubblewrap")
    monkeypatch.setattr(judge, "judge", stops_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        grade.grade(tmp_path / "in", tmp_path / "to", workers=1, progress=False)
    assert len({r["student"] for r in table(tmp_path / "to" / "gradebook.csv")}) == 1
    grade.grade(tmp_path / "in", tmp_path / "to", workers=1, progress=False)
    assert len(judged) == 4, "one before the stop, one stopped, two after it"
    rows = table(tmp_path / "to" / "gradebook.csv")
    assert {r["student"] for r in rows} == {"a", "b", "c"}
    assert sum(float(r["points"]) for r in rows) == 4


@needs_sandbox
def test_machine_that_fails_is_not_the_students_fault(tmp_path, monkeypatch, capsys):
    hand_in(tmp_path / "in", {"a": CLASS["half"], "b": CLASS["all stubs"]})
    arguments = ["grade", str(tmp_path / "in"), "--to", str(tmp_path / "to"), "--workers", "1"]
    pristine = transplant.pristine

    def without_processes(*arguments):
        notebook, answers = pristine(*arguments)
        notebook.cells[0].source += (
            "\n\nimport subprocess\nfrom exercises.classroom import sandbox\n"
            "def start(_):\n    raise OSError('no process can be had')\nsandbox.start = start"
        )
        return notebook, answers

    with monkeypatch.context() as broken:
        broken.setattr(transplant, "pristine", without_processes)
        assert command.main(arguments) == 1
    said = capsys.readouterr()
    assert f"a/{E04}.ipynb: mean_gradient could not be judged" in said.out
    assert "answers that could not be judged: 1" in said.err
    log = (tmp_path / "to" / "instructor" / "junit" / "a" / f"{E04}.log").read_text()
    assert "no process can be had" in log
    assert sum(float(r["points"]) for r in table(tmp_path / "to" / "gradebook.csv")) == 0
    assert command.main(arguments) == 0, "the same command judges them"
    assert sum(float(r["points"]) for r in table(tmp_path / "to" / "gradebook.csv")) == 2


@needs_sandbox
def test_what_the_machine_failed_to_judge_is_judged_once_more_at_once(tmp_path, monkeypatch):
    run, runs = judge.Warm.run, []

    def fails_at_first(warm, folder, arguments):
        runs.append(folder)
        if len(runs) > 1:
            run(warm, folder, arguments)

    monkeypatch.setattr(judge.Warm, "run", fails_at_first)
    hand_in(tmp_path / "in", {"a": CLASS["half"]})
    (result,) = grade.grade(tmp_path / "in", tmp_path / "to", progress=False)
    assert (result.points, result.unjudged) == (2, [])


@needs_sandbox
def test_kernel_that_is_killed_is_not_the_students_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(judge.Warm, "run", lambda *arguments: None)
    hand_in(tmp_path / "in", {"a": CLASS["half"]})
    (result,) = grade.grade(tmp_path / "in", tmp_path / "to", progress=False)
    assert result.unjudged == ["mean_gradient"]
    assert "could not be judged" in result.note
    assert not list((tmp_path / "to" / "instructor" / "results").iterdir())


def test_changed_submission_is_judged_again(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "choose", lambda without=False: "bubblewrap")
    monkeypatch.setattr(judge, "judge", quick_judge)
    hand_in(tmp_path / "in", {"a": CLASS["all stubs"]})
    (first,) = grade.grade(tmp_path / "in", tmp_path / "to", progress=False)
    (tmp_path / "in" / "a" / f"{E04}.ipynb").write_bytes(CLASS["half"])
    (second,) = grade.grade(tmp_path / "in", tmp_path / "to", progress=False)
    assert (first.points, second.points) == (0, 2)


def test_memory_holds_no_logs_and_no_submissions(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "choose", lambda without=False: "bubblewrap")
    monkeypatch.setattr(judge, "judge", lambda *a: quick_judge(*a, log="x" * 10_000))
    hand_in(tmp_path / "in", {f"s{i}": CLASS["half"] for i in range(20)})
    results = grade.grade(tmp_path / "in", tmp_path / "to", progress=False)
    assert len(results) == 20
    assert max(len(repr(result)) for result in results) < 4_000


@needs_sandbox
def test_dask_cluster_gives_the_same_marks(tmp_path):
    from dask.distributed import LocalCluster

    hand_in(tmp_path / "in", {"a": CLASS["half"]})
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        results = grade.grade(
            tmp_path / "in", tmp_path / "to", cluster=cluster.scheduler_address, progress=False
        )
    assert {r.student: r.points for r in results} == {"a": 2}


def test_without_a_sandbox_grading_is_refused_with_the_remedy(tmp_path, monkeypatch, capsys):
    hand_in(tmp_path / "in", {"a": CLASS["Ada"]})

    def none(without=False):
        raise sandbox.NoSandboxError(f"the program bwrap is not installed. {sandbox.REMEDY}")

    monkeypatch.setattr(sandbox, "choose", none)
    assert command.main(["grade", str(tmp_path / "in"), "--to", str(tmp_path / "to")]) == 2
    said = capsys.readouterr().err
    assert "bwrap is not installed" in said
    assert "--without-sandbox" in said
    assert not (tmp_path / "to").exists()


@needs_sandbox
def test_where_a_sandbox_works_to_do_without_needs_a_second_word(tmp_path, capsys):
    hand_in(tmp_path / "in", {"a": CLASS["half"]})
    arguments = ["grade", str(tmp_path / "in"), "--to", str(tmp_path / "to"), "--without-sandbox"]
    assert command.main(arguments) == 2
    assert "--although-one-works" in capsys.readouterr().err
    assert not (tmp_path / "to").exists()


@pytest.mark.skipif(not sys.platform.startswith(("linux", "darwin")), reason="needs fork")
def test_grading_without_a_sandbox_works_and_every_report_says_so(tmp_path, capsys):
    hand_in(tmp_path / "in", {"a": CLASS["half"]})
    to = tmp_path / "to"
    arguments = ["grade", str(tmp_path / "in"), "--to", str(to), "--without-sandbox"]
    assert command.main([*arguments, "--although-one-works"]) == 0
    assert "without a sandbox" in capsys.readouterr().out
    assert sum(float(r["points"]) for r in table(to / "gradebook.csv")) == 2
    assert (to / "gradebook.csv").read_text().startswith("# graded without a sandbox")
    command.main(["report", str(to)])
    assert "without a sandbox" in capsys.readouterr().out


@needs_sandbox
def test_results_of_the_two_modes_never_mix(tmp_path):
    hand_in(tmp_path / "in", {"a": CLASS["half"]})
    grade.grade(tmp_path / "in", tmp_path / "to", backend=sandbox.LIMITS, progress=False)
    judged = []
    with pytest.MonkeyPatch.context() as watched:
        watched.setattr(judge, "judge", lambda *a: judged.append(a[-1]) or quick_judge(*a))
        grade.grade(tmp_path / "in", tmp_path / "to", progress=False)
    assert judged == ["bubblewrap"]


def test_neighbours_of_one_name_do_not_take_each_others_result(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "choose", lambda without=False: "bubblewrap")
    monkeypatch.setattr(judge, "judge", quick_judge)
    for group, content in {"one": CLASS["Ada"], "two": CLASS["all stubs"]}.items():
        hand_in(tmp_path / group / "submitted", {"ada": content})
        grade.grade(tmp_path / group / "submitted", tmp_path / "to", progress=False)
    points = table(tmp_path / "to" / "summary.csv")[0]["points"]
    assert points == "0", "the second group's own work"


@pytest.mark.skipif(os.name != "posix", reason="needs names and modes of POSIX")
def test_odd_names_and_closed_folders_cost_nobody_a_mark(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sandbox, "choose", lambda without=False: "bubblewrap")
    monkeypatch.setattr(judge, "judge", quick_judge)
    hand_in(tmp_path / "in", {"=cmd": CLASS["half"], "closed": CLASS["half"], "zoe": CLASS["half"]})
    for name in (b"\xff\xfe", b"\x1b]0;red\x07", b"a\nb"):
        folder = os.path.join(os.fsencode(tmp_path / "in"), name)
        os.mkdir(folder)
        with open(os.path.join(folder, f"{E04}.ipynb".encode()), "wb") as file:
            file.write(CLASS["half"])
    with open(tmp_path / "in" / "zoe" / "e99_\x1b[2J.ipynb", "wb") as file:
        file.write(b"{}")
    iterdir = Path.iterdir

    def refusing(path):  # as mode 000 does to everybody but root
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return iterdir(path)

    monkeypatch.setattr(submissions.Path, "iterdir", refusing)
    assert command.main(["grade", str(tmp_path / "in"), "--to", str(tmp_path / "to")]) == 0
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err.replace("\x1b[A", "")
    assert "closed: its folder cannot be read: Permission denied" in said.out
    rows = table(tmp_path / "to" / "summary.csv")
    assert {r["student"]: r["points"] for r in rows} == {
        "'=cmd": "2",
        "\\udcff\\udcfe": "2",
        "\\x1b]0;red\\x07": "2",
        "a\\nb": "2",
        "closed": "0",
        "zoe": "2",
    }


def test_folders_of_a_killed_grader_are_cleared(monkeypatch, tmp_path):
    monkeypatch.setattr(grade.temporary.tempfile, "tempdir", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f"{grade.temporary.PREFIX}-{dead.pid}-judge-abc"
    (left / "deep").mkdir(parents=True)
    mine = grade.temporary.make("judge")
    other = tmp_path / "somebody-elses"
    other.mkdir()
    grade.temporary.clear()
    assert not left.exists()
    assert mine.exists() and other.exists()


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["grade", "nowhere", "--to", "to"], "nowhere is not a folder"),
        (["grade", "empty", "--to", "to"], "holds no submission"),
        (["grade", "in", "--to", "file/to"], "cannot be written"),
        (["grade", "in", "--to", "to", "--cluster", "tcp://127.0.0.1:9"], "no Dask scheduler"),
        (["report", "empty"], "holds no gradebook"),
        (["release", "in"], "not an empty folder"),
    ],
)
def test_bad_arguments_get_one_sentence_and_exit_code_2(
    arguments, said, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sandbox, "choose", lambda without=False: "bubblewrap")
    monkeypatch.setattr(grade, "CLUSTER_SECONDS", 1)
    hand_in(Path("in"), {"a": CLASS["all stubs"]})
    Path("empty").mkdir()
    Path("file").write_text("")
    assert command.main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_full_disk_is_said_and_what_was_graded_is_kept(tmp_path, monkeypatch):
    hand_in(tmp_path / "in", {"a": CLASS["truncated"], "b": CLASS["all stubs"]})
    monkeypatch.setattr(sandbox, "choose", lambda without=False: "bubblewrap")
    monkeypatch.setattr(judge, "judge", lambda s, data, e, _: judge.unreadable(s, e, "broken"))

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report, "write_log", full)
    with pytest.raises(grade.GradingError, match="No space left on device"):
        grade.grade(tmp_path / "in", tmp_path / "to", workers=1, progress=False)
    kept = list((tmp_path / "to" / "instructor" / "results").glob("*.json"))
    assert kept
    assert all(json.loads(path.read_text()) for path in kept)
