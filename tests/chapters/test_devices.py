"""Measurements of devices: the course's own rows are in order, and a file that is not is refused.

Whoever sends rows appends them to ``course_lib/chapters/accelerators.csv`` and runs this file.
"""

import csv

import numpy as np
import pytest

from course_lib.chapters.devices import DTYPES, NETWORKS, Row, read, series

ROUNDS = " ".join(["0.0004", "0.0005"] * 8)
LINE = {
    "device": "A GPU", "kind": "cuda", "threads": "1", "system": "Linux x86_64", "python": "3.12",
    "torch": "2.13", "date": "2026-11-24", "load": "", "network": "digits", "parameters": "4810",
    "dtype": "bfloat16", "batch_size": "1", "status": "measured", "clock": "wall",
    "seconds": ROUNDS, "peak_bytes": "60000", "peak_by": "the allocator's peak",
}  # fmt: skip
SECOND = LINE | {"batch_size": "2", "peak_bytes": "61000"}
THIRD = LINE | {"batch_size": "4", "status": "out of memory", "seconds": "", "peak_bytes": ""}


def written(tmp_path, *lines):
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, Row._fields)
        writer.writeheader()
        writer.writerows(lines)
    return path


def test_the_course_s_rows_are_in_order():
    """Any line that is not is named by the error."""
    found = series(read())
    measured = {(each.network, each.dtype) for each in found}
    assert measured == {(network, dtype) for network in NETWORKS for dtype in DTYPES}
    for each in found:
        assert {31, 32, 33} <= {*each.batch_sizes} or each.ended, each[:4]


def test_rows_become_a_series_with_its_end(tmp_path):
    (found,) = series(read(written(tmp_path, SECOND, THIRD, LINE)))
    assert found.batch_sizes.tolist() == [1, 2] and found.seconds.shape == (16, 2)
    assert np.median(found.seconds) == pytest.approx(0.00045)
    assert found.peak_bytes.tolist() == [60_000, 61_000]
    assert found.ended == "B = 4: out of memory"


def test_a_series_without_an_end_ended_by_plan(tmp_path):
    assert series(read(written(tmp_path, LINE, SECOND)))[0].ended == ""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"device": ""}, "line 2: device must not be empty"),
        ({"kind": "gpu"}, "line 2: kind must be one of cpu, cuda, mps, not 'gpu'"),
        ({"threads": "0"}, "line 2: threads must be at least 1"),
        ({"date": "24.11.2026"}, "line 2: date must be a day such as 2026-11-24"),
        ({"load": "-1"}, "line 2: load must not be negative"),
        ({"network": "resnet"}, "line 2: network must be one of line, digits, wide, transformer"),
        ({"parameters": "4811"}, "line 2: digits has 4810 parameters, not 4811"),
        ({"dtype": "float64"}, "line 2: dtype must be one of float32, bfloat16"),
        ({"batch_size": "1.0"}, "line 2: batch_size must be a whole number, not '1.0'"),
        ({"status": "fine"}, "line 2: status must be one of measured, out of memory, too slow"),
        ({"status": "too slow"}, "line 2: only what was measured has numbers"),
        ({"clock": ""}, "line 2: clock must be one of processor, wall"),
        ({"seconds": "0.1 0.2"}, "line 2: seconds must be of 16 rounds or more, not 2"),
        ({"seconds": "400 µs"}, "line 2: seconds must be numbers with spaces between"),
        ({"seconds": " ".join(["400"] * 16)}, "line 2: seconds must be seconds for one update"),
        ({"seconds": " ".join(["nan"] * 16)}, "line 2: seconds must be seconds for one update"),
        ({"peak_bytes": "0.06"}, "line 2: peak_bytes must be a whole number, not '0.06'"),
        ({"peak_bytes": "60"}, "line 2: peak_bytes must be bytes, at least the 9,620 of the"),
    ],
)
def test_a_cell_that_cannot_be_is_named_with_its_line(tmp_path, change, says):
    with pytest.raises(ValueError, match=says):
        read(written(tmp_path, LINE | change, SECOND))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([LINE, LINE], "A GPU, digits, bfloat16: a batch size stands twice"),
        ([THIRD], "it must start with batch size 1, measured"),
        ([SECOND, LINE | {"batch_size": "3"}], "it must start with batch size 1, measured"),
        ([LINE, SECOND, THIRD, THIRD | {"batch_size": "8"}], "only the largest batch size may be"),
        ([LINE, SECOND, THIRD | {"batch_size": "1"}], "a batch size stands twice"),
        ([LINE, SECOND | {"seconds": ROUNDS + " 0.0004"}], "rounds are missing somewhere"),
        ([LINE, SECOND | {"seconds": ROUNDS.replace("0.000", "0.0000")}], "took less time than"),
        ([LINE, SECOND | {"peak_bytes": "50000"}], "held no more memory than its smallest"),
    ],
)
def test_lines_that_do_not_go_together_are_refused(tmp_path, lines, says):
    with pytest.raises(ValueError, match=says):
        series(read(written(tmp_path, *lines)))


def test_columns_and_cells_that_are_missing_are_told(tmp_path):
    path = written(tmp_path, LINE)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0].replace("dtype", "type"), lines[1]]))
    with pytest.raises(ValueError, match="first line is device,kind,threads"):
        read(path)
    path.write_text("\n".join([lines[0], "A GPU,cuda"]))
    with pytest.raises(ValueError, match="line 2: it must have 17 cells"):
        read(path)
    with pytest.raises(ValueError, match="path must be a file of measurements"):
        read(tmp_path / "nothing.csv")
    with pytest.raises(ValueError, match="rows must hold one or more rows"):
        series([])
