"""What all explorers share: state, messages of the browser, the scene and its sentence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from course_lib.data import Data
from course_lib.lab.explorers.controls import Control
from course_lib.lab.explorers.front import Front, mimebundle
from course_lib.lab.explorers.scene import Scene, Wire
from course_lib.lab.explorers.still import WIDTH, image
from course_lib.lab.explorers.words import format_number
from course_lib.plots import image_tag


@dataclass(frozen=True)
class Goal:
    """Something to reach by moving the controls.

    Attributes
    ----------
    words : str
        What is asked for.
    reached : bool
        Whether it is reached now.
    hint : str
    cost : float, optional
        What it costs now, if less is better; `best` is the least that the course has found.
    best : float, optional
    unit : str
        Of both.
    """

    words: str
    reached: bool
    hint: str
    cost: float | None = None
    best: float | None = None
    unit: str = ""


class Explorer:
    """A picture that answers to controls; its state can be read, and written as a line of code.

    A kind of explorer has a `title`, calls ``__init__`` once its arguments were checked, and has
    methods that say what is shown now: ``_scene()`` returns the picture as data, ``_sentence()``
    one or two short sentences that compare first, and, where there is something to look up or to
    reach, ``_table()`` rows of words of which the first names the columns, and ``_goal()`` a Goal.

    Parameters
    ----------
    controls : sequence of Control
    values : dict
        A value of each control, by name.
    before : sequence of str
        The arguments that no control changes, as code, for the line that repeats the state.
    """

    title: str

    def __init__(self, controls: Sequence[Control], values: dict, before: Sequence[str] = ()):
        self._controls = {control.name: control for control in controls}
        self._values = values
        self._before = before
        self._wire = Wire()
        self._least_cost, self._is_met = math.inf, False
        self._front = None

    @property
    def state(self) -> dict:
        """What the controls are set to, by name."""
        return dict(self._values)

    def __getattr__(self, name):
        values = self.__dict__.get("_values", {})
        if name not in values:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return values[name]

    def __repr__(self) -> str:
        state = [f"{name}={value!r}" for name, value in self._values.items()]
        return f"{type(self).__name__}({', '.join([*self._before, *state])})"

    def receive(self, message: dict, send):
        """Answer the browser: a view was opened, or something was moved."""
        if message["event"] == "open":
            self._wire = Wire()  # a new view has seen nothing yet
        for name, index in message.get("values", {}).items():
            self._change(name, self._controls[name].value(index))
        if "pick" in message:
            self._pick(*message["pick"])
        scene, buffers = self._wire.pack(self._scene())
        send(self._answer() | {"scene": scene}, buffers=buffers)

    def _change(self, name, value):
        self._values[name] = value

    def _pick(self, panel: str, x: float, y: float):
        """Take the place that was pressed in a panel. A kind whose panels can be pressed has it."""
        raise NotImplementedError

    def _nearest(self, name: str, value: float):
        """Set a control to the offered value that is nearest on a logarithmic scale."""
        offered = self._controls[name].values
        self._change(name, min(offered, key=lambda each: abs(math.log(each / value))))

    def _scene(self) -> Scene:
        raise NotImplementedError

    def _sentence(self) -> str:
        raise NotImplementedError

    def _table(self) -> list[list[str]]:
        return []

    def _goal(self) -> Goal | None:
        return None

    def _answer(self) -> dict:
        controls = self._controls.items()
        return {
            "values": {name: control.index(self._values[name]) for name, control in controls},
            "texts": {name: control.texts for name, control in controls if control.varies},
            "sentence": self._sentence(),
            "table": self._table(),
            "goal": self._progress(),
            "code": repr(self),
        }

    def _progress(self) -> dict | None:
        """Return how far the goal is reached, now and at best so far, in words."""
        goal = self._goal()
        if goal is None:
            return None
        said = ["✓ reached" if goal.reached else "not reached yet"]
        if goal.best is None:
            self._is_met = self._is_met or bool(goal.reached)
            return {"words": goal.words, "state": said[0], "met": self._is_met, "hint": goal.hint}
        if goal.reached:
            self._least_cost = min(goal.cost, self._least_cost)
            said[0] += f" with {format_number(goal.cost)} {goal.unit}"
        if math.isfinite(self._least_cost):
            said.append(f"your best: {format_number(self._least_cost)} {goal.unit}")
        said.append(f"the course's best: {format_number(goal.best)} {goal.unit}")
        met = bool(self._least_cost <= goal.best * (1 + 1e-9))
        return {"words": goal.words, "state": " · ".join(said), "met": met, "hint": goal.hint}

    def _frame(self) -> int | None:
        """Return the number of the frame, if a control plays through frames."""
        for name, control in self._controls.items():
            if control.plays:
                return control.index(self._values[name])
        return None

    def _spec(self) -> dict:
        return {
            "title": self.title,
            "controls": [control.spec() for control in self._controls.values()],
            "draws": True,
        }

    def _repr_mimebundle_(self, **_) -> dict:
        if self._front is None:
            self._front = Front(self, self._spec())
        return mimebundle(self._front, self._repr_html_(), self._sentence())

    def _repr_html_(self) -> str:
        """Return the picture and its sentence as they are now, for where no kernel runs."""
        sentence = self._sentence()
        picture = image(self._scene(), self._frame())
        tag = image_tag(picture, sentence, round(WIDTH * 96), kind="webp")
        return (
            f'<figure style="margin: 0">{tag}'
            f"<figcaption>{escape(sentence)} Run this cell to move the controls of this picture: "
            f"<code>{escape(repr(self))}</code></figcaption></figure>"
        )


def check_drawable(data, at_least: int = 1) -> Data:
    """Return `data` if a line can be fitted to it and drawn."""
    if not isinstance(data, Data) or data.X.shape[1] != 1 or len(data) < at_least:
        right = f"Data of {at_least} or more examples with one feature"
        raise ValueError(f"data must be {right}, so that it can be drawn, not {data!r}")
    return data
