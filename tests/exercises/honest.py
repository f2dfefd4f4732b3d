"""Answers to exercise 4 as thirteen people wrote them, each alone; short ones coincide, as they do.

Each text holds a student's four functions in the order of the exercise; `answers` takes it apart.
"""

import ast

HONEST = {
    "anna": """
def mean_gradient(w, X, y):
    return 2 * X.T @ (X @ w - y) / len(y)

def epoch_batches(order, B):
    return [order[i:i + B] for i in range(0, len(order), B)]

def gradient_variance(G, B):
    N = G.shape[0]
    sigma = np.cov(G, rowvar=False, bias=True)
    return np.trace(sigma) / B * (N - B) / (N - 1)

def epoch_loss(losses, counts):
    return np.average(losses, weights=counts)
""",
    "ben": """
def mean_gradient(w, X, y):
    B = len(y)
    grad = np.zeros_like(w)
    for i in range(B):
        error = np.dot(X[i], w) - y[i]
        grad = grad + 2 * error * X[i]
    return grad / B

def epoch_batches(order, B):
    batches = []
    start = 0
    while start < len(order):
        batches.append(order[start:start + B])
        start = start + B
    return batches

def gradient_variance(G, B):
    N = len(G)
    mean = G.mean(axis=0)
    total = 0
    for g in G:
        total += np.sum((g - mean) ** 2)
    trace = total / N
    return trace / B * (N - B) / (N - 1)

def epoch_loss(losses, counts):
    total = 0
    for i in range(len(losses)):
        total += losses[i] * counts[i]
    return total / sum(counts)
""",
    "carla": """
def mean_gradient(w, X, y):
    residual = X @ w - y
    return 2 * np.mean(residual[:, None] * X, axis=0)

def epoch_batches(order, B):
    N = len(order)
    full = N // B
    result = [order[k * B:(k + 1) * B] for k in range(full)]
    if N % B != 0:
        result.append(order[full * B:])
    return result

def gradient_variance(G, B):
    N = len(G)
    centred = G - G.mean(axis=0)
    tr = (centred ** 2).sum() / N
    return tr * (N - B) / (B * (N - 1))

def epoch_loss(losses, counts):
    return np.sum(losses * counts) / np.sum(counts)
""",
    "dmitri": """
def mean_gradient(w, X, y):
    return np.einsum("i,ij->j", X.dot(w) - y, X) * 2 / X.shape[0]

def epoch_batches(order, B):
    return np.split(order, np.arange(B, len(order), B))

def gradient_variance(G, B):
    N, P = G.shape
    return sum(np.var(G[:, p]) for p in range(P)) * (N - B) / B / (N - 1)

def epoch_loss(losses, counts):
    return float(np.dot(losses, counts) / counts.sum())
""",
    "elif": """
def mean_gradient(w, X, y):
    errors = X @ w - y
    B = X.shape[0]
    return (2 / B) * (X.T @ errors)

def epoch_batches(order, B):
    def cut(rest):
        if len(rest) == 0:
            return []
        return [rest[:B]] + cut(rest[B:])
    return cut(list(order))

def gradient_variance(G, B):
    number_of_examples = len(G)
    variance_of_one = np.var(G, axis=0).sum()
    correction = (number_of_examples - B) / (number_of_examples - 1)
    return variance_of_one / B * correction

def epoch_loss(losses, counts):
    sums = [loss * count for loss, count in zip(losses, counts)]
    return sum(sums) / sum(counts)
""",
    "farid": """
def mean_gradient(w, X, y):
    total = 0
    for x_i, y_i in zip(X, y):
        total = total + 2 * (x_i @ w - y_i) * x_i
    return total / len(y)

def epoch_batches(order, B):
    batches, current = [], []
    for row in order:
        current.append(row)
        if len(current) == B:
            batches.append(np.array(current))
            current = []
    if current:
        batches.append(np.array(current))
    return batches

def gradient_variance(G, B):
    g_bar = np.mean(G, axis=0)
    distances = [np.linalg.norm(g - g_bar) ** 2 for g in G]
    N = len(distances)
    return np.mean(distances) / B * (N - B) / (N - 1)

def epoch_loss(losses, counts):
    mean, seen = 0.0, 0
    for loss, n in zip(losses, counts):
        seen += n
        mean += (loss - mean) * n / seen
    return mean
""",
    "grace": '''
def mean_gradient(w, X, y):
    """The chain rule: 2 (x.w - y) x, averaged."""
    return np.mean([2 * (x @ w - t) * x for x, t in zip(X, y)], axis=0)

def epoch_batches(order, B):
    import math
    K = math.ceil(len(order) / B)
    return [order[k * B: min((k + 1) * B, len(order))] for k in range(K)]

def gradient_variance(G, B):
    N = len(G)
    return np.var(G, axis=0, ddof=1).sum() * (1 / B - 1 / N)

def epoch_loss(losses, counts):
    weights = np.asarray(counts) / np.sum(counts)
    return np.sum(weights * np.asarray(losses))
''',
    "hiro": """
def mean_gradient(w, X, y):
    return 2 * X.T @ (X @ w - y) / len(y)

def epoch_batches(order, B):
    return [order[i:i + B] for i in range(0, len(order), B)]

def gradient_variance(G, B):
    N = len(G)
    fpc = (N - B) / (N - 1)
    return fpc * np.trace((G - G.mean(0)).T @ (G - G.mean(0))) / N / B

def epoch_loss(losses, counts):
    return np.average(losses, weights=counts)
""",
    "ines": """
def mean_gradient(w, X, y):
    B, P = X.shape
    out = []
    for p in range(P):
        s = 0.0
        for b in range(B):
            s += 2 * (sum(X[b, q] * w[q] for q in range(P)) - y[b]) * X[b, p]
        out.append(s / B)
    return np.array(out)

def epoch_batches(order, B):
    from itertools import islice
    it = iter(order)
    parts = []
    while chunk := list(islice(it, B)):
        parts.append(chunk)
    return parts

def gradient_variance(G, B):
    N = len(G)
    second_moment = np.mean(np.sum(G ** 2, axis=1))
    first = np.sum(np.mean(G, axis=0) ** 2)
    return (second_moment - first) / B * (N - B) / (N - 1)

def epoch_loss(losses, counts):
    examples = np.repeat(losses, counts)
    return examples.mean()
""",
    "jonas": """
def mean_gradient(w, X, y):
    r = y - X @ w
    return -2 * r @ X / r.size

def epoch_batches(order, B):
    epoch = []
    for start in range(0, len(order), B):
        batch = order[start:start + B]
        epoch.append(batch)
    return epoch

def gradient_variance(G, B):
    N = len(G)
    if B == N:
        return 0.0
    trace = np.sum(np.std(G, axis=0) ** 2)
    return trace * (N - B) / ((N - 1) * B)

def epoch_loss(losses, counts):
    numerator = np.sum(np.multiply(losses, counts))
    denominator = np.sum(counts)
    return numerator / denominator
""",
    "lena": """
def mean_gradient(w, X, y):
    errors = X @ w - y
    grads = 2 * errors.reshape(-1, 1) * X
    return grads.sum(axis=0) / len(grads)

def epoch_batches(order, B):
    return [order[i:i + B] for i in range(0, len(order), B)]

def gradient_variance(G, B):
    N = len(G)
    return np.sum(np.var(G, axis=0)) / B * (N - B) / (N - 1)

def epoch_loss(losses, counts):
    total_loss = 0
    total_count = 0
    for loss, count in zip(losses, counts):
        total_loss += loss * count
        total_count += count
    return total_loss / total_count
""",
    "mateo": """
def mean_gradient(w, X, y):
    return (2 / len(X)) * np.dot(X.T, np.dot(X, w) - y)

def epoch_batches(order, B):
    batches = []
    for i in range(0, len(order), B):
        batches.append(order[i:i + B])
    return batches

def gradient_variance(G, B):
    N = len(G)
    return np.sum(np.var(G, axis=0)) / B * (N - B) / (N - 1)

def epoch_loss(losses, counts):
    return sum(l * c for l, c in zip(losses, counts)) / sum(counts)
""",
    "nora": """
def mean_gradient(w, X, y):
    residuals = X @ w - y
    return 2 * X.T @ residuals / len(residuals)

def epoch_batches(order, B):
    cuts = list(range(0, len(order), B)) + [len(order)]
    return [order[a:b] for a, b in zip(cuts[:-1], cuts[1:])]

def gradient_variance(G, B):
    N = len(G)
    deviations = G - np.mean(G, axis=0)
    trace = np.mean(np.sum(deviations ** 2, axis=1))
    without_replacement = (N - B) / (N - 1)
    return trace / B * without_replacement

def epoch_loss(losses, counts):
    return np.sum(np.array(losses) * np.array(counts)) / np.sum(counts)
""",
}


def answers(text):
    """{name of the function: its source} of one student, comments and all."""
    lines = text.splitlines()
    functions = ast.parse(text).body
    ends = [function.lineno - 1 for function in functions[1:]] + [len(lines)]
    return {
        function.name: "\n".join(lines[function.lineno - 1 : end]).strip()
        for function, end in zip(functions, ends, strict=True)
    }
