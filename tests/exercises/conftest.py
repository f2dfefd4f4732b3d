"""What the tests of the exercises begin with, and what holds answers apart in those that judge."""

import pytest

from exercises.classroom import sandbox

# A container takes a second to start, so that hundreds of them are for the slow tests.
MARKS = {"bubblewrap": (), "container": (pytest.mark.slow,)}


@pytest.fixture(scope="package", autouse=True)
def secret_of_its_own(tmp_path_factory):
    """Kept results are not signed with the secret of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(params=[pytest.param(name, marks=marks) for name, marks in MARKS.items()])
def backend(request):
    """Each backend that holds answers apart, skipped with the reason where it does not work."""
    if reason := sandbox.failing(request.param):
        pytest.skip(reason)
    return request.param
