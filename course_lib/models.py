"""What is learned: a loss over a batch, and its gradient, in plain numpy.

The parameters of a model are one flat array ``w`` of shape (..., P); a batch is ``X`` of shape
(..., B, D) with ``y`` of shape (..., B). Axes in front are a stack: of runs, of learning rates, of
batches; they broadcast, so that one call serves them all. Losses and gradients are means over the
batch, as in the update rule w ← w − α · (1/B) Σ ∇L.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from course_lib._checks import check_kind, check_list, check_whole_number
from course_lib.data import Data


class Init(Protocol):
    """The ``init`` function of a model."""

    def __call__(self, rng: np.random.Generator) -> np.ndarray:
        """Return a start, shape (P,), drawn from a generator."""


class Predict(Protocol):
    """The ``predict`` function of a model."""

    def __call__(self, w: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Return predictions (..., B) of a regression, or class scores (..., B, K)."""


class Loss(Protocol):
    """The ``loss`` function of a model."""

    def __call__(self, w: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the mean loss over the batch, shape (...)."""


class Gradient(Protocol):
    """The ``grad`` function of a model."""

    def __call__(self, w: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the gradient of that loss by w, shape (..., P); no argument is changed."""


class Model(NamedTuple):
    """What fits the model, and four pure functions.

    Attributes
    ----------
    D : int
        Number of features.
    K : int or None
        Number of classes; None for a regression.
    P : int
        Number of parameters.
    init : Init
        Draws a start.
    predict : Predict
        What the model says of a batch.
    loss : Loss
        How wrong that is.
    grad : Gradient
        Where the loss grows fastest.
    """

    D: int
    K: int | None
    P: int
    init: Init
    predict: Predict
    loss: Loss
    grad: Gradient


def line() -> Model:
    """Return the lesson's model, ŷ = w·x + b with parameters (w, b), and the mean squared error.

    Examples
    --------
    Without error the gradient is zero, here for two points on the line 3x + 4.

    >>> import numpy as np
    >>> model = line()
    >>> w, X, y = np.array([3.0, 4.0]), np.array([[0.0], [1.0]]), np.array([4.0, 7.0])
    >>> model.predict(w, X)
    array([4., 7.])
    >>> model.grad(w, X, y)
    array([0., 0.])
    """

    def init(rng):
        return rng.standard_normal(2)

    def predict(w, X):
        slope, bias = w[..., :1], w[..., 1:]
        return slope * X[..., 0] + bias

    def loss(w, X, y):
        return np.mean((predict(w, X) - y) ** 2, axis=-1)

    def grad(w, X, y):
        residual = predict(w, X) - y  # (..., B)
        grad = np.empty((*residual.shape[:-1], 2))
        np.vecdot(residual, X[..., 0], out=grad[..., 0])
        residual.sum(axis=-1, out=grad[..., 1])
        grad *= 2 / y.shape[-1]
        return grad

    return Model(1, None, 2, init, predict, loss, grad)


def linear(D: int) -> Model:
    """Return ŷ = Xw with D parameters and the mean squared error.

    For a bias, give X a column of ones. The Hessian is (2/N) XᵀX, whatever w is.

    Examples
    --------
    >>> import numpy as np
    >>> model = linear(3)
    >>> model.predict(np.array([1.0, 2.0, 3.0]), np.eye(3))
    array([1., 2., 3.])
    """
    D = check_whole_number("D", D, 1)

    def init(rng):
        return rng.standard_normal(D)

    def predict(w, X):
        return np.matvec(X, w)

    def loss(w, X, y):
        return np.mean((predict(w, X) - y) ** 2, axis=-1)

    def grad(w, X, y):
        return 2 / y.shape[-1] * np.vecmat(predict(w, X) - y, X)

    return Model(D, None, D, init, predict, loss, grad)


def softmax(D: int, K: int) -> Model:
    """Return softmax regression from D features to K classes: a network without a hidden layer.

    Examples
    --------
    >>> softmax(64, 10).P  # a weight for each pixel and class, and a bias for each class
    650
    """
    return mlp((check_whole_number("D", D, 1), check_whole_number("K", K, 1)))


def mlp(sizes: Sequence[int], *others) -> Model:
    """Return a network of fully connected layers with ReLU between them and the cross-entropy loss.

    Parameters
    ----------
    sizes : sequence of int
        Features, units of each hidden layer, classes: ``(64, 32, 10)`` has one hidden layer.

    Notes
    -----
    Starting weights are Gaussian with variance 2 / (inputs of the layer), biases are zero
    (He et al. 2015, arXiv 1502.01852, section 2.2).

    Examples
    --------
    >>> import numpy as np
    >>> model = mlp((64, 32, 10))
    >>> w = model.init(np.random.default_rng(0))
    >>> scores = model.predict(w, np.ones((5, 64)))  # five images
    >>> model.P, scores.shape
    (2410, (5, 10))
    """
    # Longer than other functions: the text-book's three steps stand together, to be read in one.
    if others:
        raise ValueError(f"sizes must be one list, as in mlp({(sizes, *others)!r})")
    sizes = check_list("sizes", sizes, "whole numbers, such as (64, 32, 10)")
    sizes = [check_whole_number("each of sizes", size, 1) for size in sizes]
    if len(sizes) < 2:
        raise ValueError(f"sizes must name at least the features and the classes, not {sizes!r}")
    shapes = [shape for D, K in pairwise(sizes) for shape in ((D, K), (1, K))]
    ends = np.cumsum([D * K for D, K in shapes])

    def layers(w):
        """Cut w (..., P) into views: weights (..., D, K) and biases (..., 1, K) of each layer."""
        parts = [
            w[..., end - D * K : end].reshape(*w.shape[:-1], D, K)
            for end, (D, K) in zip(ends, shapes, strict=True)
        ]
        return list(zip(parts[::2], parts[1::2], strict=True))

    def init(rng):
        w = np.zeros(ends[-1])
        for weights, _ in layers(w):
            weights[:] = rng.standard_normal(weights.shape) * np.sqrt(2 / len(weights))
        return w

    def forward(layers, X):
        """Return what goes into each layer, and the scores that leave the last."""
        inputs = []
        for weights, bias in layers:
            inputs.append(X)
            scores = X @ weights  # (..., B, K)
            scores += bias  # in place, here and below: one array of that size less at the peak
            X = np.maximum(scores, 0)
        return inputs, scores

    def predict(w, X):
        return forward(layers(w), X)[1]

    def loss(w, X, y):
        return cross_entropy(predict(w, X), y)

    def grad(w, X, y):
        layers_of_w = layers(w)
        inputs, scores = forward(layers_of_w, X)
        delta = cross_entropy_grad(scores, y)
        grad = np.empty((*delta.shape[:-2], ends[-1]))
        backwards = zip(inputs[::-1], layers_of_w[::-1], layers(grad)[::-1], strict=True)
        for x, (weights, _), (grad_weights, grad_bias) in backwards:
            np.matmul(x.swapaxes(-1, -2), delta, out=grad_weights)
            delta.sum(axis=-2, keepdims=True, out=grad_bias)
            if x is not X:  # nothing lies below the first layer
                delta = delta @ weights.swapaxes(-1, -2)
                delta *= x > 0
        return grad

    return Model(sizes[0], sizes[-1], int(ends[-1]), init, predict, loss, grad)


def cross_entropy(scores, y):
    """Return the mean of −log(probability of the right class) from class scores (..., B, K).

    Examples
    --------
    >>> import numpy as np
    >>> even = np.zeros((1, 4))  # four classes, none preferred
    >>> np.isclose(cross_entropy(even, np.array([2])), np.log(4))
    np.True_
    """
    scores = scores - scores.max(axis=-1, keepdims=True)  # exp cannot overflow
    is_right = y[..., None] == np.arange(scores.shape[-1])  # (..., B, K)
    log_right = (scores * is_right).sum(axis=-1) - np.log(np.exp(scores).sum(axis=-1))
    return -log_right.mean(axis=-1)


def cross_entropy_grad(scores, y):
    """Return the gradient of the cross-entropy by the scores: (probabilities − one-hot(y)) / B.

    Examples
    --------
    >>> import numpy as np
    >>> cross_entropy_grad(np.log([[1.0, 3.0]]), np.array([1]))
    array([[ 0.25, -0.25]])
    """
    grad = probabilities(scores)
    grad -= y[..., None] == np.arange(grad.shape[-1])
    grad /= y.shape[-1]
    return grad


def probabilities(scores):
    """Return the softmax of class scores (..., B, K): exp(score), scaled to sum to one.

    Examples
    --------
    >>> import numpy as np
    >>> probabilities(np.log([[1.0, 3.0]]))
    array([[0.25, 0.75]])
    """
    probability = np.exp(scores - scores.max(axis=-1, keepdims=True))  # exp cannot overflow
    probability /= probability.sum(axis=-1, keepdims=True)
    return probability


def check_fit(model, data, name="data") -> None:
    """Raise a ValueError if there is no model or no data, or the model does not take such data.

    Examples
    --------
    >>> from course_lib.data import linear_data
    >>> check_fit(linear(5), linear_data(100, 3))
    Traceback (most recent call last):
    ValueError: data must have D = 5 features for this model, not 3
    """
    check_kind("model", model, Model, "line()")
    check_kind(name, data, Data, "lesson_line()")
    if data.X.shape[1] != model.D:
        raise ValueError(
            f"{name} must have D = {model.D} features for this model, not {data.X.shape[1]}"
        )
    if model.K is not None and not np.isin(data.y, np.arange(model.K)).all():
        raise ValueError(
            f"y must be class numbers from 0 to {model.K - 1} for this model, not {data.y!r}"
        )
