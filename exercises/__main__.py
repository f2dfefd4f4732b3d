"""``python -m exercises VERB …``: release, grade, report, solutions, export, similar, copies."""

import argparse
import sys
from pathlib import Path


def parser():
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog="python -m exercises", description=__doc__)
    verbs = top.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("release", help="write the student edition, as a folder and a zip file")
    verb.add_argument("folder", type=Path, metavar="DIR")
    verb = verbs.add_parser("grade", help="grade STUDENT/EXERCISE.ipynb files through nbval")
    verb.add_argument("submitted", type=Path, metavar="SUBMITTED")
    verb.add_argument(
        "--to", type=Path, required=True, metavar="DIR", help="where results are kept"
    )
    where = verb.add_mutually_exclusive_group()
    where.add_argument("--workers", type=positive, metavar="N", help="judged at once")
    where.add_argument("--cluster", metavar="ADDRESS", help="of a Dask scheduler")
    verb.add_argument(
        "--without-sandbox",
        action="store_true",
        help="trust the students: limits alone hold answers",
    )
    verb.add_argument(
        "--although-one-works", action="store_true", help="with --without-sandbox: yes, really"
    )
    verb = verbs.add_parser("report", help="which question and which mistake cost the class most")
    verb.add_argument("folder", type=Path, metavar="DIR", help="the --to of an earlier grade")
    verb = verbs.add_parser("solutions", help="write notebooks for after the deadline")
    verb.add_argument("folder", type=Path, metavar="DIR")
    verb.add_argument(
        "--graded", type=Path, metavar="DIR", help="the --to of an earlier grade: who made what"
    )
    verb = verbs.add_parser("export", help="marks for a learning platform, or the grader for one")
    verb.add_argument("folder", type=Path, metavar="DIR", help="the --to of an earlier grade")
    to = verb.add_mutually_exclusive_group(required=True)
    for platform in ("canvas", "moodle", "blackboard"):
        to.add_argument(f"--{platform}", metavar="ROSTER", help="its gradebook, to be filled in")
    for system in ("gradescope", "prairielearn"):
        to.add_argument(f"--{system}", metavar="EXERCISE", help="pack the grader of one exercise")
    verb.add_argument("--exercise", nargs="+", metavar="EXERCISE", help="as e04; else all")
    verb.add_argument("--column", help="the roster's column for the points, if not named so")
    verb.add_argument("--key", metavar="COLUMN", help="the roster's column that names students")
    verb = verbs.add_parser("similar", help="pairs whose answers are unusually alike")
    verb.add_argument("submitted", type=Path, metavar="SUBMITTED")
    verbs.add_parser("copies", help="renew the students' copies after a source was changed")
    return top


def positive(text):
    """Return a whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} workers cannot do anything")
    return number


def main(arguments=None):
    """Run one command; returns the exit code: 2 with one sentence if it cannot be done."""
    options = parser().parse_args(arguments)
    try:
        return VERBS[options.verb](options) or 0
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    except (OSError, ValueError, RuntimeError) as error:
        print(f"exercises {options.verb}: {error}", file=sys.stderr)
        return 2


def _release(options):
    from exercises.classroom import release

    archive = release.release(options.folder)
    print(f"student edition: {options.folder} and {archive}")


def _copies(options):
    from exercises.classroom import release

    release.write_copies(release.EXERCISES)


def _solutions(options):
    from exercises.classroom import solutions

    _needs_gradebook(options.graded)
    written = solutions.write(options.folder, options.graded)
    print(f"{len(written)} notebooks with solutions and what each mistake was: {options.folder}")


def _grade(options):
    from exercises.classroom import grade, sandbox
    from exercises.classroom.marks import WITHOUT_SANDBOX

    if options.without_sandbox and sandbox.available() is None and not options.although_one_works:
        raise ValueError(
            "a sandbox works here, so there is no need to grade without one. If that is what you "
            "want, add --although-one-works"
        )
    if options.cluster and not options.without_sandbox:
        backend = "bubblewrap"  # each worker has it, or says that it has not
    else:
        backend = sandbox.choose(options.without_sandbox)
    for sentence in sandbox.holds(backend):
        print(sentence)
    results = grade.grade(
        options.submitted,
        options.to,
        workers=options.workers,
        cluster=options.cluster,
        backend=backend,
    )
    if options.without_sandbox:
        print(f"NOTE: {WITHOUT_SANDBOX}")
    for result in results:
        if result.note:
            print(f"{result.file}: {result.note}")
    print(f"{len(results)} submissions graded; see {options.to}/gradebook.csv and summary.csv")
    if lost := sum(len(result.unjudged) for result in results):
        print(
            f"answers that could not be judged: {lost}; see the logs in "
            f"{options.to}/instructor, and run the same command again",
            file=sys.stderr,
        )
        return 1


def _report(options):
    from exercises.classroom import items

    _needs_gradebook(options.folder)
    print(items.write_statistics(options.folder))


def _needs_gradebook(folder):
    if folder is not None and not (folder / "gradebook.json").exists():
        raise ValueError(f"{folder} holds no gradebook; grade into it first")


def _export(options):
    from exercises.classroom.export import grades, packing

    for system in ("gradescope", "prairielearn"):
        if exercise := getattr(options, system):
            if options.exercise or options.column or options.key:
                raise ValueError(
                    f"--{system} names its exercise; the other options are for rosters"
                )
            print(f"written: {getattr(packing, system)(options.folder, exercise)}")
            return
    platform = next(name for name in grades.PLATFORMS if getattr(options, name))
    report = grades.export(
        options.folder,
        platform,
        getattr(options, platform),
        options.exercise,
        options.column,
        options.key,
    )
    for line in [*report.remarks, *(f"written: {path}" for path in report.files)]:
        print(line)


def _similar(options):
    from exercises.classroom import similar

    print(similar.report(options.submitted))


VERBS = {
    "release": _release,
    "copies": _copies,
    "grade": _grade,
    "report": _report,
    "solutions": _solutions,
    "export": _export,
    "similar": _similar,
}

if __name__ == "__main__":
    sys.exit(main())
