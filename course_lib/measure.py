"""Numbers read off models, data and runs.

Two quantities recur. With gᵢ the gradient of example i and G their mean, the noise of a single
example's gradient is tr Σ = (1/N) Σᵢ ‖gᵢ − G‖². The mean of a batch of B of them has the variance
tr Σ / B when drawn with replacement, and tr Σ / B · (N − B)/(N − 1) when drawn without
(Cochran 1977, *Sampling Techniques*, on simple random sampling).
"""

from collections.abc import Callable
from itertools import islice

import numpy as np

from course_lib._checks import (
    check_array,
    check_call,
    check_finite,
    check_flag,
    check_function,
    check_kind,
    check_not_negative,
    check_one_number,
    check_positive,
    check_whole_number,
)
from course_lib.batches import streams, take, with_replacement
from course_lib.data import Data
from course_lib.models import check_fit, linear
from course_lib.runs import Run


def least_squares(data, bias: bool = False) -> np.ndarray:
    """Return the parameters of the least mean squared error, in one solve.

    Parameters
    ----------
    data : Data
    bias : bool
        Whether to fit a bias too, as the last parameter, as in ``line()``.

    Returns
    -------
    w : array, shape (D,), or (D + 1,) with a bias

    Examples
    --------
    >>> from course_lib.data import lesson_line
    >>> least_squares(lesson_line(), bias=True).round(4)
    array([2.7701, 4.2151])
    """
    check_kind("data", data, Data, "lesson_line()")
    check_flag("bias", bias)
    X = data.with_bias().X if bias else data.X
    return np.linalg.lstsq(X, data.y)[0]


def least_loss(data, bias: bool = False) -> float:
    """Return the mean squared error of :func:`least_squares`, which no linear model undercuts.

    Examples
    --------
    >>> from course_lib.data import lesson_line
    >>> round(least_loss(lesson_line(), bias=True), 4)
    0.8066
    """
    w = least_squares(data, bias)
    data = data.with_bias() if bias else data
    return float(linear(len(w)).loss(w, data.X, data.y))


def middle_80(values, axis: int = 0, method: str = "nearest") -> np.ndarray:
    """Return the 10th, 50th and 90th percentile: the ends of the middle 80 %, and the median.

    Parameters
    ----------
    values : array
        A run that has diverged, to nan or inf, stands above all others.
    axis : int
        Over which to look; 0 are the runs of a loss of shape (R, T).
    method : str
        As in ``np.quantile``. The nearest run is one that there is, and fit for infinite values.

    Returns
    -------
    array, shape (3, …)

    Examples
    --------
    >>> import numpy as np
    >>> middle_80(np.arange(101))
    array([10., 50., 90.])
    >>> middle_80([1.0, 2.0, np.nan])
    array([ 1.,  2., inf])
    """
    values = check_array("values", values, (None,))
    axis = check_whole_number("axis", axis, -values.ndim, values.ndim - 1)
    values = np.where(np.isnan(values), np.inf, values)
    return np.quantile(values, [0.1, 0.5, 0.9], axis=axis, method=method)


def gradients(model, w, data) -> np.ndarray:
    """Return the gradient of each example by itself, shape (N, P): each is a batch of one.

    Examples
    --------
    >>> import numpy as np
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> gradients(line(), np.zeros(2), lesson_line()).shape
    (100, 2)
    """
    check_fit(model, data)
    w = check_array("w", w, (model.P,))
    return model.grad(w, data.X[:, None], data.y[:, None])


def batch_gradients(
    model, w, data, batch_size: int, n_draws: int, *, seed=0, sampling: Callable = with_replacement
) -> np.ndarray:
    """Return the gradients at w of many random batches, shape (n_draws, P).

    Parameters
    ----------
    model : Model
    w : array, shape (P,)
    data : Data
    batch_size : int
        B, from 1 to N. Batches cut short by the end of an epoch are left out.
    n_draws : int
        Number of batches.
    seed : int
        Seed of the draws.
    sampling : function of (N, batch_size, rngs)
        ``with_replacement``, or ``shuffled`` for batches without a repeated example.

    Examples
    --------
    >>> import numpy as np
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> batch_gradients(line(), np.zeros(2), lesson_line(), batch_size=10, n_draws=500).shape
    (500, 2)
    """
    check_fit(model, data)
    w = check_array("w", w, (model.P,))
    batch_size = check_whole_number("batch_size", batch_size, 1, len(data))
    check_function("sampling", sampling, "(N, batch_size, rngs)", "with_replacement")
    n_draws = check_whole_number("n_draws", n_draws, 1, 10**8)
    rows = check_call("sampling", sampling, len(data), batch_size, streams(seed, 1))
    batches = take(data, rows)
    whole = ((X[0], y[0]) for X, y in batches if y.shape[-1] == batch_size)
    return np.array([model.grad(w, X, y) for X, y in islice(whole, n_draws)])


def gradient_noise(model, w, data) -> float:
    """Return tr Σ, the variance of one example's gradient at w, summed over the parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> round(gradient_noise(line(), np.array([3.0, 4.0]), lesson_line()), 2)
    7.08
    """
    return float(gradients(model, w, data).var(axis=0).sum())


def gradient_variance(noise, batch_size, N: int | None = None):
    """Return the variance of a batch's mean gradient, summed over the parameters, as theory has it.

    Parameters
    ----------
    noise : float
        tr Σ, as :func:`gradient_noise` returns it.
    batch_size : int or array of int
        B.
    N : int, optional
        Given, batches are drawn without replacement from N examples; left out, with replacement.

    Returns
    -------
    float or array
        tr Σ / B, times (N − B)/(N − 1) without replacement.

    Examples
    --------
    >>> gradient_variance(8.0, batch_size=[1, 4, 8])
    array([8., 2., 1.])
    """
    check_not_negative("noise", noise)
    batch_size = check_positive("batch_size", batch_size)
    with_repeats = noise / np.asarray(batch_size)
    if N is None:
        return with_repeats
    N = check_whole_number("N", N, 2)
    if np.max(batch_size) > N:
        raise ValueError(f"batch_size must be at most N = {N}, not {batch_size!r}")
    return with_repeats * (N - np.asarray(batch_size)) / (N - 1)


def noise_scale(model, w, data) -> float:
    """Return the gradient noise scale tr Σ / ‖G‖² at w, in examples, from all N gradients.

    At this batch size the squared noise of the gradient equals its squared length
    (McCandlish et al. 2018, arXiv 1812.06162, equation 2.9, where it is called B_simple).

    Examples
    --------
    Near the optimum there is little gradient left among the noise.

    >>> import numpy as np
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> [round(noise_scale(line(), np.array(w), lesson_line()), 1) for w in ([0, 0], [3, 4])]
    [0.4, 265.9]
    """
    each = gradients(model, w, data)
    return float(each.var(axis=0).sum() / (each.mean(axis=0) ** 2).sum())


def noise_and_signal(small, large, batch_small: int, batch_large: int):
    """Estimate tr Σ and ‖G‖² from gradients of batches of two sizes, each without bias.

    A batch of B, drawn with replacement, has E ‖g‖² = ‖G‖² + tr Σ / B: two sizes give two equations
    (McCandlish et al. 2018, arXiv 1812.06162, equation A.2). Both estimates can come out negative.
    Average each over many batches before you divide: their ratio for a single pair has no mean.

    Parameters
    ----------
    small, large : array, shape (..., P)
        Mean gradients of batches of the two sizes.
    batch_small, batch_large : int

    Returns
    -------
    noise, signal : arrays, shape (...)
        Estimates of tr Σ and of ‖G‖².

    Examples
    --------
    Squared lengths of 5 at B = 1 and of 3 at B = 2 fit a noise of 4 and a signal of 1.

    >>> import numpy as np
    >>> noise, signal = noise_and_signal(np.array([1.0, 2.0]), np.array([np.sqrt(3), 0]), 1, 2)
    >>> round(float(noise), 6), round(float(signal), 6)
    (4.0, 1.0)
    """
    small = check_array("small", small, (None,))
    large = check_array("large", large, small.shape[-1:])
    batch_small = check_whole_number("batch_small", batch_small, 1)
    batch_large = check_whole_number("batch_large", batch_large, batch_small + 1)
    short, long = np.vecdot(small, small), np.vecdot(large, large)
    noise = (short - long) / (1 / batch_small - 1 / batch_large)
    signal = (batch_large * long - batch_small * short) / (batch_large - batch_small)
    return noise, signal


def accuracy(model, w, data) -> np.ndarray:
    """Return the fraction of examples whose highest class score is the right one, shape (...).

    Examples
    --------
    >>> import numpy as np
    >>> from course_lib.data import digits_data
    >>> from course_lib.models import softmax
    >>> model, digits = softmax(64, 10), digits_data().test
    >>> always_zero = np.zeros(model.P)  # every digit gets the same score, so the first one wins
    >>> bool(accuracy(model, always_zero, digits) == (digits.y == 0).mean())
    True
    """
    check_fit(model, data)
    if model.K is None:
        raise ValueError("model must be a classifier, such as softmax(64, 10), not a regression")
    w = check_array("w", w, (model.P,))
    return np.mean(model.predict(w, data.X).argmax(axis=-1) == data.y, axis=-1)


def updates_to_reach(run, target: float) -> np.ndarray:
    """Return the first recorded update with a loss of at most `target`: shape (R,), inf if none.

    Examples
    --------
    >>> from course_lib.data import lesson_line
    >>> from course_lib.models import line
    >>> from course_lib.optimizers import constant, sgd
    >>> from course_lib.training import train
    >>> run = train(line(), lesson_line(), sgd(), constant(0.1), batch_size=100, n_updates=100,
    ...             start=[0, 0], n_runs=2)
    >>> updates_to_reach(run, target=1.0)
    array([8., 8.])
    """
    check_kind("run", run, Run, "train(…)")
    check_one_number("target", check_finite("target", target))
    reached = run.loss <= target  # nan is not
    return np.where(reached.any(axis=1), run.updates[reached.argmax(axis=1)], np.inf)
