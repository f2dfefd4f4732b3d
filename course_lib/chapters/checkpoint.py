"""Memory against time: keep the input of every k-th layer, and compute the others once more.

The gradient needs what went into each layer. Instead of all of it, a checkpointed network keeps the
inputs of some layers, and on the way back computes those between two of them again (Chen, Xu, Zhang
and Guestrin 2016, arXiv:1604.06174).
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from course_lib._checks import check_list, check_whole_number
from course_lib.models import Model, cross_entropy_grad, mlp


def checkpointed(sizes: Sequence[int], every: int) -> Model:
    """Return the network ``mlp(sizes)`` with the same gradient, computed in less memory.

    Parameters
    ----------
    sizes : sequence of int
        As in :func:`course_lib.models.mlp`.
    every : int
        k, from 1 to the number of layers: the input of each k-th layer is kept. With 1 all are.

    Examples
    --------
    >>> from course_lib.data import digits_data
    >>> digits, sizes = digits_data().train, (64, 32, 32, 10)
    >>> plain, thrifty = mlp(sizes), checkpointed(sizes, every=2)
    >>> w = plain.init(np.random.default_rng(0))
    >>> np.allclose(thrifty.grad(w, digits.X, digits.y), plain.grad(w, digits.X, digits.y))
    True
    """
    model, sizes = mlp(sizes), check_list("sizes", sizes, "whole numbers")
    n_layers = len(sizes) - 1
    every = check_whole_number("every", every, 1, n_layers)
    ends = np.cumsum([(D + 1) * K for D, K in pairwise(sizes)])

    def layers(w):
        """Cut w (..., P) into views: weights (..., D, K) over biases, of each layer."""
        return [
            w[..., end - (D + 1) * K : end].reshape(*w.shape[:-1], D + 1, K)
            for end, (D, K) in zip(ends, pairwise(sizes), strict=True)
        ]

    def grad(w, X, y):
        weights, grad = layers(w), np.empty((*w.shape[:-1], ends[-1]))
        kept = {}
        for i, layer in enumerate(weights):
            if i % every == 0:
                kept[i] = X
            scores = _scores(layer, X)
            X = np.maximum(scores, 0)
        delta = cross_entropy_grad(scores, y)
        del X, scores
        for first in reversed(range(0, n_layers, every)):
            inputs = [kept.pop(first)]
            for layer in weights[first : min(first + every, n_layers) - 1]:
                inputs.append(np.maximum(_scores(layer, inputs[-1]), 0))
            while inputs:
                i, x = first + len(inputs) - 1, inputs.pop()
                np.matmul(x.swapaxes(-1, -2), delta, out=layers(grad)[i][..., :-1, :])
                delta.sum(axis=-2, out=layers(grad)[i][..., -1, :])
                if i:  # nothing lies below the first layer
                    delta = delta @ weights[i][..., :-1, :].swapaxes(-1, -2)
                    delta *= x > 0
                del x  # or it is still held while the next piece is computed again
        return grad

    return model._replace(grad=grad)


def _scores(layer, X):
    scores = X @ layer[..., :-1, :]
    scores += layer[..., -1:, :]
    return scores
