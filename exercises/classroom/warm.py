"""A warm pytest: imports it and nbval once, then forks for each notebook that is to be judged.

Started as ``python -m exercises.classroom.warm``. Each line of its input is a JSON list, the folder
to work in and pytest's arguments; for each it answers with a line that holds the exit code. The
children run stock pytest with stock nbval; only the second and a half of importing them is saved.
"""

import json
import os
import sys


def serve():
    """Answer until the input ends."""
    import ipykernel.kernelspec  # noqa: F401
    import nbval.plugin  # noqa: F401
    import pytest

    requests, replies = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    for line in requests:
        folder, *arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 3
            try:
                os.chdir(folder)
                log = os.open("pytest.log", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
                os.dup2(log, 1)
                os.dup2(log, 2)
                code = int(pytest.main(arguments))
                sys.stdout.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=replies, flush=True)


if __name__ == "__main__":
    serve()
