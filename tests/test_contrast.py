"""Everything inside the pictures stands out from what is behind it, and `faint` would notice."""

import base64
import re
import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_rgb

from course_lib.data import lesson_line
from course_lib.lab.explorers import Prediction
from course_lib.lab.explorers.still import figure
from course_lib.models import line
from course_lib.plots import LOOKS, color_of, draw_contours
from tests.lab.explorers.tools import KINDS
from tests.tools.contrast import LINES, TEXT, contrast, faint

WHITE = to_rgb("white")


@pytest.mark.parametrize("kind", KINDS)
def test_texts_and_lines_of_an_explorer_have_enough_contrast(kind):
    explorer = kind()
    assert faint(figure(explorer._scene(), explorer._frame())) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_colours_of_an_explorer_have_enough_contrast_with_either_page(kind):
    for mark in kind()._scene().marks:
        if mark.kind in ("line", "points") and mark.opacity == 1:
            light, dark = mark.color
            assert contrast(to_rgb(light), WHITE) >= LINES
            assert contrast(to_rgb(dark), to_rgb("#212121")) >= LINES


@pytest.mark.parametrize("batch_size", [1, 2, 5, 10, 32, 50, 100, 300, 1000, 65536])
def test_the_colour_of_a_batch_size_has_enough_contrast_with_either_page(batch_size):
    light, dark = map(to_rgb, color_of(batch_size))
    assert contrast(light, WHITE) >= LINES and contrast(dark, to_rgb("#212121")) >= LINES


def test_the_larger_a_batch_size_the_darker():
    against_white = [
        contrast(to_rgb(color_of(B)[0]), WHITE) for B in (1, 3, 10, 32, 100, 320, 1000)
    ]
    assert against_white == sorted(against_white)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look["color"])
def test_each_colour_has_enough_contrast_with_white(look):
    assert contrast(to_rgb(look["color"]), WHITE) >= LINES


def test_contours_have_enough_contrast_with_white(ax):
    draw_contours(ax, line(), lesson_line(), (-1, 1), (-1, 1))
    colors = ax.collections[0].get_edgecolor()
    assert contrast(colors[:, :3], WHITE).min() >= LINES


def test_bars_of_a_prediction_and_their_words_have_enough_contrast():
    guess = Prediction("How many?")
    guess.value = 3
    data = re.search('base64,([^"]+)', guess.reveal(4)._repr_html_())[1]
    svg = ET.fromstring(base64.b64decode(data))
    plate, *bars = svg.findall("{*}rect")
    assert contrast(to_rgb(svg.get("fill")), to_rgb(plate.get("fill"))) >= TEXT
    assert len(bars) == 3, "two bars and the line of zero"
    for bar in bars:
        assert contrast(to_rgb(bar.get("fill")), to_rgb(plate.get("fill"))) >= LINES


@pytest.fixture
def ax():
    with plt.style.context("course_lib.course"):
        fig, ax = plt.subplots()
        yield ax
        plt.close(fig)


def test_what_is_faint_is_noticed_and_named(ax):
    ax.plot([0, 1], [0, 1], color="#BBBBBB", label="light")
    ax.plot([0, 1], [1, 0], color="black", alpha=0.3, label="clear")
    ax.plot([0, 1], [0.2, 0.2], "o", color="#CCCCCC", label="dots")
    ax.plot([0, 1], [0.4, 0.4], color="black", label="strong")
    ax.text(0.5, 0.6, "pale", color="#999999")
    ax.text(0.5, 0.7, "dark")
    found = " ".join(faint(ax.figure))
    assert all(name in found for name in ("light", "clear", "dots", "pale"))
    assert "strong" not in found and "dark" not in found


def test_the_background_that_counts_is_the_one_behind(ax):
    ax.axvspan(0.3, 0.7, color="#555555", linewidth=0)
    ax.plot([0.4, 0.6], [0.5, 0.5], color="black", label="night")
    ax.plot([0.4, 0.6], [0.6, 0.6], color="white", label="moon")
    ax.text(0.5, 0.2, "unseen", ha="center")
    ax.text(0.5, 0.8, "seen", ha="center", bbox={"facecolor": "white", "edgecolor": "none"})
    ax.set(xlim=(0, 1), ylim=(0, 1))
    found = " ".join(faint(ax.figure))
    assert "night" in found and "'unseen'" in found
    assert "moon" not in found and "'seen'" not in found


def test_contrast_of_black_with_white_is_21():
    assert contrast((0, 0, 0), WHITE) == pytest.approx(21)
    assert contrast(to_rgb("#767676"), WHITE) == pytest.approx(4.54, abs=0.01)
