"""JupyterLab on loopback, as `make lab` starts it, and a browser that looks at it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "tests" / "output"  # screenshots, for a person to look at; not kept by git
TOKEN = "course"
KERNEL = {"name": "python3", "display_name": "Python 3"}  # else JupyterLab asks which one
CHROMIUM_FLAGS = [
    "--no-sandbox",  # Chromium's own does not work as root, as in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@contextmanager
def jupyter_lab(folder: Path):
    """Run JupyterLab in `folder` on a free port of this machine, with no settings of the user's."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = folder / ".own"
    places = {
        "JUPYTER_CONFIG_DIR": own / "config",
        "JUPYTER_RUNTIME_DIR": own / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": own / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": own / "workspaces",
        "IPYTHONDIR": own / "ipython",
    }
    own.mkdir()
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}",
        f"--IdentityProvider.token={TOKEN}", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    environment = {**os.environ, **{name: str(place) for name, place in places.items()}}
    with open(own / "log.txt", "w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
    try:
        wait_for_server(f"http://127.0.0.1:{port}/api?token={TOKEN}", server, own / "log.txt")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def wait_for_server(address: str, server, log: Path, seconds: float = 90):
    """Return once the server answers; fail with its log if it does not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        try:
            return urllib.request.urlopen(address, timeout=5).read()
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


def write_notebook(path: Path, *cells: str):
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = KERNEL
    nbformat.write(notebook, path)


COLOURS_HAVE_FADED = """() => Promise.allSettled(
    document.getAnimations().filter((each) => each instanceof CSSTransition)
        .map((each) => each.finished)
)"""

ERRORS = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
    .flatMap((cell) => cell.type === "code" ? cell.outputs.toJSON() : [])
    .filter((output) => output.output_type === "error")
    .map(({ename, evalue, traceback}) => {
        const plain = traceback.join("\\n").replace(/\\x1b\\[[0-9;]*m/g, "");
        const at = plain.split("\\n").find((line) => /^-+> /.test(line));
        return `${ename}: ${evalue} ${at ?? ""}`;
    })"""


class Lab:
    """A page of a browser with a notebook open in JupyterLab."""

    def __init__(self, page, address: str):
        self.page, self.address = page, address
        page.on("dialog", lambda dialog: dialog.accept())  # leave without saving

    def open(self, name: str, theme: str = "light"):
        """Open a notebook by its name in the server's folder, and await its kernel."""
        self.page.goto(f"{self.address}/lab/tree/{name}?reset&token={TOKEN}")
        self._await_kernel()
        return self.theme(theme) if theme != "light" else self

    def turn_to(self, name: str):
        """Open a notebook in the place of the one before, as from the list of files.

        The page stays: to load JupyterLab anew takes as long as many a notebook.
        """
        self.page.evaluate(
            """async (path) => {
                const {commands, shell} = window.jupyterapp;
                const before = shell.currentWidget;
                await commands.execute("docmanager:open", {path});
                before.dispose();
            }""",
            name,
        )
        self._await_kernel()

    def reload(self):
        """Load the page again; the kernel goes on."""
        self.page.reload()
        self._await_kernel()

    def _await_kernel(self):
        self.page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.sessionContext")
        self.page.evaluate(
            """async () => {
                const app = window.jupyterapp;
                await app.restored;
                const context = app.shell.currentWidget.sessionContext;
                await context.ready;
                await context.session.kernel.info;
                app.shell.collapseLeft();
            }"""
        )

    def save(self):
        """Save the notebook."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def theme(self, name: str):
        """Change to JupyterLab's theme "light" or "dark"."""
        self.page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
            f"JupyterLab {name.capitalize()}",
        )
        is_light = "true" if name == "light" else "false"
        self.page.wait_for_selector(f"body[data-jp-theme-light={is_light}]", state="attached")
        self.page.evaluate(COLOURS_HAVE_FADED)
        return self

    def run_all(self):
        """Run every cell and await the last; return the errors that they raised, and the lines."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        return self.page.evaluate(ERRORS)

    def run_cells(self, numbers: list[int]):
        """Run these cells, one after the other; return what `run_all` returns."""
        self.page.evaluate(
            """async (numbers) => {
                const {commands, shell} = window.jupyterapp;
                for (const number of numbers) {
                    shell.currentWidget.content.activeCellIndex = number;
                    await commands.execute("notebook:run-cell");
                }
            }""",
            numbers,
        )
        return self.page.evaluate(ERRORS)

    def run(self, code: str) -> str:
        """Run code in the notebook's kernel, beside its cells, and return what it prints."""
        self.start(code)
        return self.printed()

    def start(self, code: str):
        """Let the notebook's kernel run code, beside its cells; return once it prints or ends."""
        self.page.evaluate(
            """async (code) => {
                const {kernel} = window.jupyterapp.shell.currentWidget.sessionContext.session;
                const future = kernel.requestExecute({code, store_history: false});
                let printed = "";
                const begun = new Promise((begin) => {
                    future.onIOPub = ({header, content}) => {
                        if (header.msg_type === "stream") printed += content.text;
                        if (header.msg_type === "error") printed += content.traceback.join("\\n");
                        if (printed) begin();
                    };
                });
                window.printed = future.done.then(() => printed);
                await Promise.race([begun, window.printed]);
            }""",
            code,
        )

    def printed(self) -> str:
        """Return what the started code prints, when it has ended."""
        return self.page.evaluate("() => window.printed")

    def screenshot(self, name: str):
        """Keep what the page shows now as a picture for a person to look at."""
        OUTPUT.mkdir(exist_ok=True)
        self.page.screenshot(path=OUTPUT / f"{name}.png")

    def close(self):
        """End the kernel, so that the next notebook has the machine for itself."""
        self.page.evaluate(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext.shutdown()"
        )
