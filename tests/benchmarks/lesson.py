"""The lesson's experiment, 1,000 draws of it: beside PyTorch, scikit-learn and JAX.

A draw is a start from the standard normal distribution and 100 epochs over the lesson's 100
examples, each in a fresh order, in batches of B, at a learning rate of 0.01, in double precision.
"""

import os
from itertools import islice

import numpy as np
from scipy.stats import ks_2samp
from sklearn.linear_model import SGDRegressor

from course_lib.batches import in_order, shuffled, streams, take
from course_lib.data import lesson_line
from course_lib.models import line
from course_lib.optimizers import constant, sgd
from course_lib.runs import lock_step
from course_lib.training import iterate, train

from .side_by_side import Sides, median_seconds

DATA, N, EPOCHS, RATE, DRAWS = lesson_line(), 100, 100, 0.01, 1000
BATCH_SIZES = (1, 10, 50, 100)


def draws(B, n_draws=DRAWS, seed=0, sampling=shuffled, start=None):
    """Return (w, b) at the end of each draw: the plain way of the course."""
    T = EPOCHS * (N // B)
    return train(
        line(), DATA, sgd(), constant(RATE), batch_size=B, n_updates=T, n_runs=n_draws, seed=seed,
        sampling=sampling, start=start, record=[T],
    ).w  # fmt: skip


def all_draws():
    """Do the lesson's experiment 1,000 times: every batch size."""
    for B in BATCH_SIZES:
        draws(B)


def orders_and_start(seed=0):
    """Return the examples' order in each epoch, (EPOCHS, N), and a start (w, b)."""
    rngs = streams(seed, 1)
    orders = np.concatenate(list(islice(shuffled(N, N, rngs), EPOCHS)))
    return orders, rngs[0].standard_normal(2)


def end_of(orders, start, B):
    """Return where the course's own loop ends with these orders and this start."""
    rows = orders.reshape(-1, 1, B)
    with lock_step():
        *_, (_, _, w) = iterate(line(), take(DATA, rows), sgd(), constant(RATE), start[None])
    return w[0]


def assert_same_parameters(end, B):
    """Demand that a peer ends where we do, given the same order of examples and the same start."""
    orders, start = orders_and_start()
    np.testing.assert_allclose(end(orders, start, B), end_of(orders, start, B), rtol=0, atol=1e-6)


def assert_same_distribution(ours, theirs):
    """Demand that slopes and biases, (DRAWS, 2), could come from the same distribution."""
    p = [ks_2samp(a, b).pvalue for a, b in zip(ours.T, theirs.T, strict=True)]
    assert min(p) > 0.001, f"the ends differ: p = {p}"
    return f"ends of {len(ours):,} draws: Kolmogorov-Smirnov p = {p[0]:.2f} and {p[1]:.2f}"


def against_torch() -> Sides:
    """PyTorch as its tutorials have it: a module, an optimizer, a loop; one draw after another."""
    import torch

    torch.set_num_threads(1)
    X, y = torch.tensor(DATA.X), torch.tensor(DATA.y)[:, None]
    rng = np.random.default_rng(0)

    def end(orders, start, B):
        model = torch.nn.Linear(1, 1, dtype=torch.float64)
        with torch.no_grad():
            model.weight.fill_(start[0])
            model.bias.fill_(start[1])
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
        for order in orders:
            for rows in order.split(B):
                optimizer.zero_grad()
                torch.nn.functional.mse_loss(model(X[rows]), y[rows]).backward()
                optimizer.step()
        return model.weight.item(), model.bias.item()

    def one_draw():
        for B in BATCH_SIZES:
            orders = [torch.randperm(N) for _ in range(EPOCHS)]
            end(orders, rng.standard_normal(2), B)

    def prove():
        for B in BATCH_SIZES:
            assert_same_parameters(lambda orders, *rest: end(torch.tensor(orders), *rest), B)
        return "same start and batches, every B: parameters equal to 1e-6"

    return Sides(all_draws, one_draw, DRAWS, 1, prove, lambda: limit(BATCH_SIZES))


def against_scikit_learn() -> Sides:
    """SGDRegressor, whose loop is compiled, at B = 1, which is all that it knows.

    The ends of shuffled runs are not compared: SGDRegressor repeats the same swaps in each epoch,
    and its mean slope lies 0.006, a ninth of the standard deviation, above that of fresh shuffles.
    """
    rate = 2 * RATE  # its loss is half of the squared error

    def fit(start, shuffle, seed):
        peer = SGDRegressor(
            penalty=None, learning_rate="constant", eta0=rate, max_iter=EPOCHS, tol=None,
            shuffle=shuffle, random_state=seed,
        )  # fmt: skip
        peer.fit(DATA.X, DATA.y, coef_init=start[:1], intercept_init=start[1:])
        return np.concatenate([peer.coef_, peer.intercept_])

    def all_fits():
        rng = np.random.default_rng(1)
        for seed in range(DRAWS):
            fit(rng.standard_normal(2), True, seed)

    def prove():
        start = orders_and_start()[1]
        ours = draws(1, n_draws=1, sampling=in_order, start=start)[0]
        np.testing.assert_allclose(fit(start, False, 0), ours, rtol=0, atol=1e-6)
        return "same start, unshuffled: parameters equal to 1e-6"

    return Sides(lambda: draws(1), all_fits, DRAWS, DRAWS, prove, lambda: limit([1]))


def against_jax() -> Sides:
    """JAX: all draws by vmap, the updates by scan, all of it in jit and compiled beforehand."""
    os.environ.setdefault(
        "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    )
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    x, y = jnp.array(DATA.X[:, 0]), jnp.array(DATA.y)

    def update(w, rows):
        def loss(w):
            return jnp.mean((w[0] * x[rows] + w[1] - y[rows]) ** 2)

        return w - RATE * jax.grad(loss)(w), None

    def epoch(B):
        return lambda w, order: (jax.lax.scan(update, w, order.reshape(-1, B))[0], None)

    def end(orders, start, B):
        return jax.lax.scan(epoch(B), start, orders)[0]

    def ends(B):
        def draw(key):
            of_start, of_orders = jax.random.split(key)

            def shuffled_epoch(w, key):
                return epoch(B)(w, jax.random.permutation(key, N))

            start = jax.random.normal(of_start, (2,))
            return jax.lax.scan(shuffled_epoch, start, jax.random.split(of_orders, EPOCHS))[0]

        return jax.jit(jax.vmap(draw))

    compiled = {B: ends(B) for B in BATCH_SIZES}
    keys = jax.random.split(jax.random.key(0), DRAWS)

    def all_ends():
        return {B: ends(keys).block_until_ready() for B, ends in compiled.items()}

    def prove():
        for B in BATCH_SIZES:
            assert_same_parameters(jax.jit(end, static_argnums=2), B)
        found = assert_same_distribution(draws(1), np.asarray(compiled[1](keys)))
        return f"same start and batches, every B: parameters equal to 1e-6; at B = 1 {found}"

    return Sides(all_draws, all_ends, DRAWS, DRAWS, prove, lambda: limit(BATCH_SIZES))


def limit(batch_sizes) -> dict[str, float]:
    """Time what remains when the loop is compiled: the updates alone, and the shuffles alone."""
    seconds = {"the shuffles alone": len(batch_sizes) * median_seconds(shuffle_only)}
    try:
        seconds["the updates, compiled by numba"] = compiled_seconds(batch_sizes)
    except ModuleNotFoundError:
        pass
    return seconds


def shuffle_only():
    """Draw the orders of all epochs and draws, and do nothing with them."""
    for _ in islice(shuffled(N, N, streams(0, DRAWS)), EPOCHS):
        pass


def compiled_seconds(batch_sizes) -> float:
    """Return the seconds that numba's machine code takes for the updates of all draws."""
    from numba import njit

    @njit(fastmath=True)
    def update_all(w, x, y, orders, B, rate):
        for draw in range(len(w)):
            slope, bias = w[draw]
            for first in range(0, N, B):
                by_slope = by_bias = 0.0
                for i in orders[draw, first : first + B]:
                    residual = slope * x[i] + bias - y[i]
                    by_slope += residual * x[i]
                    by_bias += residual
                slope -= rate * 2 / B * by_slope
                bias -= rate * 2 / B * by_bias
            w[draw] = slope, bias

    orders = list(islice(shuffled(N, N, streams(0, DRAWS)), EPOCHS))

    def run(B, orders=orders):
        w = np.stack([line().init(rng) for rng in streams(0, DRAWS)])
        for order in orders:
            update_all(w, DATA.X[:, 0], DATA.y, order, B, RATE)
        return w

    for B in batch_sizes:  # it computes what we compute
        start = np.stack([line().init(rng) for rng in streams(0, DRAWS)])
        rows = np.concatenate([order.reshape(DRAWS, -1, B).swapaxes(0, 1) for order in orders[:2]])
        *_, (_, _, w) = iterate(line(), take(DATA, rows), sgd(), constant(RATE), start)
        np.testing.assert_allclose(run(B, orders[:2]), w, rtol=0, atol=1e-9)
    return sum(median_seconds(lambda B=B: run(B), 3) for B in batch_sizes)
