"""What may pass between the trusted kernel and the sandbox: bounded plain data, as JSON.

Never pickle: unpacking must not be able to run anything. This file is used on both sides and
imports nothing of the course.
"""

import base64
import math
from json import dumps, loads

# By name, so that an answer that patches numpy does not change how it is sent.
from numpy import asarray, dtype, frombuffer, generic, ndarray

MAX_BYTES = 8_000_000
MAX_DEPTH = 20
# Before each reply: whether its process had given up its rights before an answer ran in it.
CONFINED, NOT_CONFINED = b"+", b"-"
MAX_FRAME_BYTES = len(CONFINED) + MAX_BYTES
_DTYPES = {dtype(letter).str for letter in "?bBhHiIlLqQefdFD"}
_NARROWER = {"g": "d", "G": "D"}  # a longdouble differs from machine to machine


def pack(value):
    """Return `value` as bytes.

    Raises
    ------
    TypeError, ValueError
        If it is not plain data, or too large or too deep.
    """
    data = dumps(_pack(value, 0)).encode()
    if len(data) > MAX_BYTES:
        raise ValueError(f"it is too large: {len(data)} bytes, at most {MAX_BYTES} can be sent")
    return data


def _pack(value, depth):
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, list):
        return [_pack(item, depth + 1) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [_pack(item, depth + 1) for item in value]}
    if isinstance(value, dict):
        items = [[_pack(key, depth + 1), _pack(item, depth + 1)] for key, item in value.items()]
        return {"dict": items}
    if isinstance(value, ndarray | generic | complex):
        array = asarray(value)
        if array.dtype.kind not in "biufc":
            raise TypeError(f"an array of {array.dtype} cannot be sent, only numbers")
        array = array.astype(_NARROWER.get(array.dtype.char, array.dtype.newbyteorder("=")))
        content = base64.b64encode(array.tobytes()).decode()
        return {"array": [array.dtype.str, list(array.shape), content]}
    raise TypeError(f"a {type(value).__name__} cannot be sent, only plain data")


def unpack(data):
    """Return the value in `data`; ValueError if it is anything but what `pack` writes."""
    try:
        return _unpack(loads(data), 0)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise ValueError(f"not a packed value: {type(error).__name__}") from None


def _unpack(node, depth):
    if depth > 2 * MAX_DEPTH:
        raise ValueError("too deep")
    if isinstance(node, list):
        return [_unpack(item, depth + 1) for item in node]
    if not isinstance(node, dict):
        return node
    ((kind, content),) = node.items()
    if kind == "tuple":
        return tuple(_unpack(item, depth + 1) for item in content)
    if kind == "dict":
        return {_unpack(key, depth + 1): _unpack(item, depth + 1) for key, item in content}
    if kind != "array":
        raise ValueError(f"unknown kind {kind!r}")
    kind, shape, content = content
    if kind not in _DTYPES or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError("not an array")
    if math.prod(max(n, 1) for n in shape) > MAX_BYTES:
        raise ValueError("an empty array that would be too large as lists")
    array = frombuffer(base64.b64decode(content), kind)
    if array.size != math.prod(shape):
        raise ValueError("not an array of that shape")
    return array.reshape(shape).copy()
