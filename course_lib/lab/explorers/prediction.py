"""Predict, run, reconcile: a question that keeps its answer until the outcome is known."""

import math
from collections.abc import Sequence
from html import escape
from numbers import Real

from course_lib._checks import check_choice
from course_lib.lab.explorers.front import Front, mimebundle
from course_lib.lab.explorers.words import format_number
from course_lib.plots import LOOKS, image_tag

NOTHING = "no prediction was made"


class Prediction:
    """A question to answer before the outcome is known.

    Parameters
    ----------
    question : str
    unit : str
        What a number counts, as printed behind it: ``"times"``, ``"updates"``, ``"%"``.
    choices : sequence of str, optional
        The possible answers, at least two. Left out, the answer is a number.

    Attributes
    ----------
    value : float, str or None
        The prediction; None until there is one. It can be set by code, too.

    Examples
    --------
    >>> guess = Prediction("How many updates does an epoch of 100 examples have at B = 20?")
    >>> guess.value = 10
    >>> guess.reveal(5)
    How many updates does an epoch of 100 examples have at B = 20?
      predicted: 10 (2 times too large)
      measured:  5
    """

    def __init__(self, question: str, *, unit: str = "", choices: Sequence[str] | None = None):
        self.question = _check_text("question", question)
        self.unit = unit if unit == "" else _check_text("unit", unit)
        self.choices = None if choices is None else _check_choices(choices)
        self._value = None
        self._front = None

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, value):
        self._value = None if value is None else self._check("value", value)
        if self._front is not None:
            self._front.send(self._kept())

    def reveal(self, outcome) -> "Reveal":
        """Return what was asked, what was predicted and what came out, to be shown.

        Parameters
        ----------
        outcome : float or str
            What was measured: a finite number, or one of the choices.
        """
        return Reveal(self, self._check("outcome", outcome))

    def _check(self, name, value):
        if self.choices is not None:
            return check_choice(name, value, self.choices)
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value):
            raise ValueError(f"{name} must be a finite number, not {value!r}")
        return float(value)

    def receive(self, message: dict, send):
        """Keep what the browser sends; tell it what is kept when a view of it opens."""
        if message["event"] == "change":
            answer = message["values"]["value"]
            if self.choices is not None:
                answer = self.choices[answer]
            self._value = None if answer is None else self._check("value", answer)
        elif message["event"] == "open":
            send(self._kept())

    def _kept(self) -> dict:
        is_number = self.choices is None or self._value is None
        return {"values": {"value": self._value if is_number else self.choices.index(self._value)}}

    def _spec(self) -> dict:
        control = {"name": "value", "label": self.question}
        if self.choices is None:
            control |= {"kind": "number", "unit": self.unit}
        else:
            control |= {"kind": "radios", "texts": self.choices}
        return {"title": "Predict", "controls": [control]}

    def _repr_mimebundle_(self, **_) -> dict:
        if self._front is None:
            self._front = Front(self, self._spec())
        return mimebundle(self._front, self._repr_html_(), repr(self))

    def _repr_html_(self) -> str:
        if self.choices is None:
            answer = "<p>Run this cell to write down a number" + (
                f" ({escape(self.unit)}).</p>" if self.unit else ".</p>"
            )
        else:
            items = "".join(f"<li>{escape(choice)}</li>" for choice in self.choices)
            answer = f"<ul>{items}</ul><p>Run this cell to choose.</p>"
        return f"<p><strong>Predict.</strong> {escape(self.question)}</p>{answer}"

    def __repr__(self) -> str:
        choices = "".join(f"\n  - {choice}" for choice in self.choices or ())
        return f"Predict: {self.question}{choices}"


class Reveal:
    """A question with its prediction and its outcome, as text and as a picture of two bars."""

    def __init__(self, asked: Prediction, outcome):
        self.asked, self.predicted, self.outcome = asked, asked.value, outcome

    def _lines(self) -> tuple[str, str]:
        """Return what was predicted and what was measured, in words."""
        if self.predicted is None:
            return NOTHING, self._words(self.outcome)
        verdict = self._verdict()
        return self._words(self.predicted) + f" ({verdict})", self._words(self.outcome)

    def _words(self, value) -> str:
        if self.asked.choices is not None:
            return value
        return f"{format_number(value)} {self.asked.unit}".rstrip()

    def _verdict(self) -> str:
        if self.asked.choices is not None:
            return "right" if self.predicted == self.outcome else "not so"
        return how_far_off(self.predicted, self.outcome, self.asked.unit)

    def __repr__(self) -> str:
        predicted, measured = self._lines()
        return f"{self.asked.question}\n  predicted: {predicted}\n  measured:  {measured}"

    def _repr_html_(self) -> str:
        predicted, measured = map(escape, self._lines())
        has_bars = self.predicted is not None and self.asked.choices is None
        return (
            '<div style="padding: 0.8em 0 0 5px">'
            f"<p><strong>{escape(self.asked.question)}</strong></p>"
            f"<ul><li>predicted: {predicted}</li><li>measured: {measured}</li></ul>"
            f"{self._bars() if has_bars else ''}</div>"
        )

    def _bars(self) -> str:
        """Return an image of the two numbers as bars; the list above it says the same in words."""
        rows = [
            ("predicted", self.predicted, LOOKS[1]["color"]),
            ("measured", self.outcome, LOOKS[0]["color"]),
        ]
        return image_tag(_svg_bars(rows).encode(), alt="", width=480, kind="svg+xml")


def how_far_off(predicted: float, outcome: float, unit: str = "") -> str:
    """Say by what factor a prediction was off; by how much, where there is no factor."""
    if f"{predicted:.3g}" == f"{outcome:.3g}":
        return "right"
    if predicted * outcome <= 0:
        side = "small" if predicted < outcome else "large"
        return f"too {side} by {format_number(abs(outcome - predicted))} {unit}".rstrip()
    ratio = predicted / outcome
    side = "large" if ratio > 1 else "small"
    ratio = max(ratio, 1 / ratio)
    if ratio < 1.1:
        return f"too {side} by {format_number(100 * (ratio - 1))} %"
    return f"{format_number(ratio)} times too {side}"


def _svg_bars(rows) -> str:
    """Draw numbers as horizontal bars from zero; rows are (name, number, colour)."""
    left, right = min(0, *(x for _, x, _ in rows)), max(0, *(x for _, x, _ in rows))
    scale = 240 / (right - left or 1)
    zero = 110 - left * scale
    bars = []
    for i, (name, x, color) in enumerate(rows):
        top = 8 + 24 * i
        start, width = zero + min(x, 0) * scale, max(abs(x) * scale, 2)
        bars.append(
            f'<text x="100" y="{top + 13}" text-anchor="end">{name}</text>'
            f'<rect x="{start:.1f}" y="{top}" width="{width:.1f}" height="17" fill="{color}"/>'
            f'<text x="{start + width + 6:.1f}" y="{top + 13}">{format_number(x)}</text>'
        )
    height = 8 + 24 * len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="480" height="{height}" '
        f'font-family="sans-serif" font-size="13" fill="#222">'
        f'<rect width="480" height="{height}" fill="white"/>{"".join(bars)}'
        f'<rect x="{zero - 1:.1f}" y="4" width="2" height="{height - 4}" fill="#222"/></svg>'
    )


def _check_text(name, text):
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{name} must be some words, not {text!r}")
    return text


def _check_choices(choices):
    is_fine = not isinstance(choices, str) and isinstance(choices, Sequence)
    if not is_fine or len(choices) < 2 or len(set(choices)) < len(choices):
        raise ValueError(f"choices must be a list of at least two different texts, not {choices!r}")
    return [_check_text("each of choices", choice) for choice in choices]
