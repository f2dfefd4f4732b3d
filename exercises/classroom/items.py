"""What cost a class most: points lost for each question, and the mistakes behind them."""

import json
from collections import Counter
from pathlib import Path

from exercises.classroom.report import write_csv


def statistics(to):
    """Read a gradebook; return what each question cost the class, dearest first.

    Returns
    -------
    list of dict
        `exercise`, `grade_id`, `students`, `lost` (points, by all), `share` (of the points that
        could be had), `hints` (that were opened and kept), and `mistakes`, a Counter of names. What
        a person reads is left out.
    """
    content = json.loads((Path(to) / "gradebook.json").read_text(encoding="utf-8"))
    items = {}
    for row in content["rows"]:
        if row["status"] == "manual" or not row["max_points"]:
            continue
        empty = {"students": 0, "lost": 0.0, "most": 0.0, "hints": 0, "mistakes": Counter()}
        item = items.setdefault((row["exercise"], row["grade_id"]), empty)
        item["students"] += 1
        item["lost"] += row["max_points"] - row["points"]
        item["most"] += row["max_points"]
        item["hints"] += row["hints"]
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
    columns = ("exercise", "grade_id", "students", "lost", "share", "hints", "mistakes")
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
