"""Examples to learn from.

Every function here returns :class:`Data`, or a stream of batches of it, from an explicit seed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_lib._checks import (
    check_fraction,
    check_generators,
    check_kind,
    check_not_negative,
    check_one_number,
    check_positive,
    check_seed,
    check_whole_number,
)

#: Data that the course brings; its README says where they come from.
FILES = Path(__file__).parent / "files"
#: A CSV file in place of your own: ten measurements of 442 patients, and how ill they became.
DIABETES = FILES / "diabetes.csv"


@dataclass(frozen=True)
class Data:
    """N examples: features and what should be predicted from them.

    Parameters
    ----------
    X : array of float, shape (N, D)
        Features, one row an example.
    y : array, shape (N,)
        Targets: floats for a regression, class numbers 0, 1, … for a classification.

    Raises
    ------
    ValueError
        If there is no example, the shapes do not fit, or a value is not finite.

    Examples
    --------
    >>> data = Data(X=[[0.5, 1.0], [2.0, 3.0], [1.0, 1.0]], y=[1, 0, 1])
    >>> len(data), data.X.shape, data.y.shape
    (3, (3, 2), (3,))
    """

    X: np.ndarray
    y: np.ndarray

    def __post_init__(self):
        X, y = _numbers("X", self.X), _numbers("y", self.y)
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(f"X must have shape (N, D) with N and D at least 1, not {X.shape}")
        if y.shape != X.shape[:1]:
            raise ValueError(
                f"y must have shape {X.shape[:1]}, one target for each row of X, not {y.shape}"
            )
        object.__setattr__(self, "X", X.astype(float, copy=False))
        object.__setattr__(self, "y", y)

    def __len__(self) -> int:
        return len(self.X)

    def with_bias(self) -> "Data":
        """Return the data with one more feature, always 1: its weight in a model is a bias.

        Examples
        --------
        >>> Data([[5.0], [7.0]], [0, 1]).with_bias().X
        array([[5., 1.],
               [7., 1.]])
        """
        return Data(np.column_stack([self.X, np.ones(len(self))]), self.y)


def _numbers(name, values):
    try:
        values = np.asarray(values)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must hold rows of one length, not {values!r}") from None
    if values.dtype.kind not in "iuf":
        raise ValueError(f"{name} must hold numbers, not values of type {values.dtype}")
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        place = ", ".join(map(str, bad[0]))
        raise ValueError(f"{name} must be finite, but {name}[{place}] is {values[tuple(bad[0])]}")
    return values


def lesson_line(rng: np.random.RandomState | None = None, *, N: int = 100) -> Data:
    """Draw the lesson's own data, 100 points about y = 3x + 4, or N points in the same way.

    Parameters
    ----------
    rng : RandomState, optional
        The legacy generator that the lesson used, which ``np.random.seed(42)`` seeds. Pass
        ``np.random.RandomState(42)`` to go on with its later draws as the lesson does.
    N : int
        Number of examples: X has the shape (N, 1) and is uniform on [0, 2), the noise of y is
        Gaussian with standard deviation 1.

    Examples
    --------
    >>> data = lesson_line()
    >>> data.X.shape, round(float(data.y[0]), 4)
    ((100, 1), 6.3343)
    """
    rng = np.random.RandomState(42) if rng is None else rng
    check_kind("rng", rng, np.random.RandomState, "np.random.RandomState(42)")
    N = check_whole_number("N", N, 1)
    X = 2 * rng.rand(N, 1)
    y = 4 + 3 * X + rng.randn(N, 1)
    return Data(X, y[:, 0])


def line_data(N: int = 100, *, noise=1.0, seed=0) -> Data:
    """Draw N points about the lesson's line, y = 4 + 3x, with a modern generator.

    Parameters
    ----------
    N : int
        Number of examples.
    noise : float
        Standard deviation of the Gaussian noise in y.
    seed : int
        Seed of the draw.

    Examples
    --------
    >>> data = line_data(3, noise=0)
    >>> (data.y - 3 * data.X[:, 0]).round(9)
    array([4., 4., 4.])
    """
    N = check_whole_number("N", N, 1)
    check_one_number("noise", check_not_negative("noise", noise))
    rng = np.random.default_rng(check_seed(seed))
    X = 2 * rng.random((N, 1))
    return Data(X, 4 + 3 * X[:, 0] + noise * rng.standard_normal(N))


def linear_data(N: int, D: int, *, condition_number=1.0, noise=1.0, seed=0) -> Data:
    """Draw a linear problem whose Hessian has exactly the condition number asked for.

    The mean squared error of a linear model has the Hessian H = (2/N) XᵀX. Here its eigenvalues
    are spaced evenly on a log scale, from 2 down to 2 / condition_number, in random directions.

    Parameters
    ----------
    N, D : int
        Number of examples and of features; N must be at least D.
    condition_number : float
        Largest over smallest eigenvalue of H; 1 or more.
    noise : float
        Standard deviation of the Gaussian noise in y.
    seed : int
        Seed of the draw.

    Examples
    --------
    >>> data = linear_data(200, 3, condition_number=10)
    >>> eigenvalues = np.linalg.eigvalsh(2 / 200 * data.X.T @ data.X)
    >>> eigenvalues.round(3)
    array([0.2  , 0.632, 2.   ])
    """
    D = check_whole_number("D", D, 1)
    N = check_whole_number("N", N, D)
    check_one_number("condition_number", check_positive("condition_number", condition_number))
    if condition_number < 1:
        raise ValueError(f"condition_number must be at least 1, not {condition_number!r}")
    check_one_number("noise", check_not_negative("noise", noise))
    rng = np.random.default_rng(check_seed(seed))
    columns, _ = np.linalg.qr(rng.standard_normal((N, D)))  # orthonormal: XᵀX is what we choose
    directions, _ = np.linalg.qr(rng.standard_normal((D, D)))
    variances = np.geomspace(1, 1 / condition_number, D)
    X = np.sqrt(N) * columns * np.sqrt(variances) @ directions.T
    w = rng.standard_normal(D)
    return Data(X, X @ w + noise * rng.standard_normal(N))


class Split(NamedTuple):
    """Data apart by purpose: learn on the first, choose on the second, report on the third.

    Attributes
    ----------
    train, validation, test : Data
    """

    train: Data
    validation: Data
    test: Data


def digits_data(*, n_train=1000, n_validation=397, wrong_labels=0.0, seed=0) -> Split:
    """Split and scale 1,797 images of handwritten digits, 8 × 8 pixels each, from a file.

    Parameters
    ----------
    n_train, n_validation : int
        Sizes of the first two parts; the test part gets the rest, at least one example.
    wrong_labels : float
        Fraction of the *training* labels replaced by another digit, drawn evenly.
    seed : int
        Seed of the split and of the wrong labels.

    Returns
    -------
    Split
        X of shape (N, 64) scaled from 0…16 to [0, 1]; y the digits 0…9.

    Examples
    --------
    >>> digits = digits_data(n_train=1200)
    >>> [len(part) for part in digits]
    [1200, 397, 200]
    """
    X, y = _digits()
    n_train = check_whole_number("n_train", n_train, 1, len(X) - 2)
    n_validation = check_whole_number("n_validation", n_validation, 1, len(X) - n_train - 1)
    check_one_number("wrong_labels", check_fraction("wrong_labels", wrong_labels))
    rng = np.random.default_rng(check_seed(seed))
    parts = np.split(rng.permutation(len(X)), [n_train, n_train + n_validation])
    train, validation, test = (Data(X[rows] / 16, y[rows]) for rows in parts)
    n_wrong = round(wrong_labels * n_train)
    if n_wrong:
        labels = train.y.copy()
        rows = rng.choice(n_train, n_wrong, replace=False)
        labels[rows] = (labels[rows] + rng.integers(1, 10, n_wrong)) % 10
        train = Data(train.X, labels)
    return Split(train, validation, test)


@cache
def _digits():
    table = np.loadtxt(FILES / "digits.csv.gz", delimiter=",", dtype=int)
    return table[:, :-1], table[:, -1]


def drifting_slope(update, period: int = 2000):
    """Return the true slope of :func:`drifting_line`: 3 + sin(2π · update / period).

    Examples
    --------
    >>> drifting_slope([0, 500, 1500], period=2000)
    array([3., 4., 2.])
    """
    check_not_negative("update", update)
    period = check_whole_number("period", period, 1)
    return 3 + np.sin(2 * np.pi * np.asarray(update) / period)


def drifting_line(
    rngs: Sequence[np.random.Generator], batch_size: int = 1, *, noise=1.0, period: int = 2000
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield fresh examples forever from a line through (0, 4) whose slope swings between 2 and 4.

    Parameters
    ----------
    rngs : sequence of R generators
        One a run.
    batch_size : int
        B, the examples that arrive before each update.
    noise : float
        Standard deviation of the Gaussian noise in y.
    period : int
        Updates from one swing of the slope to the next.

    Yields
    ------
    X : array, shape (R, B, 1)
    y : array, shape (R, B)

    Examples
    --------
    >>> from course_lib.batches import streams
    >>> X, y = next(drifting_line(streams(seed=0, R=16), batch_size=4))
    >>> X.shape, y.shape
    ((16, 4, 1), (16, 4))
    """
    batch_size = check_whole_number("batch_size", batch_size, 1)
    check_one_number("noise", check_not_negative("noise", noise))
    period = check_whole_number("period", period, 1)
    rngs = check_generators(rngs)
    return _drifting_line(rngs, batch_size, noise, period)


def _drifting_line(rngs, batch_size, noise, period):
    update = 0
    while True:
        x = np.stack([2 * rng.random(batch_size) for rng in rngs])
        error = np.stack([rng.standard_normal(batch_size) for rng in rngs])
        yield x[..., None], 4 + drifting_slope(update, period) * x + noise * error
        update += 1
