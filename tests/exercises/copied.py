"""Copies of some answers in `honest`, as copiers hand them in.

Names and comments are changed, statements stand in another order, lines are joined or parted, and
here and there an operation is written another way.
"""

# Who copied, and from whom.
COPIES = {"paul": "ben", "quinn": "nora", "rosa": "farid", "sami": "ines"}
COPIED = {
    "paul": '''
def mean_gradient(w, X, y):
    # here I add up the gradient of every example
    result = np.zeros_like(w)
    number = len(y)
    for k in range(number):
        diff = np.dot(X[k], w) - y[k]   # the error
        result = result + 2 * diff * X[k]
    return result / number

def epoch_batches(order, B):
    position = 0
    parts = []
    while position < len(order):
        parts.append(order[position:position + B])  # next batch
        position = position + B
    return parts

def gradient_variance(G, B):
    """My own way."""
    centre = G.mean(axis=0)
    summed = 0
    n = len(G)
    for row in G:
        summed += np.sum((row - centre) ** 2)
    tr = summed / n
    return tr / B * (n - B) / (n - 1)

def epoch_loss(losses, counts):
    acc = 0
    for j in range(len(losses)):
        acc += losses[j] * counts[j]
    return acc / sum(counts)
''',
    "quinn": """
def mean_gradient(w, X, y):
    e = X @ w - y
    # now the gradient
    return 2 * X.T @ e / len(e)

def epoch_batches(order, B):
    borders = list(range(0, len(order), B)) + [len(order)]
    return [order[left:right] for left, right in zip(borders[:-1], borders[1:])]

def gradient_variance(G, B):
    M = len(G)
    factor = (M - B) / (M - 1)
    d = G - np.mean(G, axis=0)
    sigma = np.mean(np.sum(d ** 2, axis=1))
    return sigma / B * factor

def epoch_loss(losses, counts):
    # weighted mean
    return np.sum(np.array(losses) * np.array(counts)) / np.sum(counts)
""",
    "rosa": """
def mean_gradient(w, X, y):
    s = 0
    for row, target in zip(X, y):
        s = s + 2 * (row @ w - target) * row
    return s / len(y)

def epoch_batches(order, B):
    now, done = [], []
    for index in order:
        now.append(index)
        if len(now) == B:
            done.append(np.array(now))
            now = []
    if now:
        done.append(np.array(now))
    return done

def gradient_variance(G, B):
    m = np.mean(G, axis=0)
    sq = [np.linalg.norm(v - m) ** 2 for v in G]
    n = len(sq)
    return np.mean(sq) / B * (n - B) / (n - 1)

def epoch_loss(losses, counts):
    so_far, average = 0, 0.0
    for value, size in zip(losses, counts):
        so_far += size
        average += (value - average) * size / so_far
    return average
""",
    "sami": """
def mean_gradient(w, X, y):
    # first the shape
    n, d = X.shape
    result = []
    for j in range(d):
        acc = 0.0
        for i in range(n):
            error = sum(w[k] * X[i, k] for k in range(d)) - y[i]
            acc += 2 * error * X[i, j]
        result += [acc / n]
    answer = np.array(result)
    return answer

def epoch_batches(order, B):
    from itertools import islice
    out = []
    stream = iter(order)
    while piece := list(islice(stream, B)):
        out += [piece]
    return out

def gradient_variance(G, B):
    first_part = np.sum(np.mean(G, axis=0) ** 2)
    second_part = np.mean(np.sum(G ** 2, axis=1))
    n = len(G)
    trace = second_part - first_part
    return trace / B * (n - B) / (n - 1)

def epoch_loss(losses, counts):
    everything = np.repeat(losses, counts)
    return np.mean(everything)
""",
}
