"""Numbers, times and lists as people write them."""

import pytest

from course_lib.lab.explorers.words import format_number, format_seconds, listing


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2e-9, "2 ns"), (1.6e-3, "1.6 ms"), (0.99999, "1 s"), (90, "1.5 min"), (7200, "2 h")],
)
def test_times_have_a_unit_that_fits(seconds, text):
    assert format_seconds(seconds) == text


def test_lists_read_as_in_a_sentence():
    assert [listing(list(letters)) for letters in ("", "a", "ab", "abc")] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (5, "5"),
        (63.66, "63.7"),
        (99.96, "100"),
        (1000, "1,000"),
        (12345, "12,345"),
        (12345.6, "12,300"),
        (-4.2, "−4.2"),
        (0.000123, "0.000123"),
        (4.2e-7, "4.2 × 10⁻⁷"),
        (2e9, "2 × 10⁹"),
    ],
)
def test_numbers_have_three_significant_digits_and_whole_ones_all(number, text):
    assert format_number(number) == text
