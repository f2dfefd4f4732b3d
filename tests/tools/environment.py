"""The environment in which notebooks are stored and tested.

pytest loads this module before anything else (`-p tests.tools.environment` in pyproject.toml), so
that every kernel that it starts inherits these settings. `tests.tools.store` uses the same ones.
"""

import os

ENVIRONMENT = {
    # A progress bar shows seconds, which differ each time.
    "TQDM_DISABLE": "1",
    # One thread each: timings mean something, and two test workers do not fight for the cores.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}

# Seconds that one cell may take.
CELL_TIMEOUT = 60

os.environ.update(ENVIRONMENT)
