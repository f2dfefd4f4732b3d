"""Storing a notebook: what is kept of a run, and what is not."""

import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.tools import store


def write(path, *sources):
    cells = [new_code_cell(source) for source in sources]
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Title"), *cells]), path)
    return path


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A notebook that was stored twice: its path, its bytes after the first and the second time."""
    path = write(
        tmp_path_factory.mktemp("a folder") / "some.ipynb",
        "import os, pathlib, sys, ipywidgets, tqdm\nprint(1)\nprint(2, flush=True)\nprint(3)",
        "os.environ['OMP_NUM_THREADS'], str(pathlib.Path.cwd().name), sys.prefix",
        "ipywidgets.IntSlider(value=4)",
        "for _ in tqdm.tqdm(range(3)):\n    pass",
    )
    assert store.main([str(path)]) == 0
    first = path.read_bytes()
    assert store.main([str(path)]) == 0
    return path, first, path.read_bytes()


def test_storing_twice_gives_the_same_bytes(stored):
    _, first, second = stored
    assert first == second


def test_outputs_and_the_order_of_execution_are_kept(stored):
    cells = nbformat.read(stored[0], as_version=4).cells
    assert [cell.execution_count for cell in cells[1:]] == [1, 2, 3, 4]
    assert [output.text for output in cells[1].outputs] == ["1\n2\n3\n"]


def test_cells_run_in_the_notebooks_folder_with_one_thread_and_this_python(stored):
    output = nbformat.read(stored[0], as_version=4).cells[2].outputs[0]
    threads, folder, prefix = eval(output.data["text/plain"])
    assert threads == "1"
    assert folder == stored[0].parent.name
    assert prefix == sys.prefix


def test_a_widget_leaves_its_text_alone(stored):
    output = nbformat.read(stored[0], as_version=4).cells[3].outputs[0]
    assert output.data == {"text/plain": "IntSlider(value=4)"}


def test_no_progress_bar_is_stored(stored):
    assert nbformat.read(stored[0], as_version=4).cells[4].outputs == []


def test_a_failing_cell_leaves_the_notebook_as_it_was(tmp_path, capsys):
    path = write(tmp_path / "failing.ipynb", "print('before')", "1 / 0", "print('after')")
    before = path.read_bytes()
    assert store.main([str(path)]) == 1
    message = capsys.readouterr().err
    assert "cell 3 of 4 did not run" in message
    assert "ZeroDivisionError" in message
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["failing.ipynb"]


def test_a_cell_that_never_ends_is_given_up(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(store, "CELL_TIMEOUT", 1)
    path = write(tmp_path / "endless.ipynb", "while True: pass")
    assert store.main([str(path)]) == 1
    assert "cell 2 of 2" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", '{"cells": 1}'])
def test_a_file_that_is_no_notebook_is_named(tmp_path, capsys, text):
    path = tmp_path / "broken.ipynb"
    path.write_text(text)
    assert store.main([str(path)]) == 1
    assert str(path) in capsys.readouterr().err
    assert path.read_text() == text


def test_only_neighbouring_pieces_of_one_stream_are_joined():
    def stream(name, text):
        return new_output("stream", name=name, text=text)

    merged = store.merge_streams(
        [stream("stdout", "a"), stream("stdout", "b"), stream("stderr", "c"), stream("stdout", "d")]
    )
    assert [(output.name, output.text) for output in merged] == [
        ("stdout", "ab"),
        ("stderr", "c"),
        ("stdout", "d"),
    ]
