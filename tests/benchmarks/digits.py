"""A network on the digits: 16 replicates in lock-step beside scikit-learn's MLPClassifier."""

import warnings
from itertools import islice

import numpy as np
from sklearn.neural_network import MLPClassifier

from course_lib.batches import in_order, take
from course_lib.data import digits_data
from course_lib.models import mlp
from course_lib.optimizers import constant, sgd
from course_lib.runs import lock_step
from course_lib.training import iterate, train

from .side_by_side import Sides, median_seconds

DATA, RATE, B, EPOCHS, REPLICATES = digits_data().train, 0.1, 16, 20, 16
T = EPOCHS * -(-len(DATA) // B)


def against_scikit_learn(hidden: int = 32) -> Sides:
    """Compare networks of 64 inputs, `hidden` units and 10 classes at B = 16."""
    model = mlp((64, hidden, 10))

    def classifier(seed):
        return MLPClassifier(
            (hidden,), solver="sgd", alpha=0, momentum=0, learning_rate_init=RATE, batch_size=B,
            max_iter=EPOCHS, tol=0, n_iter_no_change=T, random_state=seed,
        )  # fmt: skip

    def replicates():
        train(
            model, DATA, sgd(), constant(RATE), batch_size=B, n_updates=T, n_runs=REPLICATES,
            record=[T],
        )  # fmt: skip

    seeds = iter(range(1000))

    def fit():
        with warnings.catch_warnings(action="ignore"):  # it would train for longer
            classifier(next(seeds)).fit(DATA.X, DATA.y)

    def prove():
        """Give both the same start and two epochs of the same batches, short last ones included."""
        rows = list(islice(in_order(len(DATA), B), 2 * T // EPOCHS))
        peer = classifier(0).partial_fit(DATA.X[:B], DATA.y[:B], classes=np.arange(10))
        start = parameters(peer)
        with warnings.catch_warnings(action="ignore"):  # the short batch is smaller than batch_size
            for (batch,) in rows:
                peer.partial_fit(DATA.X[batch], DATA.y[batch])
        with lock_step():
            *_, (_, _, w) = iterate(model, take(DATA, rows), sgd(), constant(RATE), start[None])
        np.testing.assert_allclose(parameters(peer), w[0], rtol=0, atol=1e-6)
        assert np.abs(w[0] - start).max() > 0.01  # and it did learn
        return f"same start and batches, {len(rows)} updates: parameters equal to 1e-6"

    return Sides(replicates, fit, REPLICATES, 1, prove, lambda: products(model, hidden))


def parameters(peer) -> np.ndarray:
    """Return scikit-learn's weights and biases in the order of ours, layer by layer."""
    layers = zip(peer.coefs_, peer.intercepts_, strict=True)
    return np.concatenate([part.ravel() for layer in layers for part in layer])


def products(model, hidden):
    """Time the matrix products alone: three of each layer's size, but two of the first's."""
    rng = np.random.default_rng(0)
    X, H, D = (rng.standard_normal((REPLICATES, B, units)) for units in (64, hidden, 10))
    V, W = (rng.standard_normal((REPLICATES, *shape)) for shape in ((64, hidden), (hidden, 10)))

    def all_updates():
        for _ in range(T):
            _ = X @ V, H @ W, D @ W.swapaxes(-1, -2)
            _ = X.swapaxes(-1, -2) @ H, H.swapaxes(-1, -2) @ D

    assert model.P == V[0].size + hidden + W[0].size + 10
    return {"the matrix products alone": median_seconds(all_updates, 3)}
