"""The look of the course's pages in JupyterLab: its width, and its pictures in the dark theme."""

import shutil

import pytest

from tests.browser.lab import ROOT

pytestmark = [pytest.mark.flaky(reruns=2), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def notebook(lab, address):
    shutil.copy(ROOT / "notebooks" / "05_fair_comparisons.ipynb", address.folder / "page.ipynb")
    lab.open("page.ipynb")
    lab.page.locator(".jp-RenderedMarkdown p").first.wait_for()
    yield lab
    lab.close()


def test_text_stands_in_a_column_of_75_characters(notebook):
    widths = notebook.page.evaluate(
        """() => [...document.querySelectorAll(".jp-RenderedMarkdown > p")].map((p) => {
            const letter = document.createElement("span");
            letter.style.cssText = "display: inline-block; width: 1ch";
            p.append(letter);
            const width = p.getBoundingClientRect().width / letter.getBoundingClientRect().width;
            letter.remove();
            return width;
        })"""
    )
    assert len(widths) > 3 and max(widths) <= 75.5


def test_pictures_are_dark_on_a_dark_page_only(notebook):
    image = notebook.page.locator(".jp-OutputArea-output img").first
    image.scroll_into_view_if_needed()
    filters = {}
    for theme in ("dark", "light"):
        notebook.theme(theme)
        filters[theme] = image.evaluate("(image) => getComputedStyle(image).filter")
    assert filters["light"] == "none" and filters["dark"].startswith("invert(")
