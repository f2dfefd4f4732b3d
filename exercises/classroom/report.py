"""What comes out of grading: gradebook, summary, feedback pages, and what cost the class most."""

import csv
import html
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

COLUMNS = ("student", "exercise", "grade_id", "points", "max_points", "status", "mistake")
WITHOUT_SANDBOX = (
    "graded without a sandbox: the answers ran with limits on memory and time alone, and could "
    "read files, use the network and tamper with marks"
)
STATUS_WORDS = {
    "passed": "right",
    "failed": "not right yet",
    "missing": "not written",
    "crashed": "stopped by itself",
    "timed_out": "took too long",
    "manual": "read by a person",
}
# No script, no picture from elsewhere, no link: a page can only be read.
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body {{ font: 1rem/1.5 sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }}
section {{ border-left: .4rem solid #56B4E9; padding-left: 1rem; margin: 1.5rem 0; }}
section.passed {{ border-color: #009E73; }}
section.failed, section.crashed, section.timed_out {{ border-color: #D55E00; }}
pre {{ background: #f4f4f4; padding: .6rem; overflow-x: auto; white-space: pre-wrap; }}
</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


def write(results, to, *, sandboxed=True):
    """Write gradebook (CSV and JSON), summary, feedback pages and item statistics into `to`."""
    rows = [
        {"student": r.student, "exercise": r.exercise, **row}
        for r in results
        for row in r.rows or [unknown(r)]
    ]
    note = "" if sandboxed else WITHOUT_SANDBOX
    write_csv(to / "gradebook.csv", COLUMNS, rows, note)
    plain = [{column: row[column] for column in COLUMNS} for row in rows]
    _write(to / "gradebook.json", json.dumps({"note": note, "rows": plain}, indent=1) + "\n")
    write_summary(results, to / "summary.csv", note)
    for result in results:
        folder = to / "feedback" / result.student
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / f"{safe(result.exercise)}.html", page(result))


def unknown(result):
    """Return the gradebook's row of a file that belongs to no exercise."""
    names = {"student": result.student, "exercise": result.exercise, "grade_id": ""}
    points = {"points": 0.0, "max_points": 0.0}
    return {**names, **points, "status": "missing", "mistake": "unknown_exercise"}


def write_csv(path, columns, rows, note=""):
    """Write rows as CSV; a note becomes a first line that starts with ``#``."""
    part = path.with_name(path.name + ".part")
    with part.open("w", newline="", encoding="utf-8", errors="replace") as file:
        if note:
            file.write(f"# {note}\n")
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: f"{v:g}" if isinstance(v, float) else v for k, v in row.items()})
    part.replace(path)


def write_summary(results, path, note=""):
    """Write one row a student: points in each exercise, in all, and what waits for a person."""
    exercises = sorted({r.exercise for r in results if r.rows})
    totals = defaultdict(lambda: {"points": 0.0, "max_points": 0.0, "to_read": 0.0})
    for result in results:
        row = totals[result.student]
        row["student"] = result.student
        if result.rows:
            row[result.exercise] = result.points
        row["points"] += result.points
        row["max_points"] += sum(r["max_points"] for r in result.rows)
        row["to_read"] += sum(r["max_points"] for r in result.rows if r["status"] == "manual")
    columns = ("student", *exercises, "points", "max_points", "to_read")
    write_csv(path, columns, [totals[student] for student in sorted(totals)], note)


def page(result):
    """Return the feedback page of one submission: its points, what to think about, its own text."""
    parts = []
    for row in result.rows:
        parts.append(
            f'<section class="{row["status"]}"><h2>{html.escape(row["grade_id"])}: '
            f"{STATUS_WORDS[row['status']]}, {row['points']:g} of {row['max_points']:g} points</h2>"
            f"<p>{html.escape(row['message'])}</p>\n"
            f"<pre>{html.escape(row['answer'])}</pre></section>"
        )
    total, most = result.points, sum(row["max_points"] for row in result.rows)
    head = f"<p>{html.escape(result.student)}: {total:g} of {most:g} points.</p>"
    if result.note:
        head += f"<p>{html.escape(result.file)}: {html.escape(result.note)}.</p>"
    return PAGE.format(title=html.escape(result.exercise), body="\n".join([head, *parts]))


def write_log(result, to):
    """Write what only the instructor sees of one submission: nbval's JUnit file and log."""
    folder = to / "instructor" / "junit" / result.student
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / f"{safe(result.exercise)}.xml", result.junit)
    _write(folder / f"{safe(result.exercise)}.log", result.log)


def safe(name):
    """Return a file name without anything that a shell or a browser would stumble over."""
    return re.sub(r"[^\w.-]", "_", name)[:100]


def _write(path, text):
    path.write_text(text, encoding="utf-8", errors="replace")


def statistics(to):
    """Read a gradebook; return what each question cost the class, dearest first.

    Returns
    -------
    list of dict
        `exercise`, `grade_id`, `students`, `lost` (points, by all), `share` (of the points that
        could be had), and `mistakes`, a Counter of names. What a person reads is left out.
    """
    content = json.loads((Path(to) / "gradebook.json").read_text(encoding="utf-8"))
    items = {}
    for row in content["rows"]:
        if not row["grade_id"] or row["status"] == "manual":
            continue
        empty = {"students": 0, "lost": 0.0, "most": 0.0, "mistakes": Counter()}
        item = items.setdefault((row["exercise"], row["grade_id"]), empty)
        item["students"] += 1
        item["lost"] += row["max_points"] - row["points"]
        item["most"] += row["max_points"]
        if row["status"] != "passed":
            item["mistakes"][row["mistake"] or row["status"]] += 1
    table = [
        {"exercise": e, "grade_id": g, "share": item["lost"] / item["most"], **item}
        for (e, g), item in items.items()
    ]
    return content["note"], sorted(table, key=lambda i: (-i["lost"], i["exercise"], i["grade_id"]))


def write_statistics(to):
    """Write items.csv and items.png beside the gradebook; return the text to print."""
    note, table = statistics(to)
    rows = []
    for item in table:
        mistakes = "; ".join(f"{name} {n}" for name, n in item["mistakes"].most_common())
        rows.append(item | {"mistakes": mistakes})
    columns = ("exercise", "grade_id", "students", "lost", "share", "mistakes")
    write_csv(Path(to) / "items.csv", columns, rows, note)
    draw(table, Path(to) / "items.png")
    lines = [f"NOTE: {note}"] if note else []
    lines.append("Points lost by the class, dearest question first:")
    for row in rows[:15]:
        lines.append(
            f"{row['lost']:7.4g}  {row['share']:4.0%}  {row['exercise']}/{row['grade_id']}"
            f"  {row['mistakes']}"
        )
    return "\n".join(lines)


def draw(table, path):
    """Draw the points lost for each question, each bar parted by mistake."""
    from matplotlib.figure import Figure

    table = [item for item in table if item["lost"]][:20]
    figure = Figure(figsize=(9, 1.5 + 0.4 * len(table)), layout="constrained")
    ax = figure.subplots()
    shades = ("#56B4E9", "#E69F00", "#CC79A7", "#F0E442", "#BBBBBB")  # dark text is legible on each
    most = max((item["lost"] for item in table), default=1.0)
    for height, item in enumerate(table):
        left, wrong = 0.0, sum(item["mistakes"].values())
        for k, (name, n) in enumerate(item["mistakes"].most_common()):
            width = item["lost"] * n / wrong
            ax.barh(height, width, left=left, color=shades[min(k, 4)], edgecolor="white")
            if width > 0.01 * most * len(name):  # else the name would run into its neighbour
                ax.text(left, height, f" {name.replace('_', ' ')}", va="center", fontsize=8)
            left += width
    ax.set_yticks(range(len(table)), [f"{i['exercise'][:3]} {i['grade_id']}" for i in table])
    ax.invert_yaxis()
    ax.set(xlabel="points lost by the class", title="Which question, and which mistake, cost most")
    figure.savefig(path, dpi=150)
