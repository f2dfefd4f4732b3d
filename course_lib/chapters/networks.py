"""Two networks in which the examples of a batch meet, and one whose curvature can be followed.

In :func:`contrastive` and :func:`normalised` the loss of an example depends on the others of its
batch, so a batch is no longer a mean of its parts. :func:`smooth` has no kinks and the squared
error, so that its curvature changes gently from update to update. All three are models as those of
:mod:`course_lib.models`, without biases.
"""

import numpy as np

from course_lib._checks import check_flag, check_one_number, check_positive, check_whole_number
from course_lib.models import Model, cross_entropy, cross_entropy_grad

#: Added to the variance before the root, so that a unit that never changes is not divided by zero.
LEAST_VARIANCE = 1e-5


def contrastive(D: int, E: int, temperature: float = 0.1) -> Model:
    """Return a linear encoder of pairs from D features to E, with the InfoNCE loss.

    A row of X is a pair, two views of D features side by side. Each first view must find its own
    second view among those of the batch, by the cosine of the encoded views over the temperature:
    the other pairs of the batch are the wrong answers (van den Oord et al. 2018, arXiv 1807.03748).

    Parameters
    ----------
    D : int
        Features of one view.
    E : int
        Features that it is encoded to.
    temperature : float
        Divides the cosines.

    Returns
    -------
    Model
        X has shape (..., B, 2D); y is not looked at. ``predict`` returns scores (..., B, B).

    Examples
    --------
    A single pair has no wrong answer, so there is nothing to learn from it.

    >>> import numpy as np
    >>> model = contrastive(3, 2)
    >>> w, pair = np.arange(6.0), np.array([[1.0, 2.0, 3.0, 3.0, 2.0, 1.0]])
    >>> bool(model.loss(w, pair, np.zeros(1)) == 0)
    True
    """
    D, E = check_whole_number("D", D, 1), check_whole_number("E", E, 1)
    check_one_number("temperature", check_positive("temperature", temperature))

    def encode(w, X):
        """Return the views (2, ..., B, D), encoded to length one, and the lengths before."""
        views = np.stack([X[..., :D], X[..., D:]])
        encoded = views @ w.reshape(*w.shape[:-1], D, E)
        length = np.linalg.norm(encoded, axis=-1, keepdims=True)
        return views, encoded / length, length

    def predict(w, X):
        _, (first, second), _ = encode(w, X)
        return first @ second.mT / temperature

    def loss(w, X, y):
        return cross_entropy(predict(w, X), np.arange(X.shape[-2]))

    def grad(w, X, y):
        views, unit, length = encode(w, X)
        first, second = unit
        scores = first @ second.mT / temperature
        delta = cross_entropy_grad(scores, np.arange(X.shape[-2])) / temperature
        by_unit = np.stack([delta @ second, delta.mT @ first])
        by_encoded = (by_unit - unit * np.vecdot(unit, by_unit)[..., None]) / length
        return _flat((views.mT @ by_encoded).sum(axis=0))

    return Model(
        2 * D, None, D * E, lambda rng: rng.standard_normal(D * E) / D**0.5, predict, loss, grad
    )


def normalised(D: int, H: int, K: int, norm: bool = True) -> Model:
    """Return a network with batch normalisation before the ReLU of its one hidden layer.

    Each hidden unit has its mean over the batch subtracted and is divided by its standard
    deviation over the batch (Ioffe & Szegedy 2015, arXiv 1502.03167), here without a learned scale
    and shift. The loss is the cross-entropy.

    Parameters
    ----------
    D, H, K : int
        Features, hidden units, classes.
    norm : bool
        False leaves the normalisation out, and everything else as it is.

    Examples
    --------
    Normalisation hides the scale of the first layer's weights.

    >>> import numpy as np
    >>> rng, y = np.random.default_rng(0), np.array([0, 1, 2, 0])
    >>> model, X = normalised(5, 4, 3), rng.random((4, 5))
    >>> w = model.init(rng)
    >>> wider = w * np.repeat([100, 1], [5 * 4, 4 * 3])
    >>> bool(np.isclose(model.loss(wider, X, y), model.loss(w, X, y), rtol=1e-3))
    True
    """
    check_flag("norm", norm)
    layers, P, init = _two_layers(D, H, K, gain=2)

    def hidden(W, X):
        """Return the normalised hidden units (..., B, H) and what they were divided by."""
        units = X @ W
        if not norm:
            return units, 1
        deviation = np.sqrt(units.var(axis=-2, keepdims=True) + LEAST_VARIANCE)
        return (units - units.mean(axis=-2, keepdims=True)) / deviation, deviation

    def predict(w, X):
        W, U = layers(w)
        return np.maximum(hidden(W, X)[0], 0) @ U

    def loss(w, X, y):
        return cross_entropy(predict(w, X), y)

    def grad(w, X, y):
        W, U = layers(w)
        z, deviation = hidden(W, X)
        active = np.maximum(z, 0)
        delta = cross_entropy_grad(active @ U, y)
        by_z = delta @ U.mT * (z > 0)
        if norm:  # the mean and the standard deviation depend on every example
            along = (z * by_z).mean(axis=-2, keepdims=True)
            by_z = by_z - by_z.mean(axis=-2, keepdims=True) - z * along
        return _flat(X.mT @ (by_z / deviation), active.mT @ delta)

    return Model(D, K, P, init, predict, loss, grad)


def smooth(D: int, H: int, K: int) -> Model:
    """Return a network of H tanh units with the squared error from one-hot classes.

    Examples
    --------
    >>> import numpy as np
    >>> model = smooth(5, 4, 3)
    >>> always_zero = np.zeros(model.P)
    >>> float(model.loss(always_zero, np.ones((2, 5)), np.array([0, 2])))
    1.0
    """
    layers, P, init = _two_layers(D, H, K, gain=1)

    def predict(w, X):
        W, U = layers(w)
        return np.tanh(X @ W) @ U

    def residual(scores, y):
        return scores - (y[..., None] == np.arange(K))

    def loss(w, X, y):
        return (residual(predict(w, X), y) ** 2).sum(axis=-1).mean(axis=-1)

    def grad(w, X, y):
        W, U = layers(w)
        units = np.tanh(X @ W)
        delta = 2 / y.shape[-1] * residual(units @ U, y)
        return _flat(X.mT @ (delta @ U.mT * (1 - units**2)), units.mT @ delta)

    return Model(D, K, P, init, predict, loss, grad)


def _two_layers(D, H, K, gain):
    """Return a function that cuts w into two matrices, P, and a start of variance gain/inputs."""
    D, H = check_whole_number("D", D, 1), check_whole_number("H", H, 1)
    first, P = D * H, D * H + H * check_whole_number("K", K, 1)

    def layers(w):
        stack = w.shape[:-1]
        return w[..., :first].reshape(*stack, D, H), w[..., first:].reshape(*stack, H, K)

    spread = np.repeat([(gain / D) ** 0.5, (gain / H) ** 0.5], [first, P - first])
    return layers, P, lambda rng: spread * rng.standard_normal(P)


def _flat(*matrices):
    return np.concatenate([each.reshape(*each.shape[:-2], -1) for each in matrices], axis=-1)
