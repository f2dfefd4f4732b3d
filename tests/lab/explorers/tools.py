"""What the tests of all explorers use."""

from types import SimpleNamespace

from course_lib.data import lesson_line
from course_lib.lab import explorers
from course_lib.models import line
from course_lib.optimizers import constant, sgd
from course_lib.training import train

KINDS = [getattr(explorers, name) for name in explorers.__all__ if name.endswith("Explorer")]


def move(explorer, **values):
    """Move controls as the browser does; return the message and the buffers that it gets."""
    return told(explorer, {"event": "change", "values": values})


def told(explorer, message):
    answers = []
    explorer.receive(message, lambda answer, buffers: answers.append((answer, buffers)))
    return answers[0]


def same_scene(one, other) -> bool:
    """Return whether two explorers show the same."""
    ours, theirs = one._scene(), other._scene()
    return (
        [panel.spec() for panel in ours.panels] == [panel.spec() for panel in theirs.panels]
        and len(ours.marks) == len(theirs.marks)
        and all(a.same_as(b) for a, b in zip(ours.marks, theirs.marks, strict=True))
        and one._frame() == other._frame()
    )


def marks_of(explorer, kind, panel):
    """Return the marks of a kind in a panel."""
    return [mark for mark in explorer._scene().marks if (mark.kind, mark.panel) == (kind, panel)]


def runs_of_lesson(*batch_sizes):
    return [
        train(line(), lesson_line(), sgd(), constant(0.05), batch_size=B, n_updates=100, n_runs=5)
        for B in batch_sizes
    ]


def measured_at(*batch_sizes, updates=lambda B: 300 * (1 + 20 / B), seconds=lambda B: 1e-4):
    return [
        SimpleNamespace(batch_size=B, updates=updates(B), seconds_per_update=seconds(B))
        for B in batch_sizes
    ]
