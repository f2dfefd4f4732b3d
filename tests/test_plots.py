"""Drawing functions draw what they are given, and every picture says in words what it shows."""

import io
import struct

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from course_lib.data import lesson_line
from course_lib.measure import least_squares
from course_lib.models import line
from course_lib.optimizers import constant, sgd
from course_lib.plots import (
    LOOKS,
    describe,
    draw_arrows,
    draw_band,
    draw_clocks,
    draw_cloud,
    draw_contours,
    draw_data,
    draw_line,
    draw_loss,
    draw_optimum,
    draw_path,
    draw_spread,
    draw_theory,
    tick_at,
)
from course_lib.training import train

DATA = lesson_line()
BEST = least_squares(DATA, bias=True)


@pytest.fixture
def ax():
    with matplotlib.rc_context({"backend": "agg"}), plt.style.context("course_lib.course"):
        fig, ax = plt.subplots()
        yield ax
        plt.close(fig)


def some_runs(**options):
    options = {"n_updates": 50, "n_runs": 8} | options
    return [train(line(), DATA, sgd(), constant(0.05), batch_size=B, **options) for B in (1, 10)]


def test_describe_gives_html_with_a_text_alternative_and_closes_the_figure(ax):
    picture = describe(ax.figure, 'A "quoted" <line> rises', fixed="α = 0.1")
    assert (
        'alt="A &quot;quoted&quot; &lt;line&gt; rises Held fixed: α = 0.1."'
        in picture._repr_html_()
    )
    assert repr(picture) == 'A "quoted" <line> rises Held fixed: α = 0.1.'
    assert not plt.fignum_exists(ax.figure.number)


def test_pictures_are_twice_as_fine_as_they_are_wide_and_small(ax):
    draw_loss(ax, some_runs())
    picture = describe(ax.figure, "Two curves fall.")
    width, _ = struct.unpack(">II", picture.png[16:24])
    assert width == 2 * picture.width
    assert len(picture.png) < 60_000


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_a_picture_without_words_is_refused(ax, alt):
    with pytest.raises(ValueError, match="alt must say what the picture shows"):
        describe(ax.figure, alt)


def test_every_function_returns_its_axes_and_labels_them(ax):
    runs = some_runs()
    assert draw_data(ax, DATA) is ax and ax.get_xlabel() and ax.get_ylabel()
    assert draw_line(ax, BEST) is ax
    assert draw_loss(ax, runs) is ax and (ax.get_xlabel(), ax.get_ylabel()) == ("updates", "loss")
    assert draw_contours(ax, line(), DATA, (0, 4), (2, 6)) is ax and ax.get_xlabel() == "slope w"
    ax.clear()
    for drawn in (
        draw_path(ax, runs[0].w), draw_cloud(ax, runs[0].w), draw_optimum(ax, BEST),
        draw_arrows(ax, BEST, runs[0].w), draw_spread(ax, {"a": runs[0].w[:, 0]}, 3.0),
    ):  # fmt: skip
        assert drawn is ax
    ax.clear()
    assert draw_theory(ax, [1, 2], [2, 1], [2, 1], label="x") is ax


def test_curve_is_the_median_and_the_band_holds_80_percent(ax):
    run = some_runs(n_runs=101)[0]
    draw_loss(ax, [run], "epochs")
    curve = ax.lines[0]
    np.testing.assert_allclose(curve.get_xdata(), run.updates / 100)
    np.testing.assert_allclose(curve.get_ydata(), np.median(run.loss, axis=0))
    edges = ax.collections[0].get_paths()[0].vertices[:, 1]
    inside = (run.loss[:, -1] >= edges.min()) & (run.loss[:, -1] <= edges.max())
    assert inside.sum() >= 80


def test_subtracting_the_least_loss_is_said_on_the_axis(ax):
    least = line().loss(BEST, DATA.X, DATA.y)
    draw_loss(ax, some_runs(), minus=least)
    assert ax.get_ylabel() == "excess loss (loss − least loss)"


def test_a_diverging_run_is_drawn_and_named(ax):
    lost = train(line(), DATA, sgd(), constant(5.0), batch_size=100, n_updates=900, n_runs=2)
    draw_loss(ax, [lost])
    assert "B = 100 (diverges)" in [text.get_text() for text in ax.get_legend().get_texts()]
    ends = [artist for artist in ax.lines if artist.get_marker() == "X"]
    assert len(ends) == 1 and np.isfinite(ends[0].get_ydata()).all()


def test_clocks_show_the_same_losses_against_other_axes(ax):
    fig, axes = plt.subplots(1, 4)
    runs = some_runs()
    draw_clocks(axes, runs, seconds_per_update=[1e-3, 2e-3])
    assert [a.get_xlabel() for a in axes] == [
        "updates", "examples seen", "epochs (N examples seen)", "seconds on this machine",
    ]  # fmt: skip
    ends = [[curve.get_xdata()[-1] for curve in a.lines] for a in axes]
    np.testing.assert_allclose(ends, [[50, 50], [50, 500], [0.5, 5], [0.05, 0.1]])
    plt.close(fig)


def test_an_unknown_clock_is_refused(ax):
    with pytest.raises(ValueError, match="clock must be one of 'updates', 'examples', 'epochs'"):
        draw_loss(ax, some_runs(), "minutes")


def test_spread_marks_median_and_both_ends(ax):
    values = np.arange(1001.0)
    draw_spread(ax, {"all": values})
    bar, middle = ax.lines[1], ax.lines[2]
    np.testing.assert_allclose(bar.get_xdata(), [100, 900])
    assert middle.get_xdata()[0] == 500


def test_every_bar_of_a_spread_is_solid(ax):
    draw_spread(ax, {name: np.arange(10.0) for name in "abcd"})
    assert [artist.get_linestyle() for artist in ax.lines[1::3]] == ["-"] * 4


def test_ticks_stand_at_the_values_alone_even_on_a_log_axis(ax):
    draw_theory(ax, [0.005, 0.02, 64], [3, 2, 1], [3, 2, 1], label="x")
    assert tick_at(ax, [0.005, 0.02, 64]) is ax
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0.005", "0.02", "64"]
    assert len(ax.get_xticks(minor=True)) == 0


def test_looks_differ_in_colour_dash_and_marker():
    for part in ("color", "linestyle", "marker"):
        assert len({str(look[part]) for look in LOOKS}) == len(LOOKS)


def test_colours_survive_the_smaller_palette_of_the_image(ax):
    noise = np.random.default_rng(0).random((9, 60))
    for i in range(4):
        draw_band(ax, np.arange(60.0), noise + i, i, f"run {i}")
    ax.plot(30, 5, "o", color="#C46E9E", markersize=6)  # few pixels
    drawn = io.BytesIO()
    ax.figure.savefig(drawn, dpi=192)
    pixels, kept = (
        np.asarray(Image.open(file).convert("RGB")).astype(int)
        for file in (drawn, io.BytesIO(describe(ax.figure, "Four bands and a dot.").png))
    )
    assert np.abs(pixels - kept).max() < 40
    assert np.mean(np.abs(pixels - kept).max(axis=-1) > 8) < 0.01
    assert (kept[0, 0] == 255).all()
