"""What is learned: a loss over a batch, and its gradient, in plain numpy.

The parameters of a model are one flat array ``w`` of shape (..., P); a batch is ``X`` of shape
(..., B, D) with ``y`` of shape (..., B). Axes in front are a stack: of runs, of learning rates, of
batches; they broadcast, so that one call serves them all. Losses and gradients are means over the
batch, as in the update rule w ← w − α · (1/B) Σ ∇L.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from course_lib._checks import check_whole_number


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
    init : function of a generator
        Draws a start, shape (P,).
    predict : function of (w, X)
        Predictions of shape (..., B) for a regression; class scores (..., B, K) for a classifier.
    loss : function of (w, X, y)
        Mean loss over the batch, shape (...).
    grad : function of (w, X, y)
        Gradient of that loss by w, shape (..., P).
    """

    D: int
    K: int | None
    P: int
    init: Callable
    predict: Callable
    loss: Callable
    grad: Callable


def line() -> Model:
    """Return the lesson's model, ŷ = w·x + b with parameters (w, b), and the mean squared error."""

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
    """Return softmax regression from D features to K classes: a network without a hidden layer."""
    return mlp((D, K))


def mlp(sizes: Sequence[int]) -> Model:
    """Return a network of fully connected layers with ReLU between them and the cross-entropy loss.

    Parameters
    ----------
    sizes : sequence of int
        Features, units of each hidden layer, classes: ``(64, 32, 10)`` has one hidden layer.

    Notes
    -----
    Starting weights are Gaussian with variance 2 / (inputs of the layer), biases are zero
    (He et al. 2015, arXiv 1502.01852, section 2.2).
    """
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
        delta = probabilities(scores)
        delta -= y[..., None] == np.arange(delta.shape[-1])
        delta /= y.shape[-1]
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

    Its gradient by the scores is (probabilities − one-hot(y)) / B.
    """
    scores = scores - scores.max(axis=-1, keepdims=True)  # exp cannot overflow
    is_right = y[..., None] == np.arange(scores.shape[-1])  # (..., B, K)
    log_right = (scores * is_right).sum(axis=-1) - np.log(np.exp(scores).sum(axis=-1))
    return -log_right.mean(axis=-1)


def probabilities(scores):
    """Return the softmax of class scores (..., B, K): exp(score), scaled to sum to one."""
    probability = np.exp(scores - scores.max(axis=-1, keepdims=True))  # exp cannot overflow
    probability /= probability.sum(axis=-1, keepdims=True)
    return probability
