"""What the browser shows: one widget for all explorers, ``front.js`` with ``draw.js``.

It is an anywidget rather than a box of ipywidgets, whose sliders have no name and tell a screen
reader an index or an exponent instead of the value.
"""

import asyncio
from pathlib import Path

import anywidget
import traitlets

from course_lib.lab.saving import WIDGET_VIEW

HERE = Path(__file__).parent


class Front(anywidget.AnyWidget):
    """The browser's side of an owner; both sides talk in messages, and the kernel keeps the state.

    Parameters
    ----------
    owner : object
        Has ``receive(message, send)``, which gets a message of the browser and a function to
        answer with: ``send(message, buffers)``.
    spec : dict
        What to show: the title, the controls and their choices. See ``front.js``.

    Notes
    -----
    JupyterLab may deliver messages in a thread beside the one that runs cells. All are answered in
    that which made the Front, between its cells: what they
    train and draw must not happen in two at a time.
    """

    _esm = "".join((HERE / name).read_text(encoding="utf-8") for name in ("front.js", "draw.js"))
    _css = (HERE / "front.css").read_text(encoding="utf-8")
    spec = traitlets.Dict().tag(sync=True)

    def __init__(self, owner, spec: dict):
        super().__init__(spec=spec)
        self._owner = owner
        self._loop = _running_loop()
        self.on_msg(self._receive)

    def _receive(self, _, message, buffers):
        if self._loop in (None, _running_loop()):
            self._answer(message)
        else:
            self._loop.call_soon_threadsafe(self._answer, message)

    def _answer(self, message):
        try:
            self._owner.receive(message, self.send)
        except Exception as error:  # else the browser would wait forever for its answer
            self.send({"error": f"{type(error).__name__}: {error}"})
            raise


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs this thread's code, as a kernel has one, or None."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def mimebundle(front: Front, html: str, text: str) -> dict:
    """Return what a notebook shows: the widget where a kernel runs, else HTML, else text."""
    view = {"version_major": 2, "version_minor": 0, "model_id": front.model_id}
    return {WIDGET_VIEW: view, "text/html": html, "text/plain": text}
