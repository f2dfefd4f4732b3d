"""What all explorers share: state, messages of the browser, the picture and its sentence."""

import io
from collections.abc import Sequence
from html import escape
from typing import ClassVar

from PIL import Image

from course_lib.data import Data
from course_lib.lab.explorers.canvas import Canvas
from course_lib.lab.explorers.controls import Control
from course_lib.lab.explorers.front import Front, mimebundle
from course_lib.plots import image_tag

#: So many explorers keep their figures, of some 20 MB each. Most are freed when their view closes,
#: but a view that was never opened, or whose browser broke down, does not close.
MOST_DRAWN = 8

#: The least bytes of an answer. Within one machine TCP holds a message that does not fill a segment
#: of 64 KiB until the one before was acknowledged, which may take 40 ms (Nagle's algorithm).
FULL_SEGMENT = 2**16


class Explorer:
    """A picture that answers to controls; its state can be read, and written as a line of code.

    A kind of explorer has a `title` and a `size` in inches, calls ``__init__`` once its arguments
    were checked, and has two methods: ``_picture(canvas)`` draws what stays and returns a function
    without arguments that moves the rest and returns the name of the scene (see :class:`Canvas`);
    ``_sentence()`` says in words what the picture shows now.

    Parameters
    ----------
    controls : sequence of Control
    values : dict
        A value of each control, by name.
    before : str
        The arguments that no control changes, as code, for the line that repeats the state.
    """

    title: str
    size: tuple[float, float]
    #: The control that changes the scene, if one does.
    scenes: str | None = None
    #: Those that keep a figure, the oldest first.
    _drawn: ClassVar[list["Explorer"]] = []

    def __init__(self, controls: Sequence[Control], values: dict, before: Sequence[str] = ()):
        self._controls = {control.name: control for control in controls}
        self._values = values
        self._before = before
        self._n_views = 0
        self._front = self._canvas = self._move = None

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
        """Answer the browser: a view was opened or closed, or a control was moved."""
        if message["event"] == "close":
            self._n_views = max(0, self._n_views - 1)
            if not self._n_views:
                self.close()
            return
        if message["event"] == "open":
            self._n_views += 1
        for name, index in message.get("values", {}).items():
            self._change(name, self._controls[name].value(index))
        png = self._png()
        send(self._answer(), buffers=[png, bytes(max(0, FULL_SEGMENT - len(png)))])
        if message["event"] == "open":
            self._prepare()

    def close(self):
        """Free the figure. It is drawn anew if the explorer is shown again."""
        self._canvas = self._move = None
        if self in self._drawn:
            self._drawn.remove(self)

    def _change(self, name, value):
        self._values[name] = value

    def _answer(self) -> dict:
        controls = self._controls.items()
        return {
            "values": {name: control.index(self._values[name]) for name, control in controls},
            "texts": {name: control.texts for name, control in controls if control.varies},
            "sentence": self._sentence(),
            "code": repr(self),
        }

    def _png(self) -> bytes:
        if self._canvas is None:
            self._canvas = Canvas(*self.size)
            with Canvas.style():
                self._move = self._picture(self._canvas)
            self._drawn.append(self)
            if len(self._drawn) > MOST_DRAWN:
                self._drawn[0].close()
        return self._canvas.png(self._move)

    def _prepare(self):
        """Draw what stays of every scene ahead, so that the first change to each is quick, too."""
        if self.scenes is not None:
            now = self._values[self.scenes]
            try:
                for value in self._controls[self.scenes].values:
                    self._values[self.scenes] = value
                    self._png()
            finally:
                self._values[self.scenes] = now

    def _spec(self) -> dict:
        return {
            "title": self.title,
            "controls": [control.spec() for control in self._controls.values()],
            "picture": {"width": round(self.size[0] * 96), "height": round(self.size[1] * 96)},
        }

    def _repr_mimebundle_(self, **_) -> dict:
        if self._front is None:
            self._front = Front(self, self._spec())
        return mimebundle(self._front, self._repr_html_(), self._sentence())

    def _repr_html_(self) -> str:
        """Return the picture and its sentence as they are now, for where no kernel runs."""
        sentence = self._sentence()
        image = image_tag(_squeezed(self._png()), sentence, round(self.size[0] * 96))
        return (
            f'<figure style="margin: 0">{image}'
            f"<figcaption>{escape(sentence)} Run this cell to move the controls of this picture: "
            f"<code>{escape(repr(self))}</code></figcaption></figure>"
        )


def check_drawable(data, at_least: int = 1) -> Data:
    """Return `data` if a line can be fitted to it and drawn."""
    if not isinstance(data, Data) or data.X.shape[1] != 1 or len(data) < at_least:
        right = f"Data of {at_least} or more examples with one feature"
        raise ValueError(f"data must be {right}, so that it can be drawn, not {data!r}")
    return data


def _squeezed(png: bytes) -> bytes:
    """Return the same image in fewer bytes, to be stored."""
    file = io.BytesIO()
    Image.open(io.BytesIO(png)).save(file, format="png", optimize=True)
    return file.getvalue()
