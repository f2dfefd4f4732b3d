"""What is wrong with the features of data that are slow to learn from, and the remedy."""

import numpy as np

from course_lib.data import Data

#: A feature that is so many times smaller or larger than another one slows training down.
UNEQUAL = 100
#: A mean of so many standard deviations is most of what a feature has to say.
OFFSET = 10
#: The least eigenvalue of the features' correlations, relative to the largest: less is collinear.
COLLINEAR = 1e-6
#: Names that a sentence holds at most.
MOST_NAMED = 4


def hints(data: Data, names=None) -> list[str]:
    """Return a sentence for each thing that makes these features slow to learn from.

    Features that are constant, of unequal size, far from zero or collinear are named.

    Parameters
    ----------
    data : Data
    names : sequence of D str, optional
        Names of the features; "0", "1" … unless given.

    Examples
    --------
    >>> X = np.random.default_rng(0).standard_normal((100, 2)) * [1, 1000]
    >>> print(*hints(Data(X, X[:, 0]), ["height", "income"]))
    Feature income is 977 times as large as feature height: scale each to standard deviation 1.
    """
    names = np.array([*(map(str, range(data.X.shape[1])) if names is None else names)])
    largest = np.abs(data.X).max(axis=0)
    X = data.X / np.where(largest > 0, largest, 1)  # so that no square overflows
    is_constant = np.ptp(X, axis=0) == 0
    found = _constant(names, is_constant & (largest == 0), is_constant & (largest > 0))
    X, names, largest = X[:, ~is_constant], names[~is_constant], largest[~is_constant]
    if not len(names):
        return found
    mean, spread = X.mean(axis=0), X.std(axis=0)
    found += _far(names, np.abs(mean) > OFFSET * spread)
    found += _unequal(names, np.log10(largest) + np.log10(np.sqrt(mean**2 + spread**2)))
    return found + _collinear(names, (X - mean) / spread)


def _constant(names, zeros, others):
    """A single constant beside zero is the bias of a linear model, and meant."""
    useless = zeros | others if others.sum() > 1 else zeros
    if not useless.any():
        return []
    return [f"Constant features teach nothing and can be removed: {_listed(names[useless])}."]


def _far(names, is_far):
    if not is_far.any():
        return []
    return [
        "Features far from zero for their spread are slow to learn from, so subtract the mean: "
        f"{_listed(names[is_far])}."
    ]


def _unequal(names, size):
    small, large = int(size.argmin()), int(size.argmax())
    power = size[large] - size[small]
    if power < np.log10(UNEQUAL):
        return []
    times = f"{10**power:,.0f}" if power < 6 else f"1e{power:.0f}"
    return [
        f"Feature {names[large]} is {times} times as large as feature {names[small]}: scale each "
        "to standard deviation 1."
    ]


def _collinear(names, X):
    values, vectors = np.linalg.eigh(X.T @ X / len(X))
    if values[0] > COLLINEAR * values[-1]:
        return []
    weights = np.abs(vectors[:, 0])
    involved = names[weights > 0.1 * weights.max()]
    return [f"Collinear features, of which one can be removed: {_listed(involved)}."]


def _listed(names):
    more = len(names) - MOST_NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:MOST_NAMED])} and {more} more"
