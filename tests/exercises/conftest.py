"""What holds answers apart in the tests that judge some."""

import pytest

from exercises.classroom import sandbox

# A container takes a second to start, so that hundreds of them are for the slow tests.
MARKS = {"bubblewrap": (), "container": (pytest.mark.slow,)}


@pytest.fixture(params=[pytest.param(name, marks=marks) for name, marks in MARKS.items()])
def backend(request):
    """Each backend that holds answers apart, skipped with the reason where it does not work."""
    if reason := sandbox.failing(request.param):
        pytest.skip(reason)
    return request.param
