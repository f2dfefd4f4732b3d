"""What an answer returned, as plain data: what counts as the same, however it is written."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises import outcomes


def value(x):
    return "value", outcomes.plain(x)


@pytest.mark.parametrize(
    "got, want",
    [
        ([1, 2], np.array([1.0, 2.0])),
        (np.float32(0.1), 0.1),
        (np.array(3.0), 3),
        (12.000000001, 12),
        ((np.arange(3), [3]), [[0, 1, 2], np.array([3])]),
        (range(3), [0, 1, 2]),
        ((x for x in [1, 2]), [1, 2]),
        (True, 1),
        (np.longdouble(1.5), 1.5),
        (np.ones(2, np.longdouble), [1, 1]),
        (1 + 0j, 1.0),
        (np.array([1 + 0j, 2]), [1, 2]),
        (Fraction(1, 2), 0.5),
        (Fraction(4, 2), 2),
        (Decimal("0.5"), 0.5),
        (np.array([Fraction(1, 2), 1], dtype=object), [0.5, 1]),
        (np.array([[1, 2], [3, 4]], dtype=object), [[1, 2], [3, 4]]),
        (5.6e-17, 0.0),
        (np.nan, float("nan")),
        (np.inf, float("inf")),
        ({"a": np.ones(2)}, {"a": [1, 1]}),
        ("b", "b"),
        (None, None),
    ],
)
def test_same_however_it_is_written(got, want):
    assert outcomes.same(value(got), value(want))


@pytest.mark.parametrize(
    "got, want",
    [
        (12.01, 12),
        (100_001, 100_000),
        (0.1001, 0.1002),
        ([1, 2], [1, 2, 3]),
        ([1.0], 1.0),
        (1.0, [1.0]),
        (np.nan, 1.0),
        (1.0, np.nan),
        (np.inf, 1.0),
        (None, 0),
        ("1", 1),
        (10**400, 1.5),
        (1.5, 10**400),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, [1]),
    ],
)
def test_not_the_same(got, want):
    assert not outcomes.same(value(got), value(want))


@pytest.mark.parametrize(
    "value, said",
    [
        (1j, "complex"),
        (np.array([1j]), "complex"),
        ({1, 2}, "it holds a set"),
        (object(), "it holds a object"),
        (np.array(["NaT"], dtype="M8[s]"), "datetime64"),
    ],
)
def test_what_is_no_plain_data_is_named(value, said):
    kind, name, text = outcomes.outcome(lambda: value, ())
    assert (kind, name) == ("raised", "TypeError")
    assert said in text


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)


@given(plain_values, plain_values)
def test_any_two_values_can_be_compared_and_each_is_the_same_as_itself(one, other):
    assert outcomes.same(("value", one), ("value", one))
    assert outcomes.same(("value", one), ("value", other)) in (True, False)


@pytest.mark.parametrize(
    "value, shape",
    [
        (1.0, ()),
        ([], (0,)),
        ([1, 2], (2,)),
        ([[1, 2], [3, 4], [5, 6]], (3, 2)),
        ([[1], [1, 2]], (2,)),
    ],
)
def test_shape_goes_as_deep_as_lists_are_regular(value, shape):
    assert outcomes.shape(value) == shape
