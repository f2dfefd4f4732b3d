"""The explorers as a student meets them: in JupyterLab, by keyboard and by mouse."""

import re
import time
from contextlib import contextmanager
from typing import NamedTuple

import nbformat
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbconvert import HTMLExporter

from course_lib.lab import explorers
from course_lib.lab.explorers import (
    ClockExplorer,
    NoiseExplorer,
    PathExplorer,
    Prediction,
    RaceExplorer,
)
from tests.browser.conftest import SIZE
from tests.browser.lab import KERNEL, OUTPUT, write_notebook
from tests.lab.explorers.tools import KINDS
from tests.tools.contrast import contrast

pytestmark = [pytest.mark.flaky(reruns=2), pytest.mark.timeout(180)]

CELLS = [
    "from course_lib.lab.explorers import *",
    *(f"{kind.__name__}()" for kind in KINDS),
    'number = Prediction("How many?", unit="times")\nnumber',
    'choice = Prediction("Which?", choices=["this", "that", "neither"])\nchoice',
]


@pytest.fixture(scope="module")
def opened(lab, address):
    """A notebook with every explorer, run."""
    write_notebook(address.folder / "explorers.ipynb", *CELLS)
    lab.open("explorers.ipynb")
    assert lab.run_all() == []
    lab.page.locator(".explorer").nth(len(CELLS) - 2).wait_for()
    yield lab
    lab.close()


@pytest.fixture
def notebook(opened, request):
    """The notebook; a second attempt at a test finds it as new, whatever the first has changed."""
    if getattr(request.node, "execution_count", 1) > 1:
        opened.page.set_viewport_size(SIZE)
        opened.theme("light")
        assert opened.run_all() == []
    return opened


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def explorer(request, notebook):
    """Each explorer of the notebook, scrolled into view, with its first picture there."""
    return find(notebook, KINDS.index(request.param))


def find(notebook, index):
    root = notebook.page.locator(".explorer").nth(index)
    root.scroll_into_view_if_needed()
    if index < len(KINDS):
        root.locator(".sentence:not(:empty)").wait_for()
    return root


def code(root):
    return root.locator(".share code").text_content()


def state(root):
    """Return a fresh explorer of the state that the page shows."""
    return eval(code(root), vars(explorers))


def marks_shown(root):
    """Return what the page draws: of each mark that is a line or points, its rows in px."""
    places = {int(index): PLACE.findall(d) for index, d in root.evaluate(DRAWN).items()}
    return {index: np.array([place.split() for place in found], dtype=float).reshape(-1, 2)
            for index, found in places.items()}  # fmt: skip


PLACE = re.compile(r"[ML](-?[\d.]+ -?[\d.]+)")
DRAWN = """(root) => Object.fromEntries([...root.querySelectorAll("[data-mark]")].map((mark) => [
    mark.dataset.mark, mark.querySelector("path:last-child")?.getAttribute("d") ?? ""
]))"""
BOXES = """(root) => [...root.querySelectorAll("svg.plot")]
    .map(({dataset}) => JSON.parse(dataset.box))"""


def marks_expected(explorer, boxes):
    """Return where lines and points belong, in px, by the boxes of the panels on the page."""
    scene = explorer._scene()
    panels = {panel.name: (panel, box) for panel, box in zip(scene.panels, boxes, strict=True)}
    expected = {}
    for index, mark in enumerate(scene.marks):
        if mark.kind in ("line", "points"):
            panel, box = panels[mark.panel]
            rows = mark.at(explorer._frame())
            keep = ~np.isnan(rows).any(axis=1)
            keep &= np.isfinite(rows).all(axis=1) if mark.kind == "points" else True
            x = part(rows[keep, 0], panel.x)
            y = part(rows[keep, 1], panel.y)
            places = [box["left"] + x * box["width"], box["top"] + (1 - y) * box["height"]]
            expected[index] = np.clip(np.column_stack(places), -1e4, 1e4)
    return expected


def part(values, axis):
    """Return how far along an axis numbers stand, from 0 to 1."""
    if axis.log:
        values = np.log(np.maximum(values, 5e-324) / axis.low)
        return values / np.log(axis.high / axis.low)
    return (values - axis.low) / (axis.high - axis.low)


def farthest(root, explorer) -> float:
    """Return how many px the farthest mark on the page is from where it belongs."""
    shown = marks_shown(root)
    expected = marks_expected(explorer, root.evaluate(BOXES))
    if not all(len(shown.get(index, ())) == len(rows) for index, rows in expected.items()):
        return np.inf
    return max(np.abs(shown[index] - rows).max(initial=0)
               for index, rows in expected.items())  # fmt: skip


def settle(root, change, wait=20):
    """Make a change, and return once a new state has been shown and nothing changes any more."""
    before = code(root)
    change()
    deadline = time.monotonic() + wait
    while code(root) == before and time.monotonic() < deadline:
        time.sleep(0.02)
    refusal = root.locator(".error").text_content()
    assert code(root) != before, f"nothing changed from {before} {refusal}"
    last = None
    while (now := code(root)) != last and time.monotonic() < deadline:
        last = now
        time.sleep(0.4)


def eventually(is_true, seconds=15):
    """Demand that something becomes true: the page and the kernel talk while a test goes on."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.1)


def assert_right(root):
    """Check marks, sentence and live sentence against a fresh explorer of the same state."""
    expected = state(root)
    eventually(lambda: root.locator(".sentence").text_content() == expected._sentence())
    eventually(lambda: farthest(root, expected) < 0.75)
    eventually(lambda: root.locator("[aria-live]").text_content() == expected._sentence())


def test_arrow_keys_move_a_slider_and_the_picture_is_the_right_one(explorer):
    slider = explorer.locator("input[type=range]").first
    slider.focus()
    before = int(slider.input_value())
    cell = explorer.page.evaluate(ACTIVE_CELL)

    def press():
        for key in ("ArrowLeft", "ArrowUp", "ArrowLeft", "ArrowLeft"):
            explorer.page.keyboard.press(key)

    settle(explorer, press)
    assert int(slider.input_value()) == before - 2
    assert slider.get_attribute("aria-valuetext") == explorer.locator(".value").first.text_content()
    assert explorer.page.evaluate(ACTIVE_CELL) == cell  # the notebook did not take the keys
    assert_right(explorer)


ACTIVE_CELL = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"


def test_a_drag_ends_on_the_right_picture(explorer):
    slider = explorer.locator("input[type=range]").first
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    mouse = explorer.page.mouse

    def drag():
        mouse.move(box["x"] + 8, middle)
        mouse.down()
        for x in np.linspace(8, 0.8 * box["width"], 40):
            mouse.move(box["x"] + x, middle)
        mouse.up()

    settle(explorer, drag)
    steps = int(slider.get_attribute("max"))
    assert 0.7 * steps < int(slider.input_value()) < 0.9 * steps
    assert_right(explorer)


def test_radio_buttons_and_boxes_answer_to_the_keyboard(notebook):
    clocks = find(notebook, KINDS.index(ClockExplorer))
    clocks.get_by_label("examples").first.focus()
    settle(clocks, lambda: notebook.page.keyboard.press("ArrowRight"))
    assert "clock='epochs'" in code(clocks)
    slider = clocks.get_by_label("budget")
    assert slider.get_attribute("aria-valuetext").endswith(" epochs")
    assert_right(clocks)
    path = find(notebook, KINDS.index(PathExplorer))
    path.get_by_label("B = 100").focus()
    settle(path, lambda: notebook.page.keyboard.press("Space"))
    assert "compare=(100,)" in code(path)
    assert_right(path)


def test_a_start_is_dragged_and_moved_by_the_arrow_keys(notebook):
    path = find(notebook, KINDS.index(PathExplorer))
    start = path.get_by_role("slider", name="start")
    box, mouse = start.bounding_box(), notebook.page.mouse
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]

    def drag():
        mouse.move(*middle)
        mouse.down()
        for i in range(20):
            mouse.move(middle[0] + 2 * i, middle[1] - i)
        mouse.up()

    settle(path, drag)
    slope, bias = state(path).start
    assert_right(path)
    start.focus()
    settle(path, lambda: notebook.page.keyboard.press("ArrowLeft"))
    left, same = state(path).start
    assert left < slope and abs(same - bias) < 0.02 * abs(bias) + 0.02
    assert start.get_attribute("aria-valuetext").startswith("slope w ")
    assert_right(path)


def test_an_example_is_chosen_and_moved_by_the_keyboard(notebook):
    path = find(notebook, KINDS.index(PathExplorer))
    point = path.get_by_role("slider", name="example 1 of 100")
    point.focus()
    notebook.page.keyboard.press("PageDown")
    settle(path, lambda: notebook.page.keyboard.press("Shift+ArrowUp"))
    (number,) = state(path).moved
    assert number == 1
    assert_right(path)


def test_a_press_in_a_panel_chooses_a_place(notebook):
    noise = find(notebook, KINDS.index(NoiseExplorer))
    box = noise.locator("svg.picks .ground").bounding_box()
    press = lambda: notebook.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)  # noqa: E731
    settle(noise, press)
    assert 6 <= state(noise).batch_size <= 12
    assert_right(noise)


def test_nothing_is_answered_beside_a_cell_that_runs(notebook):
    path = find(notebook, KINDS.index(PathExplorer))
    path.locator("input[type=range]").first.focus()
    state = f"repr(Out[{2 + KINDS.index(PathExplorer)}])"
    notebook.start(f"import time; before = {state}; print('runs'); time.sleep(2);"
                   f"print(before == {state})")  # fmt: skip
    settle(path, lambda: notebook.page.keyboard.press("ArrowLeft"))
    assert notebook.printed() == "runs\nTrue\n"  # two threads must not change one state


def test_play_runs_at_the_rate_of_the_screen_until_a_key_is_pressed_and_step_takes_one(notebook):
    path = find(notebook, KINDS.index(PathExplorer))
    play, step = path.get_by_role("button", name="Play"), path.get_by_role("button", name="Step")
    step.focus()
    settle(path, lambda: notebook.page.keyboard.press("Enter"))
    assert "update=0," in code(path)  # from the end it starts again
    settle(path, lambda: notebook.page.keyboard.press("Enter"))
    assert "update=1," in code(path)
    path.get_by_label("Speed").select_option("0.5")
    slider = path.locator(".plays input[type=range]")
    play.click()
    notebook.page.wait_for_timeout(1500)
    assert path.get_by_role("button", name="Pause").count() == 1
    notebook.page.keyboard.press("ArrowDown")  # any key
    assert path.get_by_role("button", name="Pause").count() == 0
    at = int(slider.input_value())
    assert at > 3
    eventually(lambda: state(path).update == at)
    notebook.page.wait_for_timeout(400)
    assert int(slider.input_value()) == at
    assert_right(path)


def test_play_ends_at_the_end_and_repeats_where_asked(notebook):
    race = find(notebook, KINDS.index(RaceExplorer))
    slider = race.locator(".plays input[type=range]")
    race.get_by_label("Speed").select_option("4")
    race.get_by_role("button", name="Play").click()
    eventually(lambda: race.get_by_role("button", name="Play").count() == 1)
    assert slider.input_value() == slider.get_attribute("max")
    race.get_by_label("repeat").check()
    race.get_by_role("button", name="Play").click()
    notebook.page.wait_for_timeout(2000)  # longer than once through
    race.get_by_role("button", name="Pause").click()
    race.get_by_label("repeat").uncheck()
    eventually(lambda: state(race).moment == int(slider.input_value()))
    assert_right(race)


def test_tab_reaches_every_control_and_shows_where_it_is(explorer):
    explorer.locator("input:checked, input[type=range]").first.focus()
    page = explorer.page
    reached = []
    for _ in range(40):
        focus = explorer.evaluate(FOCUS)
        if focus is None:
            break
        reached.append(focus)
        page.keyboard.press("Tab")
    assert all(each["outline"] >= 2 and each["style"] != "none" for each in reached)
    assert all(each["name"] for each in reached)
    groups = explorer.locator("fieldset:has(input[type=radio])").count()
    alone = explorer.locator("input:not([type=radio]), button, select, .handle").count()
    alone += sum(each.is_visible() for each in explorer.locator("summary").all())
    assert len(reached) == groups + alone  # Tab stops once at a group of radio buttons


# The focused element, if it is in this explorer: its accessible name and how the focus is drawn.
FOCUS = """(root) => {
    const element = document.activeElement;
    if (!root.contains(element)) return null;
    const ring = element.querySelector(":scope > .ring");
    const {outlineWidth, outlineStyle} = ring
        ? {outlineWidth: getComputedStyle(ring).strokeWidth, outlineStyle: "solid"}
        : getComputedStyle(element);
    const label = element.labels?.[0]?.textContent;
    return {
        name: element.getAttribute("aria-label") ?? label ?? element.textContent,
        outline: parseFloat(outlineWidth), style: outlineStyle,
    };
}"""


def test_predictions_are_kept_as_they_are_typed_and_chosen(notebook):
    number, choice = find(notebook, len(KINDS)), find(notebook, len(KINDS) + 1)
    number.get_by_label("How many?").focus()
    notebook.page.keyboard.type("6.5")
    eventually(lambda: "6.5" in notebook.run("print(number.value)"))
    assert choice.locator("input:checked").count() == 0
    choice.get_by_label("this").focus()
    notebook.page.keyboard.press("ArrowDown")
    eventually(lambda: "that" in notebook.run("print(choice.value)"))
    assert "predicted: 6.5 times (2 times too small)" in notebook.run("print(number.reveal(13))")
    notebook.run("number.value = 4")
    notebook.page.wait_for_function(
        "(input) => input.value === '4'", arg=number.locator("input").element_handle()
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_what_we_made(notebook, theme):
    notebook.theme(theme)
    for index in range(len(KINDS)):
        root = find(notebook, index)
        root.screenshot(path=OUTPUT / f"{KINDS[index].__name__}_{theme}.png")
    found = Axe().run(notebook.page, context=".explorer").response["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [f"{each['id']}: {each['help']}" for each in serious] == []
    notebook.theme("light")


@pytest.mark.parametrize("width", [1024, 720, 400])
def test_nothing_is_cut_off_on_a_narrow_page(notebook, width):
    page = notebook.page
    page.set_viewport_size({"width": width, "height": 768})
    try:
        page.wait_for_timeout(300)
        panel = page.locator(".jp-Notebook:visible").first.bounding_box()
        for index in range(len(KINDS)):
            root = find(notebook, index)
            own = root.bounding_box()
            for part in root.locator("svg.plot, input, button, select, .sentence, .share").all():
                box = part.bounding_box()
                assert own["x"] - 0.5 <= box["x"], KINDS[index]
                assert box["x"] + box["width"] <= own["x"] + own["width"] + 0.5, KINDS[index]
            assert own["x"] + own["width"] <= panel["x"] + panel["width"] + 1
    finally:
        page.set_viewport_size(SIZE)


def test_at_200_percent_zoom_nothing_is_cut_off_and_nothing_overlaps(notebook):
    page = notebook.page
    with zoom(page, 2):
        for index in range(len(KINDS)):
            root = find(notebook, index)
            page.wait_for_timeout(300)
            assert root.evaluate(CROWDED) == [], KINDS[index]
        assert page.evaluate("() => [innerWidth, devicePixelRatio]") == [SIZE["width"] / 2, 2]


@contextmanager
def zoom(page, factor):
    """Zoom as a browser does: fewer CSS pixels across the same window, more dots in each."""
    size = {name: round(length / factor) for name, length in SIZE.items()}
    devtools = page.context.new_cdp_session(page)
    metrics = {**size, "deviceScaleFactor": factor, "mobile": False}
    devtools.send("Emulation.setDeviceMetricsOverride", metrics)
    try:
        yield devtools
    finally:
        devtools.send("Emulation.clearDeviceMetricsOverride")
        devtools.detach()
        page.set_viewport_size(SIZE)


# Parts of an explorer that stick out of it, overlap each other or have more in them than is shown.
CROWDED = """(root) => {
    const own = root.getBoundingClientRect();
    const parts = [...root.querySelectorAll(
        "label, legend, input, button, select, .value, svg.plot, .title, .axis, p, code, summary")]
        .filter((part) => !part.matches(".heard, .error") && part.checkVisibility());
    const box = new Map(parts.map((part) => [part, part.getBoundingClientRect()]));
    const name = (part) => `${part.tagName} ${part.textContent.slice(0, 20)}`;
    const found = [];
    for (const [part, {left, right, top, bottom}] of box) {
        if (left < own.left || right > own.right + 0.5 || bottom > own.bottom) {
            found.push(`${name(part)} sticks out`);
        }
        const wide = part.scrollWidth > part.clientWidth + 1;
        if (wide && !part.matches("input, code, label, .value")) { // of these, some are inline
            found.push(`${name(part)} is cut off`);
        }
        for (const [other, its] of box) {
            if (part === other || part.contains(other) || other.contains(part)) continue;
            const across = Math.min(right, its.right) - Math.max(left, its.left);
            const down = Math.min(bottom, its.bottom) - Math.max(top, its.top);
            if (across > 1 && down > 1) found.push(`${name(part)} overlaps ${name(other)}`);
        }
    }
    for (let part = root; part && !part.matches(".jp-Cell"); part = part.parentElement) {
        const wide = part.scrollWidth > part.clientWidth + 1;
        if (wide) found.push(`${part.className} scrolls sideways`);
    }
    return found;
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_and_controls_have_enough_contrast_with_the_page(notebook, theme):
    notebook.theme(theme)
    try:
        for index in range(len(CELLS) - 1):
            root = find(notebook, index)
            found = [Painted(**each) for each in root.evaluate(PAINTED)]
            assert len(found) > 3
            for each in found:
                has = contrast(over(each.color, each.behind), np.array(each.behind))
                assert has >= each.needs, f"{each.what} has a contrast of {has:.2f}"
    finally:
        notebook.theme("light")


class Painted(NamedTuple):
    """A colour of the page (r, g, b, a), the opaque colour behind it, and the contrast it needs."""

    what: str
    color: list
    behind: list
    needs: float


def over(color, behind):
    *color, alpha = color
    return alpha * np.array(color) + (1 - alpha) * np.array(behind)


# Every text with its colour; and of every control the accent, its frame and the ring of the focus.
PAINTED = """(root) => {
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const read = (color) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].map((channel) => channel / 255);
    };
    const behind = (element) => {
        const color = read(getComputedStyle(element).backgroundColor);
        return color[3] > 0.99 ? color.slice(0, 3) : behind(element.parentElement);
    };
    const found = [];
    for (const element of root.querySelectorAll("*")) {
        const style = getComputedStyle(element);
        const [words] = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
        const text = words?.textContent.trim();
        if (text && !element.matches(".heard")) {
            found.push({what: text, color: read(style.color), behind: behind(element), needs: 4.5});
        }
        if (element.matches("input, button, select")) {
            element.focus();
            const ring = getComputedStyle(element).outlineColor;
            const around = behind(element.parentElement);
            const what = `${element.tagName} ${element.type}`;
            found.push({what: `${what}: focus`, color: read(ring), behind: around, needs: 3});
            found.push({what, color: read(style.accentColor), behind: around, needs: 3});
        }
    }
    return found;
}"""


def test_the_line_of_code_can_be_copied(notebook):
    path = find(notebook, 0)
    path.get_by_role("button", name="Copy").click()
    path.get_by_text("Copied").first.wait_for()
    assert notebook.page.evaluate("() => navigator.clipboard.readText()") == code(path)


def test_each_key_on_each_slider_is_answered(explorer):
    for slider in explorer.locator("input[type=range]").all():
        took = latencies(explorer, 3, slider)  # how soon is the matter of test_latency
        print(f"{slider.get_attribute('aria-valuetext')}: {np.round(took)} ms")
        assert len(took) == 3


def latencies(root, n, slider):
    """Press an arrow key n times; return the milliseconds from each to the new line of code."""
    slider.focus()
    root.page.keyboard.press("End")
    root.page.wait_for_timeout(500)
    root.page.evaluate(WATCH, root.locator(".share code").element_handle())
    there = min(10, int(slider.get_attribute("max")))  # steps before the slider turns back
    took = []
    for i in range(n):
        root.page.keyboard.press("ArrowLeft" if i % (2 * there) < there else "ArrowRight")
        took.append(root.page.evaluate("() => window.nextPicture()"))
    return took


# The marks are drawn in the same task as the line of code, so both are seen at the next frame.
WATCH = """(code) => {
    let pressed, resolve;
    addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
    const seen = [];
    new MutationObserver(() => requestAnimationFrame((now) => {
        seen.push(now - pressed);
        resolve?.();
    })).observe(code, {childList: true, characterData: true, subtree: true});
    window.nextPicture = async () => {
        const late = new Promise((_, fail) => setTimeout(() => fail(Error("no picture")), 10000));
        if (!seen.length) await Promise.race([late, new Promise((done) => { resolve = done; })]);
        return seen.shift();
    };
}"""


def stored_notebook():
    """Return a notebook as `make store` keeps it: pictures and sentences, no state of widgets."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = KERNEL
    for explorer in [kind() for kind in KINDS] + [Prediction("Which?", choices=["a", "b"])]:
        shown = explorer._repr_mimebundle_()
        data = {name: shown[name] for name in ("text/html", "text/plain")}
        output = nbformat.v4.new_output("execute_result", data, execution_count=1)
        notebook.cells.append(nbformat.v4.new_code_cell(repr(explorer), outputs=[output]))
    return notebook


def test_a_stored_notebook_shows_pictures_and_sentences_though_it_is_not_trusted(lab, address):
    nbformat.write(stored_notebook(), address.folder / "stored.ipynb")
    lab.open("stored.ipynb")
    for i, kind in enumerate(KINDS):
        image = lab.page.locator(".jp-OutputArea-output figure img, .jp-OutputArea-output img").nth(
            i
        )
        image.scroll_into_view_if_needed()
        assert image.get_attribute("alt") == kind()._sentence()
        assert image.evaluate("(image) => image.naturalWidth") > 1000
        lab.screenshot(f"stored_{kind.__name__}")
    assert lab.page.get_by_text("Error displaying widget").count() == 0
    assert lab.page.get_by_text("Predict.").count() == 1
    lab.close()


def test_a_notebook_that_was_run_saved_and_opened_again_shows_its_pictures(lab, address):
    write_notebook(address.folder / "mine.ipynb", *CELLS)
    lab.open("mine.ipynb")
    assert lab.run_all() == []
    find(lab, 0)
    lab.save()
    assert find(lab, 0).is_visible()  # the open page goes on as before
    lab.close()
    saved = nbformat.read(address.folder / "mine.ipynb", as_version=4)
    saved.cells.append(nbformat.v4.new_markdown_cell("Another hand has changed it."))
    nbformat.write(saved, address.folder / "untrusted.ipynb")
    for name, is_trusted in {"mine.ipynb": True, "untrusted.ipynb": False}.items():
        lab.open(name)
        assert lab.page.evaluate(TRUSTED) == is_trusted
        for i, kind in enumerate(KINDS):
            image = lab.page.locator(".jp-OutputArea-output img").nth(i)
            image.scroll_into_view_if_needed()
            assert image.get_attribute("alt") == kind()._sentence()
            assert image.evaluate("(image) => image.naturalWidth") > 1000
        assert lab.page.get_by_text("model not found").count() == 0
        assert lab.page.get_by_text("Predict.").count() == 2
        lab.close()


TRUSTED = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
    .filter((cell) => cell.type === "code").every((cell) => cell.trusted)"""


def test_a_stored_notebook_as_html_fits_a_phone(page, address):
    html, _ = HTMLExporter().from_notebook_node(stored_notebook())
    path = address.folder / "stored.html"
    path.write_text(html, encoding="utf-8")
    page.set_viewport_size({"width": 400, "height": 800})
    try:
        page.goto(path.as_uri())
        images = page.locator("figure img")
        assert images.count() == len(KINDS)
        for image in images.all():
            box = image.bounding_box()
            assert box["width"] > 150 and box["x"] + box["width"] <= 400
    finally:
        page.set_viewport_size(SIZE)
