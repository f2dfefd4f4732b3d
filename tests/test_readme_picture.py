"""The README shows what the course really draws, and says it in words too."""

from tests.tools.readme_picture import PICTURE, ROOT, stored_picture


def test_picture_is_the_one_that_the_notebook_drew():
    assert PICTURE.read_bytes() == stored_picture()[1], "run: python -m tests.tools.readme_picture"


def test_readme_shows_it_with_a_text_alternative():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    before, _, _ = readme.partition(f"]({PICTURE.relative_to(ROOT).as_posix()})")
    assert len(before) < len(readme), "the README does not show the picture"
    assert len(before.rpartition("![")[2]) > 40  # its text alternative
