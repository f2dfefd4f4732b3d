"""Predict, run, reconcile: a question that keeps its answer until the outcome is known."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from numbers import Real
from typing import ClassVar

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

    #: What was chosen in the browser, so that a cell that is run again does not forget it.
    _kept: ClassVar[dict] = {}

    def __init__(self, question: str, *, unit: str = "", choices: Sequence[str] | None = None):
        self.question = _check_text("question", question)
        self.unit = unit if unit == "" else _check_text("unit", unit)
        self.choices = None if choices is None else _check_choices(choices)
        self._key = (question, *(self.choices or [unit]))
        self._value = self._kept.get(self._key)
        self._front = None

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, value):
        self._value = None if value is None else self._check("value", value)
        if self._front is not None:
            self._front.send({"values": {"value": self._told()}})

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
            self._take(message["values"]["value"])
        elif message["event"] == "open":
            send({"values": {"value": self._told()}})

    def _take(self, answer):
        """Keep what the browser tells: a number, or the number of a choice."""
        if self.choices is not None:
            answer = self.choices[answer]
        self._value = None if answer is None else self._check("value", answer)
        self._kept[self._key] = self._value

    def _told(self):
        """Return what the browser is told."""
        is_number = self.choices is None or self._value is None
        return self._value if is_number else self.choices.index(self._value)

    def _control(self, name: str) -> dict:
        control = {"name": name, "label": self.question}
        if self.choices is None:
            return control | {"kind": "number", "unit": self.unit}
        return control | {"kind": "radios", "texts": self.choices}

    def _spec(self) -> dict:
        return {"title": "Predict", "controls": [self._control("value")]}

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


class Predictions(Mapping):
    """Several questions as one form; each is a :class:`Prediction` under its name.

    Parameters
    ----------
    asked : mapping of str to Prediction

    Examples
    --------
    >>> form = Predictions({"04": Prediction("How many times?", unit="times")})
    >>> form["04"].value = 8
    >>> form
    04: How many times?
        8.0
    """

    def __init__(self, asked: Mapping[str, Prediction]):
        is_fine = isinstance(asked, Mapping) and len(asked) > 0
        if not is_fine or not all(isinstance(each, Prediction) for each in asked.values()):
            raise ValueError(f"asked must be a mapping of names to Predictions, not {asked!r}")
        self._asked = dict(asked)
        self._front = None

    def __getitem__(self, name):
        return self._asked[name]

    def __iter__(self):
        return iter(self._asked)

    def __len__(self):
        return len(self._asked)

    def receive(self, message: dict, send):
        """Keep what the browser sends; tell it what is kept when a view of it opens."""
        for name, answer in message.get("values", {}).items():
            self._asked[name]._take(answer)
        if message["event"] == "open":
            send({"values": {name: each._told() for name, each in self._asked.items()}})

    def _repr_mimebundle_(self, **_) -> dict:
        if self._front is None:
            controls = [each._control(name) for name, each in self._asked.items()]
            self._front = Front(self, {"title": "Predict", "controls": controls})
        html = "".join(each._repr_html_() for each in self._asked.values())
        return mimebundle(self._front, html, "\n".join(map(repr, self._asked.values())))

    def __repr__(self) -> str:
        lines = []
        for name, each in self._asked.items():
            lines += [f"{name}: {each.question}", f"    {each.value or 'no prediction yet'}"]
        return "\n".join(lines)


class Reveal:
    """A question with its prediction and its outcome, as text and as a picture of two bars.

    Where nothing was predicted, the outcome waits behind a line that asks for a prediction first.
    """

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
        if self.predicted is None:
            return (
                '<div style="padding: 0.8em 0 0 5px">'
                f"<p><strong>{escape(self.asked.question)}</strong></p>"
                "<details><summary>You have not predicted it yet. Do so above and run this cell "
                f"again, or open this line.</summary><p>measured: {measured}</p></details></div>"
            )
        has_bars = self.asked.choices is None
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
