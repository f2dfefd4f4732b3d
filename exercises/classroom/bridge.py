"""A student's function seen from the trusted side: plain data goes to the sandbox and comes back.

Nothing of the student's is ever executed, imported or unpickled on this side, so a submission that
lies about its replies has only answered wrongly.
"""

import json
import os
import select
import signal
import struct
import time
from dataclasses import dataclass
from pathlib import Path

from exercises.classroom import sandbox, wire

QUESTION_SECONDS = 10.0  # for one question: defining its function and all calls of a check
START_SECONDS = 15.0  # for a sandbox to be ready: on a busy machine that is no fault of an answer
SUBMISSION_SECONDS = 40.0  # after so much waiting in vain, further questions get no time


class StoppedError(Exception):
    """No reply: `status` is ``"timed_out"`` or ``"crashed"``."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Answers:
    """The answers of one submission, in a sandbox that is started when first needed.

    Parameters
    ----------
    given : list of str
        Cells of the source notebook that run before the answers, as imports do.
    answers : dict
        For each answer cell, in the order of the notebook, the list of its pieces.
    sandboxed : bool
        Whether bubblewrap holds them apart.
    """

    def __init__(self, given, answers, backend):
        self.given = given
        self.answers = answers
        self.sandboxed = backend
        self.patience = SUBMISSION_SECONDS
        self._process = None

    @classmethod
    def read(cls, path):
        """Read what `transplant` wrote beside the pristine notebook."""
        return cls(**json.loads(Path(path).read_text()))

    def function(self, cell, name):
        """Return the function `name` that the answer cell `cell` defines."""
        return Answer(self, cell, name)

    def call(self, cell, name, cases):
        """Return the outcome of each case, and the errors of the cells that ran before.

        Each question is answered by a process of its own. It runs this question's cell alone, so
        that no other answer can spoil it; only if a name is then unknown, all answer cells run.

        Raises
        ------
        StoppedError
            If no reply came in time, or the process ended.
        sandbox.NoSandboxError
            If there is no process to ask, which is no fault of the answer.
        """
        alone = self.answers[cell]
        reply = self._ask(alone, name, cases)
        if misses_a_name(reply) and len(self.answers) > 1:
            everything = [piece for pieces in self.answers.values() for piece in pieces]
            try:
                return self._ask(everything, name, cases)
            except StoppedError:
                pass
        return reply

    def _ask(self, pieces, name, cases):
        if self.patience <= 0:
            raise StoppedError("timed_out")
        if self._process is None:
            self._process = ready(self.sandboxed)
        request = {"given": self.given, "answers": pieces, "function": name, "cases": cases}
        asked = time.monotonic()
        deadline = asked + min(QUESTION_SECONDS, self.patience)
        try:
            send(self._process.stdin, wire.pack(request), deadline)
            data = b""
            while frame := receive(self._process.stdout, deadline):
                data = data or frame
            outcomes, errors = wire.unpack(data)
            return checked(outcomes, cases), [str(error) for error in errors]
        except TimeoutError:
            self.close()
            self.patience -= time.monotonic() - asked
            raise StoppedError("timed_out") from None
        except (ValueError, TypeError, OSError, EOFError):
            self.close()
            raise StoppedError("crashed") from None

    def close(self):
        """End the sandbox and everything in it."""
        process, self._process = self._process, None
        if process is not None:
            end(process)

    def __del__(self):
        self.close()


def ready(sandboxed):
    """Start a sandbox and wait until it is ready.

    Raises
    ------
    sandbox.NoSandboxError
        If it is not ready in time; the text gives the reason.
    """
    process = None
    try:
        process = sandbox.start(sandboxed)
        receive(process.stdout, time.monotonic() + START_SECONDS)
        return process
    except TimeoutError:
        reason = f"it was not ready within {START_SECONDS:g} seconds"
    except (OSError, ValueError, EOFError) as error:
        reason = str(error) or "it ended at once"
    if process is not None:
        end(process)
    raise sandbox.NoSandboxError(f"The sandbox for an answer did not start: {reason}")


def end(process):
    """Kill a sandbox; all that runs inside a namespace of processes ends with its first."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    process.stdin.close()
    process.stdout.close()


def send(pipe, data, deadline):
    """Write one frame, or raise TimeoutError at the deadline."""
    os.set_blocking(pipe.fileno(), False)
    view = memoryview(struct.pack(">I", len(data)) + data)
    while view:
        if not select.select([], [pipe], [], max(deadline - time.monotonic(), 0))[1]:
            raise TimeoutError
        view = view[os.write(pipe.fileno(), view) :]


def receive(pipe, deadline):
    """Read one frame of bounded size, or raise TimeoutError at the deadline."""
    (size,) = struct.unpack(">I", _read(pipe, 4, deadline))
    if size > wire.MAX_BYTES:
        raise ValueError(f"a frame of {size} bytes")
    return _read(pipe, size, deadline)


def _read(pipe, size, deadline):
    data = bytearray()
    while len(data) < size:
        if not select.select([pipe], [], [], max(deadline - time.monotonic(), 0))[0]:
            raise TimeoutError
        part = os.read(pipe.fileno(), size - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def checked(outcomes, cases):
    """Return the outcomes if they have the form of outcomes, else raise ValueError."""
    for outcome in outcomes:
        kinds = {("value",): 2, ("raised",): 3}
        if type(outcome) is not tuple or kinds.get(outcome[:1]) != len(outcome):
            raise ValueError("not an outcome")
        if outcome[0] == "raised" and not all(type(text) is str for text in outcome):
            raise ValueError("not an outcome")
    failed_to_send = len(outcomes) == 1 and outcomes[0][0] == "raised"
    if outcomes and len(outcomes) != len(cases) and not failed_to_send:
        raise ValueError("not one outcome a case")
    return outcomes


def misses_a_name(reply):
    """Whether an answer failed for want of a name that another answer may define."""
    outcomes, errors = reply
    raised = any(o[0] == "raised" and o[1] == "NameError" for o in outcomes)
    return raised or any(error.startswith("NameError") for error in errors)


@dataclass(frozen=True)
class Answer:
    """One function of a submission; calling it asks the sandbox."""

    answers: Answers
    cell: str
    name: str

    def many(self, cases):
        """Return one outcome a case, in one exchange; see `Answers.call`."""
        return self.answers.call(self.cell, self.name, cases)

    def __call__(self, *arguments):
        """Return the function's value, for checks that are written as plain asserts."""
        outcomes, errors = self.many([arguments])
        if not outcomes or outcomes[0][0] == "raised":
            raise RuntimeError(": ".join(outcomes[0][1:]) if outcomes else "; ".join(errors))
        return outcomes[0][1]
