"""A CSV file becomes data, and whatever is wrong with a file is said in one sentence."""

from time import process_time

import numpy as np
import pytest

from course_lib.chapters.own_data import BadFile, read_csv, read_table
from course_lib.data import DIABETES


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def rows(n=40, y=lambda i: i % 2):
    return [f"{i},{i * i % 7},{y(i)}" for i in range(n)]


def table(n=40, y=lambda i: i % 2, header="a,b,y"):
    return "\n".join([header, *rows(n, y)]) + "\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_regression_is_scaled_on_its_training_part(tmp_path, delimiter):
    text = DIABETES.read_text().replace(",", delimiter)
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


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\n\n" + table().replace("5,4,1\n", "\n5,tall,1\n"), "line 10, column 'b' is 'tall'"),
        (table().replace("5,4,1", '5,"4\n4",1'), "line 7, column 'b' is '4"),
        (with_row("5," + "x" * 200_000 + ",1"), r"'b' is 'x{40}…' \\(200,000 characters\\), not a"),
        (
            table().replace(",", ";").replace("5;4;1", "5,5;4;1"),
            "'5,5', not .* Write decimals",
        ),
        (
            table().replace("\n", ",\n").replace("5,4,1,", "5,4,,"),
            "line 7, column 'y' has no value",
        ),
        (with_row("5,4,1,"), "line 7 has 4 values, but the header 3"),
        (table(1) + "1e999,1,1\n" * 30, "line 3, column 'a' is '1e999', not a finite number"),
    ],
)
def test_the_line_of_a_mistake_is_that_of_the_file(tmp_path, text, says):
    with pytest.raises(BadFile, match=says.replace("\\\\", "\\")):
        read_csv(write(tmp_path / "t.csv", text))


def same(tmp_path, text):
    """Whether a file says the same as the plain table."""
    plain = read_table(write(tmp_path / "plain.csv", table()))
    other = read_table(write(tmp_path / "t.csv", text))
    np.testing.assert_array_equal(plain.X, other.X)
    np.testing.assert_array_equal(plain.y, other.y)
    return plain.features == other.features


@pytest.mark.parametrize(
    "text",
    [
        table().replace("\n", ",\n"),
        table().replace(",", ";").replace("\n", ";\n"),
        table().replace("\n", "\t\n").replace(",", "\t"),
        table().replace("1\n", "1,\n").replace("0\n", "0,\n"),  # all rows, but not the header
        "\ufeff" + table(),
        "\n" + table().replace("\n", "\n\n"),
        table().replace("\n", "\r\n"),
        table().replace("\n", "\r"),
        table().replace("a,b,y", '"a" , "b","y"'),
        table().replace("5,4,1", '"5",4,"1"'),
    ],
    ids=["commas", "semicolons", "tabs", "rows", "BOM", "blank", "CRLF", "CR", "names", "quotes"],
)
def test_a_file_as_met_in_the_wild_says_the_same(tmp_path, text):
    assert same(tmp_path, text)


def test_a_file_without_a_header_loses_no_row_and_it_is_said(tmp_path):
    path = write(tmp_path / "t.csv", "\n".join(rows(47)[7:]))
    with pytest.warns(UserWarning, match="first line of t.csv holds numbers only, so it was read"):
        split = read_csv(path, target="column 3")
    assert sum(map(len, split)) == 40
    assert sum(map(len, read_csv(path, header=False))) == 40
    assert len(read_table(path, header=True).y) == 39
    assert same(tmp_path, "x" + table()) is False  # the first name is another
    assert read_table(write(tmp_path / "u.csv", table()), header=True).remark == ""
    with pytest.raises(BadFile, match="line 1, column 'column 1' is 'a'"):
        read_table(write(tmp_path / "u.csv", table()), header=False)


def test_huge_and_tiny_numbers_in_one_column_are_scaled(tmp_path):
    lines = [f"{('1e308', '-1e308', '1e-300')[i % 3]},{i}e-320,0.1,{i % 2}" for i in range(60)]
    split = read_csv(write(tmp_path / "t.csv", "\n".join(["a,b,c,y", *lines])))
    np.testing.assert_allclose(split.train.X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(split.train.X.std(axis=0), [1, 1, 0])


def test_ten_megabytes_are_read_as_fast_as_numpy_reads_them(tmp_path):
    values = np.random.default_rng(0).standard_normal((30_000, 21))
    path, header = tmp_path / "t.csv", ",".join(f"f{j}" for j in range(21))
    np.savetxt(path, values, delimiter=",", header=header, comments="", fmt="%.14g")

    def seconds(call):
        start = process_time()
        call()
        return process_time() - start

    ours = min(seconds(lambda: read_table(path, header=True)) for _ in range(3))
    numpy = min(seconds(lambda: np.loadtxt(path, delimiter=",", skiprows=1)) for _ in range(3))
    assert ours < 3 * numpy + 0.05


def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path):
    with pytest.raises(BadFile, match="There is no file"):
        read_csv(tmp_path / "missing.csv")
    with pytest.raises(BadFile, match="cannot be read as a file"):
        read_csv(tmp_path)
    (tmp_path / "utf16.csv").write_text(table(), encoding="utf-16")
    with pytest.raises(BadFile, match="not a text file in UTF-8"):
        read_csv(tmp_path / "utf16.csv")
    with pytest.raises(BadFile, match="csv, a, b, y; not 'z'"):
        read_csv(write(tmp_path / "t.csv", table()), target="z")


def test_a_notebook_shows_the_sentence_and_no_traceback():
    error = BadFile("t.csv is empty.")
    assert error._render_traceback_() == ["t.csv is empty."]
    assert isinstance(error, ValueError)
