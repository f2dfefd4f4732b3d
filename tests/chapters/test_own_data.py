"""A CSV file becomes data, and whatever is wrong with a file is said in one sentence."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from course_lib.chapters.own_data import BadFile, read_csv


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def rows(n=40, y=lambda i: i % 2):
    return [f"{i},{i * i % 7},{y(i)}" for i in range(n)]


def table(n=40, y=lambda i: i % 2, header="a,b,y"):
    return "\n".join([header, *rows(n, y)]) + "\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_regression_is_scaled_on_its_training_part(tmp_path, delimiter):
    X, y = load_diabetes(return_X_y=True)
    lines = [[f"f{j}" for j in range(10)] + ["target"], *np.column_stack([X, y + 0.5]).tolist()]
    text = "\n".join(delimiter.join(map(str, line)) for line in lines)
    split = read_csv(write(tmp_path / "diabetes.csv", text))
    assert [len(part) for part in split] == [309, 66, 67]
    np.testing.assert_allclose(split.train.X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(split.train.X.std(axis=0), 1)
    assert split.train.y.mean() == pytest.approx(0, abs=1e-12)
    assert split.train.y.std() == pytest.approx(1)
    assert not np.allclose(split.test.X.mean(axis=0), 0)  # scaled like the training part


@pytest.mark.parametrize("names", [("no", "yes"), ("0", "1"), ("-1", "1")])
def test_classes_become_numbers_from_0(tmp_path, names):
    split = read_csv(write(tmp_path / "t.csv", table(y=lambda i: names[i % 2])))
    y = np.concatenate([part.y for part in split])
    assert set(y) == {0, 1} and (y == 1).sum() == 20


def test_target_can_be_any_column_and_examples_keep_their_targets(tmp_path):
    split = read_csv(write(tmp_path / "t.csv", table(100, y=lambda i: i / 8)), target="a")
    for part in split:  # column y is a / 8, so that, scaled alike, feature and target agree
        np.testing.assert_allclose(part.X[:, 1], part.y, atol=1e-9)


def test_same_seed_splits_alike(tmp_path):
    path = write(tmp_path / "t.csv", table())
    np.testing.assert_array_equal(read_csv(path, seed=3).train.X, read_csv(path, seed=3).train.X)
    assert not np.array_equal(read_csv(path, seed=3).train.X, read_csv(path, seed=4).train.X)


def test_a_constant_feature_stays_finite(tmp_path):
    text = "\n".join(["a,b,y", *[f"5,{i},{i % 2}" for i in range(40)]])
    assert (read_csv(write(tmp_path / "t.csv", text)).train.X[:, 0] == 0).all()


def with_row(row, at=7):
    lines = table().splitlines()
    lines[at - 1] = row
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "t.csv is empty"),
        (" \n\n", "t.csv is empty"),
        ("a,b,y\n", "t.csv has 0 rows below its header. It needs at least 20"),
        (table(5), "t.csv has 5 rows below its header"),
        ("y\n" + "1\n" * 30, "t.csv has a single column"),
        (table(header="a,a,y"), "two columns of the same name"),
        (with_row("tall,1,0"), "line 7, column 'a' is 'tall', not a finite number. Mend it"),
        (with_row("nan,1,0"), "line 7, column 'a' is 'nan', not a finite number"),
        (with_row("1,inf,0"), "line 7, column 'b' is 'inf', not a finite number"),
        (with_row("1,,0"), "line 7, column 'b' is empty. Mend it"),
        (with_row("1,2,"), "line 7, column 'y' has no value: ''. Mend it"),
        (with_row("1,2,NaN"), "line 7, column 'y' has no value: 'NaN'"),
        (with_row("1,2"), "line 7 has 2 values, but the header 3"),
        (table(y=lambda i: "yes"), "every 'y' is 'yes': nothing to learn"),
        (table(y=lambda i: f"name {i}"), "column 'y' has 40 different values in 40 rows"),
    ],
)
def test_a_bad_file_is_refused_with_the_place(tmp_path, text, says):
    with pytest.raises(BadFile, match=says.replace("(", r"\(")):
        read_csv(write(tmp_path / "t.csv", text))


def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path):
    with pytest.raises(BadFile, match="There is no file"):
        read_csv(tmp_path / "missing.csv")
    with pytest.raises(BadFile, match="cannot be read as a file"):
        read_csv(tmp_path)
    (tmp_path / "utf16.csv").write_text(table(), encoding="utf-16")
    with pytest.raises(BadFile, match="not a text file in UTF-8"):
        read_csv(tmp_path / "utf16.csv")
    with pytest.raises(BadFile, match="no column 'z'; its columns are a, b, y"):
        read_csv(write(tmp_path / "t.csv", table()), target="z")


def test_a_notebook_shows_the_sentence_and_no_traceback():
    error = BadFile("t.csv is empty.")
    assert error._render_traceback_() == ["t.csv is empty."]
    assert isinstance(error, ValueError)
