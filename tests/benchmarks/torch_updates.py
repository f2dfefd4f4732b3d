"""Updates in PyTorch: two of the course's networks, two larger ones, on any device."""

from collections.abc import Callable
from itertools import pairwise

from course_lib.chapters.devices import NETWORKS

#: The data lie on the device, and so many examples will do, as a batch is drawn with replacement.
EXAMPLES, TOKENS, WORDS = 4096, 64, 1000
LAYERS = {"line": (1, 1), "digits": (64, 64, 10), "wide": (1024, 4096, 4096, 1000)}
#: How :meth:`Updates.peak` finds its answer.
PEAK_BY = {
    "cpu": "parameters and the profiler's record of what was allocated",
    "cuda": "the allocator's peak",
    "mps": "what was allocated after the forward and after the backward pass",
}


class Updates:
    """Updates of one network, by plain gradient descent, on one device.

    Parameters
    ----------
    name : str
        One of NETWORKS.
    device : torch.device
    dtype : torch.dtype
        Of parameters, examples, and all between.
    clock : function without arguments
        Returns seconds, by which updates are timed.
    """

    def __init__(self, name: str, device, dtype, clock: Callable):
        import torch

        self.torch, self.device, self.clock = torch, device, clock
        torch.manual_seed(0)
        network, X, y, self.loss = build(name, dtype)
        self.X, self.y = X.to(device), y.to(device)
        self.data = self.allocated()
        self.network = network.to(device, dtype)
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=1e-4)
        self.parameters = sum(w.numel() for w in self.network.parameters())
        if self.parameters != NETWORKS[name]:
            raise ValueError(f"{name} has {self.parameters} parameters, not {NETWORKS[name]}")

    def run(self, B: int, note: Callable = lambda: None) -> None:
        """Make one update on B examples; call `note` after each way through the network."""
        rows = self.torch.randint(EXAMPLES, (B,), device=self.device)
        self.optimizer.zero_grad()
        loss = self.loss(self.network(self.X[rows]), self.y[rows])
        note()
        loss.backward()
        note()
        self.optimizer.step()

    def wait(self) -> None:
        """Return when the device has done all that it was asked to do."""
        if self.device.type != "cpu":
            getattr(self.torch, self.device.type).synchronize()

    def allocated(self) -> int:
        """Return the bytes that are held on the device now; on the processor nobody counts them."""
        if self.device.type == "cuda":
            return self.torch.cuda.memory_allocated()
        return self.torch.mps.current_allocated_memory() if self.device.type == "mps" else 0

    def peak(self, B: int) -> int:
        """Return the most bytes that an update on B examples holds, the data set not counted."""
        self.run(B)
        self.wait()
        if self.device.type == "cpu":
            weights = sum(w.numel() * w.element_size() for w in self.network.parameters())
            return weights + self._profiled(B)
        if self.device.type == "cuda":
            self.torch.cuda.reset_peak_memory_stats()
            self.run(B)
            self.wait()
            return self.torch.cuda.max_memory_allocated() - self.data
        noted = []
        self.run(B, note=lambda: noted.append(self.allocated()))
        return max(noted) - self.data

    def _profiled(self, B):
        """Return the peak of all that an update allocates, from the record of each allocation."""
        from torch.profiler import ProfilerActivity, profile

        self.optimizer.zero_grad()  # what an earlier update left behind is not in the record
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
            self.run(B)
        events = [e for e in record.profiler.kineto_results.events() if e.name() == "[memory]"]
        held = most = 0
        for event in sorted(events, key=lambda event: event.start_ns()):
            held += event.nbytes()
            most = max(most, held)
        return most


def build(name: str, dtype):
    """Return a network, examples, their answers and a loss."""
    import torch
    from torch import nn

    if name == "transformer":
        block = nn.TransformerEncoderLayer(256, 8, 1024, dropout=0.0, batch_first=True)
        network = nn.Sequential(
            nn.Embedding(WORDS, 256), nn.TransformerEncoder(block, 2), nn.Linear(256, WORDS)
        )
        X, y = (torch.randint(WORDS, (EXAMPLES, TOKENS)) for _ in range(2))
        return network, X, y, of_tokens
    sizes, layers = LAYERS[name], []
    for D, K in pairwise(sizes):
        layers += [nn.Linear(D, K), nn.ReLU()]
    X = torch.randn(EXAMPLES, sizes[0], dtype=dtype)
    if name == "line":
        y = torch.randn(EXAMPLES, 1, dtype=dtype)
        return nn.Sequential(*layers[:-1]), X, y, nn.functional.mse_loss
    y = torch.randint(sizes[-1], (EXAMPLES,))
    return nn.Sequential(*layers[:-1]), X, y, nn.functional.cross_entropy


def of_tokens(scores, y):
    """Return the mean cross-entropy over all tokens of all texts."""
    from torch import nn

    return nn.functional.cross_entropy(scores.flatten(0, 1), y.flatten())
