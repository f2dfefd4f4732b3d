"""What passes between the trusted kernel and the sandbox is plain, bounded data."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.classroom import wire

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=10,
)


@settings(max_examples=50, deadline=None, database=None)
@given(plain)
def test_plain_data_come_back_unchanged(value):
    back = wire.unpack(wire.pack(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float32", "float64", "complex128"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3)])
def test_arrays_come_back_unchanged(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    back = wire.unpack(wire.pack(array))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert np.array_equal(back, array)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        b"x",
        lambda: 1,
        np.array([object()]),
        np.array(["a"]),
        open,
        np.zeros(10**7),
    ],
)
def test_what_is_not_plain_or_too_large_is_refused(value):
    with pytest.raises((TypeError, ValueError), match=r"cannot be sent|too large"):
        wire.pack(value)


def test_what_contains_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(ValueError, match="nested"):
        wire.pack(loop)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[" * 100 + b"]" * 100,
        b'{"pickle": "gASVAAAA"}',
        b'{"tuple": 3}',
        b'{"dict": [[[], 1]]}',
        b'{"tuple": [], "dict": []}',
        b"9" * 10_000,
        json.dumps({"array": ["<f8", [10**12], ""]}).encode(),
        json.dumps({"array": ["|O8", [1], "AAAAAAAAAAA="]}).encode(),
        json.dumps({"array": ["<f8", [-1], ""]}).encode(),
        json.dumps({"array": ["<f8", [True], "AAAAAAAAAAA="]}).encode(),
        json.dumps({"array": [["<f8"], [1], "AAAAAAAAAAA="]}).encode(),
        json.dumps({"array": "abc"}).encode(),
    ],
)
def test_a_forged_reply_is_refused(data):
    with pytest.raises(ValueError, match="not a packed value"):
        wire.unpack(data)
