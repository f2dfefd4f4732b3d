"""How sharply a loss bends: its Hessian's eigenvalues, all of them or the largest.

For a linear model they follow from the data. The Hessian of a network with P parameters has P²
entries and is never formed here: its product with a direction needs two gradients, and the largest
eigenvalue needs some tens of such products.
"""

import numpy as np

from course_lib._checks import (
    check_array,
    check_flag,
    check_kind,
    check_one_number,
    check_positive,
    check_seed,
    check_whole_number,
)
from course_lib.data import Data
from course_lib.models import check_fit


def hessian_eigenvalues(data, bias: bool = False) -> np.ndarray:
    """Return the eigenvalues of H = (2/N) XᵀX, the largest first: shape (D,), one more with a bias.

    H is the Hessian of the mean squared error of ``linear``, and with a bias that of ``line``.

    Examples
    --------
    >>> from course_lib.data import lesson_line
    >>> hessian_eigenvalues(lesson_line(), bias=True).round(3)
    array([4.13 , 0.339])
    """
    check_kind("data", data, Data, "lesson_line()")
    check_flag("bias", bias)
    X = data.with_bias().X if bias else data.X
    return np.linalg.svd(X, compute_uv=False) ** 2 * 2 / len(data)


def hessian_vector(model, w, data, v, *, distance: float = 1e-7) -> np.ndarray:
    """Return the product of the Hessian of the loss at w with v, by a central difference.

    H v ≈ (∇L(w + εv) − ∇L(w − εv)) / 2ε, where ε makes the steps `distance` long. For a quadratic
    loss this is exact but for rounding. A network with ReLU has kinks, where the gradient jumps: a
    longer step finds one of them more often, and power iteration turns towards it and reports
    the jump as an eigenvalue.

    Parameters
    ----------
    model : Model
    w : array, shape (..., P)
    data : Data
        The loss is the mean over all of it.
    v : array, shape (..., P)
        Directions, none of them zero.
    distance : float
        Length of the step from w to either side.

    Returns
    -------
    array, shape (..., P)

    Examples
    --------
    >>> from course_lib.data import linear_data
    >>> from course_lib.models import linear
    >>> data = linear_data(50, 2)  # its Hessian is 2 in every direction
    >>> hessian_vector(linear(2), np.zeros(2), data, np.array([3.0, -1.0])).round(6)
    array([ 6., -2.])
    """
    check_fit(model, data)
    w, v = check_array("w", w, (model.P,)), check_array("v", v, (model.P,))
    check_one_number("distance", check_positive("distance", distance))
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    if (length == 0).any():
        raise ValueError("v must hold directions, but one of them is zero")
    step = distance * v / length
    ahead = model.grad(w + step, data.X, data.y)
    behind = model.grad(w - step, data.X, data.y)
    return (ahead - behind) * length / (2 * distance)


def largest_eigenvalue(model, w, data, *, n_products: int = 30, seed: int = 0) -> np.ndarray:
    """Return the Hessian eigenvalue of largest size at w, by power iteration.

    A random direction is multiplied by the Hessian again and again and turns towards the
    eigenvector of the eigenvalue of largest size. Near a minimum that is the largest eigenvalue,
    the *sharpness*.

    Parameters
    ----------
    model, data
        As in :func:`hessian_vector`.
    w : array, shape (..., P)
        One point, or a stack of them.
    n_products : int
        Products with the Hessian. The error of the estimate shrinks by the square of the ratio of
        the two largest eigenvalues with each.
    seed : int
        Seed of the first direction.

    Returns
    -------
    array, shape (...)
        The Rayleigh quotient vᵀHv of the last direction.

    Examples
    --------
    >>> from course_lib.data import linear_data
    >>> from course_lib.models import linear
    >>> data = linear_data(50, 4, condition_number=100)  # eigenvalues from 2 down to 0.02
    >>> float(largest_eigenvalue(linear(4), np.zeros(4), data).round(6))
    2.0
    """
    n_products = check_whole_number("n_products", n_products, 1, 10**6)
    check_fit(model, data)
    w = check_array("w", w, (model.P,)).astype(float)
    rng = np.random.default_rng(check_seed(seed))
    Hv = np.broadcast_to(rng.standard_normal(w.shape[-1]), w.shape)
    for _ in range(n_products):
        v = Hv / np.linalg.norm(Hv, axis=-1, keepdims=True)
        Hv = hessian_vector(model, w, data, v)
    return np.vecdot(v, Hv)
