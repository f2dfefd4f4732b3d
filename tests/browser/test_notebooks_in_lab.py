"""Every notebook as a student meets it: opened in JupyterLab and run from top to bottom."""

import re
import shutil

import pytest

from tests.browser.conftest import SIZE
from tests.browser.lab import Lab, write_notebook
from tests.test_notebooks import LESSONS, code_cells

pytestmark = [pytest.mark.flaky(reruns=1), pytest.mark.timeout(180)]

#: What JupyterLab writes in the place of an output that it cannot show.
BROKEN = re.compile("model not found|Loading widget|Error (displaying|rendering)|Javascript Error")


@pytest.fixture(scope="class")
def started(page, address):
    """JupyterLab with a notebook open, in whose place others are opened."""
    write_notebook(address.folder / "first.ipynb", "1")
    lab = Lab(page, address)
    lab.open("first.ipynb")
    lab.close()
    return lab


@pytest.fixture
def lab(started, request):
    """The JupyterLab; a second attempt at a notebook finds it loaded anew."""
    if getattr(request.node, "execution_count", 1) > 1:
        started.open("first.ipynb")
    started.page.set_viewport_size(SIZE)
    return started


@pytest.fixture
def complaints(lab):
    """Errors that the browser's console reports while a notebook is open."""
    heard = []

    def listen(message):
        if message.type == "error":
            heard.append(message.text)

    def catch(error):
        heard.append(str(error))

    lab.page.on("console", listen)
    lab.page.on("pageerror", catch)
    yield heard
    lab.page.remove_listener("console", listen)
    lab.page.remove_listener("pageerror", catch)


class Notebook:
    """What holds for a notebook."""

    def test_it_runs_from_top_to_bottom_without_an_error(self, lab, address, path, complaints):
        shutil.copy(path, address.folder)  # what is stored stays as it is
        lab.turn_to(path.name)
        try:
            assert lab.run_all() == []
            assert prompts(lab) == list(range(1, len(code_cells(path)) + 1))
            unseen = look_through(lab, f"notebook_{path.stem[:2]}")
            assert unseen == []
            assert complaints == []
        finally:
            lab.close()


def notebooks(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


# Two classes, since a class is what one of two test processes takes.
@notebooks(LESSONS[::2])
class TestEveryOtherNotebook(Notebook):
    pass


@notebooks(LESSONS[1::2])
class TestTheNotebooksBetween(Notebook):
    pass


def prompts(lab: Lab) -> list:
    """Return the number of each code cell that holds code, which is null if it did not run."""
    return lab.page.evaluate(
        """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
            .filter((cell) => cell.type === "code" && cell.sharedModel.source.trim())
            .map((cell) => cell.executionCount)"""
    )


def look_through(lab: Lab, name: str) -> list[str]:
    """Scroll through the notebook in tall pieces, keep a screenshot of each, and return what fails.

    That is a picture that is not there, and an output that JupyterLab could not show.
    """
    page, failures = lab.page, []
    page.set_viewport_size({**SIZE, "height": 12_000})  # Chromium's pictures end at 16,384
    panel = page.locator(".jp-NotebookPanel:visible .jp-WindowedPanel-outer")
    wanted, number, is_end = 0, 0, False
    while not is_end:
        panel.evaluate("(panel, top) => { panel.scrollTop = top; }", wanted)
        panel.evaluate(CELLS_STAY)
        panel.evaluate(PICTURES_ARE_THERE)
        number += 1
        lab.screenshot(f"{name}_{number}")
        failures += panel.evaluate(EMPTY_PICTURES)
        failures += BROKEN.findall(panel.inner_text())
        wanted, is_end = panel.evaluate(GO_ON)
    return failures


# Where the next piece begins, and whether the last cell is on this one.
GO_ON = """(panel) => {
    const count = window.jupyterapp.shell.currentWidget.content.widgets.length;
    const last = panel.querySelector(`[data-windowed-list-index="${count - 1}"]`);
    const bottom = panel.getBoundingClientRect().bottom;
    const isEnd = last !== null && last.getBoundingClientRect().bottom <= bottom;
    return [panel.scrollTop + panel.clientHeight - 100, isEnd];
}"""
# Cells that come into view are drawn, which moves those below: until nothing moved for 20 frames.
CELLS_STAY = """async (panel) => {
    const seen = () => [...panel.querySelectorAll("[data-windowed-list-index]")]
        .map((cell) => [cell.dataset.windowedListIndex, cell.getBoundingClientRect().top]).join();
    for (let before = "", frames = 0; frames < 20; frames += 1) {
        await new Promise(requestAnimationFrame);
        if (seen() !== before) [before, frames] = [seen(), 0];
    }
}"""
PICTURES_ARE_THERE = """async (panel) => {
    const patience = new Promise((done) => setTimeout(done, 10000));
    const images = [...panel.querySelectorAll("img")];
    const loaded = images.map((image) => image.decode().catch(() => {}));
    const drawn = async () => {
        while (panel.querySelector(".explorer img[alt='']")) {
            await new Promise((done) => setTimeout(done, 100));
        }
    };
    await Promise.race([patience, Promise.all([...loaded, drawn()])]);
}"""
EMPTY_PICTURES = """(panel) => [...panel.querySelectorAll("img")]
    .filter((image) => !image.naturalWidth).map((image) => image.outerHTML.slice(0, 200))"""
