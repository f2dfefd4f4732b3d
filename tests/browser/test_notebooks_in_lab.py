"""Every notebook as a student meets it: opened in JupyterLab, with all that lives there."""

import ast
import re
import shutil
from contextlib import contextmanager

import pytest

from course_lib.lab import explorers
from tests.browser.conftest import SIZE
from tests.browser.lab import Lab, write_notebook
from tests.test_notebooks import LESSONS, code_cells, read
from tests.tools.needed import needed

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


def living(path):
    """The numbers of the cells that make something that answers in the page."""
    made = re.compile(rf"\b({'|'.join(explorers.__all__)})\(")
    return [n for n, source in codes(path).items() if made.search(source) and shows(source)]


def shows(source):
    """Whether a cell ends with something that is shown."""
    return isinstance(ast.parse(source).body[-1], ast.Expr)


def codes(path):
    """{number: code} of the code cells."""
    cells = enumerate(read(path).cells)
    return {n: c.source for n, c in cells if c.cell_type == "code" and c.source.strip()}


class Notebook:
    """What holds for a notebook. That nbval runs every cell of it is not done again here."""

    def test_what_lives_in_the_page_runs_and_all_is_shown(self, lab, address, path, complaints):
        with opened(lab, address, path):
            assert lab.run_cells(needed(codes(path), living(path))) == []
            assert set(living(path)) <= set(lab.page.evaluate(WIDGETS))
            self.check(lab, path, complaints)

    @pytest.mark.slow
    def test_it_runs_from_top_to_bottom_without_an_error(self, lab, address, path, complaints):
        with opened(lab, address, path):
            assert lab.run_all() == []
            assert prompts(lab) == list(range(1, len(code_cells(path)) + 1))
            self.check(lab, path, complaints)

    def check(self, lab, path, complaints):
        assert look_through(lab, f"notebook_{path.stem[:2]}") == []
        assert complaints == []


@contextmanager
def opened(lab, address, path):
    """Open a copy of a notebook: what is stored stays as it is."""
    shutil.copy(path, address.folder)
    lab.turn_to(path.name)
    try:
        yield
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


# The numbers of the cells whose output is a live widget; what is stored holds none.
WIDGETS = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
    .flatMap((cell, number) => cell.type === "code" && cell.outputs.toJSON().some(
        ({data}) => data && "application/vnd.jupyter.widget-view+json" in data) ? [number] : [])"""


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
