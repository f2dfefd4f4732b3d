"""The command that chooses a batch size for a CSV file, and what it writes."""

import json
from html.parser import HTMLParser

import numpy as np
import pytest

from course_lib.chapters.choosing.__main__ import main

QUICK = ["--quiet", "--n-runs", "4", "--smallest", "16"]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 3))
    y = X @ [1, 2, 3] + 0.3 * rng.standard_normal(200)
    path = tmp_path_factory.mktemp("data") / "trees & <shrubs>.csv"
    np.savetxt(path, np.column_stack([X, y]), delimiter=",", header="a,b,c,height", comments="")
    return path


class Page(HTMLParser):
    """The tags of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_table_picture_and_reasons_are_written_in_three_forms(file, tmp_path, capsys):
    page, data = tmp_path / "page.html", tmp_path / "found.json"
    assert main([str(file), *QUICK, "--html", str(page), "--json", str(data)]) == 0
    text = capsys.readouterr().out
    found = json.loads(data.read_text(encoding="utf-8"))
    assert f"Take B = {found['batch_size']} with a learning rate of" in text
    assert "█" in text and "predicts 'height' from 3 features" in " ".join(text.split())
    assert found["trials"][0]["batch_size"] == 16 and found["trials"][0]["seconds"] > 0
    html = page.read_text(encoding="utf-8")
    tags = Page(html).tags
    (image,) = [attrs for tag, attrs in tags if tag == "img"]
    assert image["alt"] == found["picture"] and "Three panels" in image["alt"]
    assert "prefers-color-scheme: dark" in next(a["media"] for tag, a in tags if tag == "source")
    links = [attrs.get("src") or attrs.get("srcset") for tag, attrs in tags]
    assert all(link.startswith("data:") for link in links if link)  # needs no other file
    assert "A batch size for trees &amp; &lt;shrubs&gt;.csv" in html
    assert found["reasons"][0].split(":")[0] in html


def test_a_target_out_of_reach_is_said_in_every_form(file, tmp_path, capsys):
    page, data = tmp_path / "page.html", tmp_path / "found.json"
    options = ["--target", "1e-6", "--max-epochs", "2", "--html", str(page), "--json", str(data)]
    assert main([str(file), *QUICK, *options]) == 0
    assert "No batch size tried reached a loss of 1e-06" in capsys.readouterr().out
    found = json.loads(data.read_text(encoding="utf-8"))
    assert found["batch_size"] is None and found["trials"][0]["updates"] is None
    assert "<img" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--column", "z"], "a, b, c, height; not 'z'."),
        (["--target", "-1"], "target must be a positive number, not -1.0"),
        (["--target", "low"], "argument --target: invalid float value: 'low'"),
        (["--hidden", "8"], "--hidden is for classes, and 'height' is a number: leave it out."),
        (["--seed", "-1"], "seed must be a whole number of at least 0, not -1"),
        (["--smallest", "1000"], "smallest must be a whole number from 1 to 140, not 1000"),
        (["--learning-rates", "1"], "learning_rates must be at least 3 in increasing order"),
        (["--html", "no/such/page.html"], "cannot be written"),
        (["--no-header"], "line 1, column 'column 1' is 'a', not a finite number"),
        (["--wide"], "unrecognized arguments: --wide"),
        (["--optimizer", "lbfgs"], "invalid choice: 'lbfgs'"),
    ],
)
def test_every_refusal_is_one_sentence_and_exit_code_2(file, options, says, capsys):
    try:
        code = main([str(file), *QUICK, *options])
    except SystemExit as left:
        code = left.code
    told = capsys.readouterr()
    assert code == 2 and told.out == ""
    assert says.lower() in told.err.lower() and told.err.count("\n") == 1


def test_a_missing_file_is_one_sentence(capsys):
    assert main(["missing.csv"]) == 2
    assert capsys.readouterr().err == (
        "There is no file 'missing.csv'. Is the name right, and the folder?\n"
    )
