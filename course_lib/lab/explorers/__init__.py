"""Pictures that answer to a control, and questions that wait for a prediction."""

from course_lib.lab.explorers.ball import BallExplorer
from course_lib.lab.explorers.path import PathExplorer
from course_lib.lab.explorers.prediction import Prediction
from course_lib.lab.explorers.race import RaceExplorer
from course_lib.lab.explorers.rate import RateExplorer
from course_lib.lab.explorers.update import UpdateExplorer
from course_lib.lab.explorers.well import WellExplorer

__all__ = [
    "BallExplorer",
    "PathExplorer",
    "Prediction",
    "RaceExplorer",
    "RateExplorer",
    "UpdateExplorer",
    "WellExplorer",
]
