"""Scenes as data: ticks, marks and frames, what travels, and how it is drawn in print."""

import io

import numpy as np
import pytest
from PIL import Image

from course_lib.lab.explorers.scene import INK, Axis, Mark, Panel, Scene, Wire
from course_lib.lab.explorers.still import image, legend


def scene(*marks):
    panel = Panel("here", "a panel", Axis("x", 0, 10), Axis("y", 1e-3, 1e3, log=True))
    return Scene([panel], list(marks))


@pytest.mark.parametrize(
    ("axis", "words"),
    [
        (Axis("x", 0, 200), ["0", "50", "100", "150", "200"]),
        (Axis("x", 1, 100, log=True), ["1", "2", "5", "10", "20", "50", "100"]),
        (Axis("x", 1e-5, 1, log=True), ["10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"]),
        (Axis("x", 0, 1, ticks=(0.5,), text=lambda x: f"<{x}>"), ["<0.5>"]),
    ],
)
def test_ticks_of_an_axis_are_written_in_one_way(axis, words):
    assert [text for _, text in axis.marked()] == words
    assert all(axis.low - 1e-9 <= at <= axis.high + 1e-9 for at, _ in axis.marked())


def test_a_frame_shows_its_rows():
    mark = Mark("line", "here", np.arange(8).reshape(4, 2), spans=np.array([[0, 1], [1, 4]]))
    assert mark.at(0).tolist() == [[0, 1]] and len(mark.at(1)) == 3 and len(mark.at(None)) == 4


def test_marks_are_the_same_if_they_look_the_same():
    mark = Mark("line", "here", [(1, 2), (np.nan, 3)])
    assert mark.same_as(Mark("line", "here", [(1, 2), (np.nan, 3)]))
    assert not mark.same_as(Mark("line", "here", [(1, 2), (np.nan, 4)]))
    assert not mark.same_as(Mark("line", "here", mark.points, width=5))
    assert not mark.same_as(Mark("line", "here", mark.points, spans=[[0, 1]]))
    assert not mark.same_as(None)


def test_the_wire_carries_what_changed_as_one_buffer():
    wire = Wire()
    still = Mark("points", "here", [(1, 1)])
    message, (buffer,) = wire.pack(scene(still, Mark("line", "here", [(0, 1), (2, 3)])))
    assert [sent["index"] for sent in message["changed"]] == [0, 1] and "panels" in message
    offset, size = message["changed"][1]["points"]
    numbers = np.frombuffer(buffer, "<f4")
    assert numbers[offset : offset + size].tolist() == [0, 1, 2, 3]
    message, _ = wire.pack(scene(still, Mark("line", "here", [(0, 1), (2, 9)])))
    assert [sent["index"] for sent in message["changed"]] == [1] and "panels" not in message
    message, buffers = wire.pack(scene(still))
    assert message == {"n_marks": 1, "changed": []} and buffers == []


def test_each_kind_of_mark_is_drawn_where_it_stands():
    blue = ("#0000ff", "#0000ff")
    marks = [
        Mark("line", "here", [(1, 1), (9, 1)], color=blue, width=6),
        Mark("points", "here", [(5, 1)], color=blue, size=20),
        Mark("band", "here", [(1, 0.1, 10), (9, 0.1, 10)], color=blue),
        Mark("segments", "here", [(1, 1, 9, 1)], color=blue, width=6),
        Mark("areas", "here", [(1, 0.1, 9, 10)], color=blue),
        Mark("areas", "here", [(1, 0.1, 9, 10)], color=blue, shades=np.array([1.0])),
        Mark("text", "here", [(5, 1)], color=blue, words="■■■", anchor="middle"),
    ]
    for mark in marks:
        pixels = np.asarray(Image.open(io.BytesIO(image(scene(mark)))).convert("RGB")).astype(int)
        is_blue = (pixels[..., 2] > 150) & (pixels[..., 0] < 90)
        rows, columns = np.nonzero(is_blue)
        middle = np.median(rows) / len(pixels), np.median(columns) / pixels.shape[1]
        assert is_blue.sum() > 50, mark.kind
        assert 0.3 < middle[0] < 0.6 and 0.4 < middle[1] < 0.65, mark.kind


def test_infinite_numbers_and_holes_are_drawn():
    marks = [Mark("line", "here", [(1, 1), (np.nan, np.nan), (5, np.inf), (7, -np.inf)]),
             Mark("points", "here", [(np.inf, 1), (np.nan, 2)])]  # fmt: skip
    assert image(scene(*marks))


def test_the_legend_names_each_label_once():
    marks = [
        Mark("line", "here", [], label="one"),
        Mark("points", "here", [], label="one"),
        Mark("line", "here", [], color=INK, label="two"),
        Mark("line", "here", []),
    ]
    assert [mark.label for mark in legend(scene(*marks))] == ["one", "two"]
