"""What JupyterLab keeps of an explorer when a notebook is saved: its picture and its sentence.

The widget itself ends with its kernel. A notebook that refers to it shows "model not found" when it
is opened again, though the picture is stored beside it. This is an extension of Jupyter's server,
which finds it by ``.jupyter/jupyter_server_config.d``. It also shows JupyterLab where the course's
own look of a page is (``page/custom.css``).
"""

from pathlib import Path

PAGE = Path(__file__).parent / "page"
#: The kind of output that refers to a widget of a living kernel.
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def keep_pictures(model: dict, **_):
    """Leave out of a notebook, just before it is written, the widgets that have a picture.

    Parameters
    ----------
    model : dict
        What Jupyter's server is about to write; changed in place. The open page is not touched.

    Examples
    --------
    >>> data = {WIDGET_VIEW: {"model_id": "1"}, "text/html": "<img …>"}
    >>> cells = [{"outputs": [{"data": data}]}]
    >>> keep_pictures({"type": "notebook", "content": {"cells": cells}})
    >>> data
    {'text/html': '<img …>'}
    """
    if model["type"] != "notebook":
        return
    for cell in model["content"]["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "text/html" in data:
                data.pop(WIDGET_VIEW, None)


def _jupyter_server_extension_points():
    return [{"module": "course_lib.lab.saving"}]


def _prompt(connection: type) -> type:
    """Return a kind of connection to a kernel that sends each message at once.

    TCP may hold a short message until the one before was acknowledged, which takes some 40 ms
    (Nagle's algorithm): a picture that follows the hand would stutter.
    """

    class PromptConnection(connection):
        def connect(self):
            self.websocket_handler.set_nodelay(True)
            return super().connect()

    return PromptConnection


def _load_jupyter_server_extension(server):
    server.contents_manager.register_pre_save_hook(keep_pictures)
    settings, name = server.web_app.settings, "kernel_websocket_connection_class"
    settings[name] = _prompt(settings[name])
    settings["static_custom_path"].insert(0, str(PAGE))
    for lab in server.extension_manager.extension_apps.get("jupyterlab", ()):
        lab.custom_css = True  # it is loaded after this, and then serves custom.css
