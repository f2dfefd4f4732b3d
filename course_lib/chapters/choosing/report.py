"""A choice as text, as a page of HTML that needs no other file, and as JSON."""

import base64
import json
import math
from html import escape
from textwrap import fill

import numpy as np

from course_lib.chapters.choosing import picture
from course_lib.chapters.choosing.choice import Choice

STYLE = """
:root { color-scheme: light dark; --ground: #fff; --text: #1a1a1a; --rule: #bbb; --mark: #e3eef7 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #161616; --text: #e8e8e8; --rule: #666; --mark: #1d3a4f } }
body { background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif;
  max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
div { overflow-x: auto } img { max-width: 100%; height: auto }
table { border-collapse: collapse } caption { text-align: left; padding-bottom: .5rem }
th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid var(--rule) }
tr.chosen { background: var(--mark); font-weight: bold }
"""
HEADINGS = ("B", "rate", "updates", "examples", "µs an update", "ms to the target", "kB")


def to_text(choice: Choice, notes=()) -> str:
    """Return the table, a picture in characters, and the reasons."""
    reasons = [fill(reason, 90) for reason in (*choice.reasons(), *notes)]
    if not choice.best():
        return "\n".join([*choice.table(), "", *reasons] if choice.trials else reasons)
    drawn = ["", "Time to the target (log scale)", *picture.bars(choice), ""]
    return "\n".join([*choice.table(), *drawn, *reasons])


def to_json(choice: Choice, notes=()) -> str:
    """Return all that was measured; what is infinite or unknown is null."""
    low, high = choice.interval or (None, None)
    trials = [
        {**trial._asdict(), "examples": trial.examples, "seconds": trial.seconds}
        for trial in choice.trials
    ]
    found = {
        "batch_size": choice.batch_size,
        "learning_rate": choice.lr,
        "costs_the_same": {"from": low, "to": high},
        "target": choice.target,
        "stopped": choice.stopped,
        "reasons": [*choice.reasons(), *notes],
        "picture": picture.alternative(choice) if choice.best() else None,
        "trials": [{name: _plain(value) for name, value in trial.items()} for trial in trials],
    }
    return json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)


def to_html(choice: Choice, title: str, notes=()) -> str:
    """Return a page with the decision, the picture, the table and the reasons."""
    first, *others = [*choice.reasons(), *notes]
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p><strong>{escape(first)}</strong></p>",
        _image(choice) if choice.best() else "",
        *(f"<p>{escape(reason)}</p>" for reason in others),
        _table(choice) if choice.trials else "",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(filter(None, body))
        + "\n</main></body></html>\n"
    )


def _image(choice):
    light, dark = (
        "data:image/png;base64," + base64.b64encode(picture.png(choice, dark)).decode()
        for dark in (False, True)
    )
    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" width="{96 * picture.WIDTH:.0f}" '
        f'alt="{escape(picture.alternative(choice))}"></picture>'
    )


def _table(choice):
    rows = []
    for t in choice.trials:
        if np.isfinite(t.updates):
            cells = (
                f"{t.lr:.3g}", f"{t.updates:,.0f}", f"{t.examples:,.0f}",
                f"{1e6 * t.seconds_per_update:,.0f}", f"{1e3 * t.seconds:,.2f}",
                f"{t.peak_bytes / 1e3:,.0f}",
            )  # fmt: skip
            row = "".join(f"<td>{cell}</td>" for cell in cells)
        else:
            row = f'<td colspan="{len(HEADINGS) - 1}">{escape(t.failure)}</td>'
        chosen = ' class="chosen"' if t.batch_size == choice.batch_size else ""
        rows.append(f'<tr{chosen}><th scope="row">{t.batch_size:,}</th>{row}</tr>')
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in HEADINGS)
    return (
        "<div><table><caption>What was measured at each batch size; the chosen one is marked."
        f"</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _plain(value):
    return None if isinstance(value, float) and not math.isfinite(value) else value
