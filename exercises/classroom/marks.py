"""What can come of an answer and of a submission, and every text that says so."""

from dataclasses import dataclass
from enum import StrEnum

from exercises.remarks import NOT_WRITTEN, RIGHT


class Status(StrEnum):
    """What came of one answer."""

    PASSED = "passed"
    FAILED = "failed"
    MISSING = "missing"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    MANUAL = "manual"
    UNJUDGED = "unjudged"


WORDS = {
    Status.PASSED: "right",
    Status.FAILED: "not right yet",
    Status.MISSING: "not written",
    Status.CRASHED: "stopped by itself",
    Status.TIMED_OUT: "took too long",
    Status.MANUAL: "read by a person",
    Status.UNJUDGED: "not judged yet",
}
TEXTS = {
    Status.PASSED: RIGHT,
    Status.MISSING: NOT_WRITTEN,
    Status.TIMED_OUT: "it did not come to an end in time. Is there a loop whose condition stays "
    "true?",
    Status.CRASHED: "the process that ran it ended without a reply. It may have taken too much "
    "memory, or called exit().",
    Status.MANUAL: "a person reads this answer",
    Status.UNJUDGED: "it could not be judged, and whoever grades has been told",
}
NO_ANSWER = "its cell ({}) holds no answer: write it where it says YOUR CODE HERE"
NO_TEXT = "nothing is written here yet"
NO_FUNCTION = "no function of this name is in its cell"
CELL_STOPS = "its cell stops with {}"
ONLY_VISIBLE = (
    "it is right for the inputs in your notebook, and not for others. What does it do at the edges "
    "that the text names?"
)
UNREADABLE = "your file could not be read: {}"
TRY_AGAIN = "{} could not be judged; the log says why. Grade again"
UNKNOWN_EXERCISE = "there is no exercise of this name"
WITHOUT_SANDBOX = (
    "graded without a sandbox: the answers ran with limits on memory and time alone, and could "
    "read files, use the network and tamper with marks"
)


@dataclass(frozen=True)
class Verdict:
    """What the hidden check of a question says of an answer."""

    status: Status
    message: str
    mistake: str = ""  # its name, if it is a known one

    @classmethod
    def of(cls, status):
        """Return the verdict that needs no further word."""
        return cls(status, TEXTS[status])


@dataclass(frozen=True)
class Mark:
    """A row of the gradebook: one question of one submission."""

    grade_id: str
    points: float
    max_points: float
    status: Status
    mistake: str
    message: str
    answer: str  # the student's own text, for the feedback page alone
    hints: int = 0  # that were opened, as far as the student kept them


@dataclass(frozen=True)
class Result:
    """What came of one submission.

    Attributes
    ----------
    student, exercise : str
        As they are shown.
    file : str
        Path below the folder of all submissions, as it is shown.
    marks : tuple of Mark
        One a question; none if there is no such exercise.
    note : str
        What whoever grades should know.
    junit, log : str
        What nbval said; for whoever grades alone.
    """

    student: str
    exercise: str
    file: str
    marks: tuple = ()
    note: str = ""
    junit: str = ""
    log: str = ""

    @property
    def points(self):
        """The points earned."""
        return sum(mark.points for mark in self.marks)

    @property
    def max_points(self):
        """The points that could be earned."""
        return sum(mark.max_points for mark in self.marks)

    @property
    def unjudged(self):
        """The grade_ids of answers that the machine failed to judge."""
        return [mark.grade_id for mark in self.marks if mark.status is Status.UNJUDGED]


def mark(question, pieces, verdict, hints=0):
    """Return the `Mark` of a question.

    Parameters
    ----------
    question : source.Question
    pieces : list of str
        What the student wrote.
    verdict : Verdict or None
        None if the question was not judged.
    hints : int
        How many were opened.
    """
    if not pieces:
        text = NO_TEXT if question.manual else NO_ANSWER.format(question.answer)
        verdict = verdict or Verdict(Status.MISSING, text)
    elif question.manual:
        verdict = Verdict.of(Status.MANUAL)
    elif verdict is None:
        verdict = Verdict.of(Status.UNJUDGED)
    return Mark(
        question.grade_id,
        question.points if verdict.status is Status.PASSED else 0.0,
        question.points,
        verdict.status,
        verdict.mistake,
        verdict.message,
        "\n\n".join(pieces)[:20_000],
        hints,
    )
