"""A notebook is saved with pictures in the place of explorers, and otherwise as it is."""

from copy import deepcopy

import nbformat

from course_lib.lab.explorers import PathExplorer
from course_lib.lab.saving import WIDGET_VIEW, keep_pictures


def model_of(*outputs):
    cells = [
        nbformat.v4.new_markdown_cell("Words."),
        nbformat.v4.new_code_cell(
            "code", outputs=[nbformat.v4.new_output("display_data", data) for data in outputs]
        ),
    ]
    return {"type": "notebook", "content": nbformat.v4.new_notebook(cells=cells)}


def test_an_explorer_is_saved_as_its_picture_and_its_sentence():
    shown = PathExplorer()._repr_mimebundle_()
    assert WIDGET_VIEW in shown
    model = model_of(shown)
    keep_pictures(model=model, path="some.ipynb")
    saved = model["content"].cells[1].outputs[0].data
    assert saved == {kind: shown[kind] for kind in ("text/html", "text/plain")}


def test_what_has_no_picture_is_saved_as_it_is():
    bar = {WIDGET_VIEW: {"model_id": "1"}, "text/plain": "100%"}
    model = model_of(bar, {"text/html": "<p>a table</p>"}, {"image/png": "AAAA"})
    before = deepcopy(model)
    keep_pictures(model=model, path="some.ipynb")
    assert model == before


def test_files_that_are_no_notebooks_pass():
    model = {"type": "file", "format": "text", "content": "cells"}
    keep_pictures(model=model, path="notes.txt")
    assert model["content"] == "cells"
