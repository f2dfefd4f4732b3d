"""What all tests share."""

import os

import pytest

# A notebook below tests/ is material for a test, not a test.
collect_ignore_glob = ["*.ipynb"]


@pytest.fixture(scope="module", autouse=True)
def environment_stays_as_it_was():
    """Undo what Dask leaves behind: it starts workers by changing the environment of this process.

    Its MALLOC_TRIM_THRESHOLD_ makes every program that is started later half as fast.
    """
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
