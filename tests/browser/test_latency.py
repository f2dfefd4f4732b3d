"""From a key to the new picture: the explorers beside ipywidgets' interact with an inline figure.

    pytest -m slow tests/browser/test_latency.py -s

It asks for a machine that does nothing else, so `make test` leaves it out.
"""

import numpy as np
import pytest

from course_lib.explorers import PathExplorer  # noqa: F401  the line of code names it
from tests.browser.lab import write_notebook
from tests.browser.test_explorers_in_lab import find, latencies, settle, shown
from tests.test_explorers import differ

pytestmark = pytest.mark.slow

# The picture of PathExplorer by interact: same figure size, same data, same path.
INTERACT = """
import matplotlib.pyplot as plt
from ipywidgets import IntSlider, interact
from course_lib.plots import draw_contours, draw_data, draw_line, draw_path
plt.style.use("course_lib.course")
path = PathExplorer()
w, _, _ = path._path(8)

def draw(update):
    fig, (left, right) = plt.subplots(1, 2, figsize=path.size, width_ratios=[2, 3])
    draw_line(draw_data(left, path.data), w[update])
    draw_contours(right, path._surface(), path.data, *path._limits())
    draw_path(right, w[: update + 1])
    plt.show()

_ = interact(draw, update=IntSlider(200, 0, 200))
"""
CELLS = ["%matplotlib inline\nfrom course_lib.explorers import *", "PathExplorer()", INTERACT]
N = 60

WATCH_OUTPUT = """(output) => {
    let pressed, resolve;
    addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
    const seen = [];
    const note = () => requestAnimationFrame(() => requestAnimationFrame((now) => {
        seen.push(now - pressed);
        resolve?.();
    }));
    new MutationObserver((changes) => {
        for (const {addedNodes} of changes) for (const node of addedNodes) {
            for (const image of node.querySelectorAll?.("img") ?? []) {
                image.decode().then(note, () => {});
            }
        }
    }).observe(output, {childList: true, subtree: true});
    window.nextPicture = async () => {
        if (!seen.length) await new Promise((done) => { resolve = done; });
        return seen.shift();
    };
}"""


@pytest.fixture(scope="module")
def notebook(lab, address):
    write_notebook(address.folder / "latency.ipynb", *CELLS)
    lab.open("latency.ipynb")
    assert lab.run_all() == []
    yield lab
    lab.close()


def of_interact(notebook, n):
    page = notebook.page
    page.locator(".widget-interact img").wait_for()
    page.locator(".widget-interact .noUi-handle").focus()
    page.evaluate(WATCH_OUTPUT, page.locator(".widget-interact").element_handle())
    took = []
    for _ in range(n):
        page.keyboard.press("ArrowLeft")
        took.append(page.evaluate("() => window.nextPicture()"))
        page.wait_for_timeout(50)
    return took


def say(name, took):
    low, middle, high = np.quantile(took, [0.05, 0.5, 0.95])
    print(f"{name}: median {middle:.0f} ms, 5 % {low:.0f}, 95 % {high:.0f} ({len(took)} presses)")
    return middle, high


def test_a_key_is_answered_within_a_tenth_of_a_second_and_three_times_faster(notebook):
    ours, high = say("PathExplorer", latencies(find(notebook, 0), N))
    theirs, _ = say("interact    ", of_interact(notebook, N // 3))
    print(f"{theirs / ours:.1f} times faster")
    assert ours <= 100 and high <= 150
    assert theirs >= 3 * ours


def test_a_drag_of_a_second_ends_on_the_right_picture_soon(notebook):
    path = find(notebook, 0)
    slider = path.locator("input[type=range]").last
    box = slider.bounding_box()
    mouse, middle = notebook.page.mouse, box["y"] + box["height"] / 2
    late = []
    for i in range(5):

        def drag(i=i):
            mouse.move(box["x"] + 5, middle)
            mouse.down()
            for x in np.linspace(5, box["width"] * (0.5 + 0.08 * i), 60):
                mouse.move(box["x"] + x, middle)
                notebook.page.wait_for_timeout(12)
            notebook.page.evaluate("() => { window.released = performance.now(); }")
            mouse.up()

        notebook.page.evaluate(LAST_PICTURE, path.locator("img").element_handle())
        settle(path, drag)
        late.append(notebook.page.evaluate("() => window.last - window.released"))
        assert differ(shown(path), eval(path.locator(".share code").text_content())._png()) < 0.002
    print(f"drag: last picture {np.median(late):.0f} ms after its end ({np.round(late)})")
    assert np.median(late) <= 100


LAST_PICTURE = """(image) => {
    new MutationObserver(() => requestAnimationFrame(() => requestAnimationFrame((now) => {
        window.last = now;
    }))).observe(image, {attributeFilter: ["src"]});
}"""


def test_a_thousand_changes_leave_the_kernels_memory_as_it_was(notebook):
    used = "import os; print(int(open('/proc/self/statm').read().split()[1]) * 4096)"
    path = find(notebook, 0)
    latencies(path, 100)
    before = int(notebook.run(used))
    latencies(path, 1000)
    grown = int(notebook.run(used)) - before
    print(f"1,000 changes: {grown / 1e6:+.1f} MB")
    assert grown < 10e6
