"""A student's function seen from the trusted side: plain data goes to the sandbox and comes back.

Nothing of the student's is ever executed, imported or unpickled on this side, and nothing passes
but plain values and the names of known exceptions. Who lies about a reply has answered wrongly.
"""

import builtins
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exercises.classroom import sandbox, wire
from exercises.outcomes import plain

QUESTION_SECONDS = 10.0  # for one question: defining its function and all calls of a check
SUBMISSION_SECONDS = 40.0  # for all questions of a submission
START_SECONDS = 15.0  # for a sandbox to be ready: on a busy machine that is no fault of an answer

EXCEPTIONS = frozenset(
    name
    for module in (builtins, np.exceptions, np.linalg)
    for name, value in vars(module).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)


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
    backend : str
        What holds them apart: one of `sandbox.BACKENDS`.
    """

    def __init__(self, given, answers, backend):
        self._process = self._spare = None
        self._started = 0
        if backend not in sandbox.BACKENDS:
            raise ValueError(f"backend is {backend!r}, not one of {', '.join(sandbox.BACKENDS)}")
        self.given = given
        self.answers = answers
        self.backend = backend
        self.patience = SUBMISSION_SECONDS

    @classmethod
    def read(cls, path):
        """Read what `transplant` wrote beside the pristine notebook."""
        return cls(**json.loads(Path(path).read_text()))

    def function(self, cell, name):
        """Return the function `name` that the answer cell `cell` defines."""
        return Answer(self, cell, name)

    def call(self, cell, name, cases):
        """Return the outcome of each case, and the errors of the cells that ran before.

        Each question is answered in a sandbox of its own. It runs this question's cell alone, so
        that no other answer can spoil it; only if a name is then unknown, all answer cells run.

        Returns
        -------
        outcomes : list of tuple
            ``("value", plain value)`` or ``("raised", name)``, where the name is one of
            `EXCEPTIONS`, or empty for any other; no outcome at all if there is no such function.
        errors : list of str
            Such names, of the errors that stopped a cell.

        Raises
        ------
        StoppedError
            If no reply came in time, or none that can be understood.
        sandbox.NoSandboxError
            If there is no process to ask, which is no fault of the answer.
        """
        if self.patience <= 0:
            raise StoppedError("timed_out")
        self._start()
        deadline = time.monotonic() + min(QUESTION_SECONDS, self.patience)
        alone = self.answers[cell]
        reply = self._ask(alone, name, cases, deadline)
        if misses_a_name(reply) and len(self.answers) > 1:
            everything = [piece for pieces in self.answers.values() for piece in pieces]
            try:
                return self._ask(everything, name, cases, deadline)
            except StoppedError:
                pass
        return reply

    def _ask(self, pieces, name, cases, deadline):
        request = {"given": self.given, "answers": pieces, "function": name, "cases": cases}
        try:
            request = wire.pack(request)
        except ValueError:  # megabytes of source
            raise StoppedError("crashed") from None
        try:
            data = self._exchange(request, deadline)
        except (EOFError, OSError, sandbox.NoSandboxError):
            # The machine may have failed, or an answer found a way to end its sandbox: once more.
            try:
                data = self._exchange(request, deadline)
            except (EOFError, OSError):
                raise StoppedError("crashed") from None
        return understood(data, len(cases))

    def _start(self):
        """Have a sandbox that is ready, and the next one on its way if it answers only once."""
        if self._process is not None:
            return
        self._process, self._spare = self._spare or started(self.backend), None
        self._started += 1
        if self.backend in sandbox.ONE_QUESTION and self._started < len(self.answers):
            self._spare = started(self.backend)
        try:
            await_ready(self._process)
        except sandbox.NoSandboxError:
            self.close()
            raise

    def _exchange(self, request, deadline):
        """Send a request and return the reply; the time it takes is taken off the patience."""
        before = time.monotonic()
        self._start()
        asked = time.monotonic()
        deadline += asked - before  # starting is no fault of an answer
        try:
            wire.send(self._process.stdin.fileno(), request, deadline)
            data = b""
            while frame := wire.receive(self._process.stdout.fileno(), deadline):
                data = data or frame
        except TimeoutError:
            self._end()
            raise StoppedError("timed_out") from None
        except ValueError:
            self._end()
            raise StoppedError("crashed") from None
        except (OSError, EOFError):
            self._end()
            raise
        finally:
            self.patience -= time.monotonic() - asked
        if self.backend in sandbox.ONE_QUESTION:
            self._end()
        if data[:1] != wire.CONFINED:
            self._end()
            raise sandbox.NoSandboxError("The sandbox for an answer could not give up its rights")
        return data[1:]

    def _end(self):
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def close(self):
        """End the sandbox and everything in it."""
        self._end()
        self._process, self._spare = self._spare, None
        self._end()

    def __del__(self):
        self.close()


def started(backend):
    """Start a sandbox; a failure of the machine is a `NoSandboxError`."""
    try:
        return sandbox.start(backend)
    except OSError as error:
        raise sandbox.NoSandboxError(f"The sandbox for an answer did not start: {error}") from None


def await_ready(process):
    """Wait until a sandbox says that it is ready.

    Raises
    ------
    sandbox.NoSandboxError
        If it is not ready in time; the text gives the reason.
    """
    try:
        wire.receive(process.stdout.fileno(), time.monotonic() + START_SECONDS)
        return
    except TimeoutError:
        reason = f"it was not ready within {START_SECONDS:g} seconds"
    except (OSError, ValueError, EOFError):
        reason = "it ended at once"
    raise sandbox.NoSandboxError(f"The sandbox for an answer did not start: {reason}")


def understood(data, n_cases):
    """Return (outcomes, errors) of a reply, of which nothing is trusted.

    Raises
    ------
    StoppedError
        If it is anything but one outcome for each case, or none, and the errors.
    """
    try:
        outcomes, errors = wire.unpack(data)
        if type(outcomes) is not list or type(errors) is not list:
            raise ValueError("not two lists")
        if outcomes and len(outcomes) != n_cases:
            raise ValueError("not one outcome a case")
        return [_outcome(outcome) for outcome in outcomes], [_known(error) for error in errors]
    except (ValueError, TypeError):
        raise StoppedError("crashed") from None


def _outcome(outcome):
    if type(outcome) is not tuple or len(outcome) != 2 or type(outcome[0]) is not str:
        raise ValueError("not an outcome")
    kind, content = outcome
    if kind == "value":
        return kind, plain(content)
    if kind == "raised":
        return kind, _known(content)
    raise ValueError("not an outcome")


def _known(name):
    return name if type(name) is str and name in EXCEPTIONS else ""


def misses_a_name(reply):
    """Whether an answer failed for want of a name that another answer may define."""
    outcomes, errors = reply
    return ("raised", "NameError") in outcomes or "NameError" in errors


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
            raise RuntimeError(outcomes[0][1] if outcomes else "; ".join(errors))
        return outcomes[0][1]
