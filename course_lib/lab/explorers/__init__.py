"""Pictures that answer to a control, and questions that wait for a prediction.

Each is one plain call in a notebook, shows itself where it is a cell's value, and leaves a picture
and a sentence in the stored notebook, where no kernel runs. All controls are native elements of the
browser, so they can be reached and moved by keyboard and a screen reader says their real values.
"""

from course_lib.lab.explorers.ball import BallExplorer
from course_lib.lab.explorers.clock import ClockExplorer
from course_lib.lab.explorers.cost import CostExplorer
from course_lib.lab.explorers.decision import DecisionExplorer
from course_lib.lab.explorers.knee import KneeExplorer
from course_lib.lab.explorers.map import MapExplorer
from course_lib.lab.explorers.noise import NoiseExplorer
from course_lib.lab.explorers.path import PathExplorer
from course_lib.lab.explorers.prediction import Prediction, Predictions
from course_lib.lab.explorers.race import RaceExplorer
from course_lib.lab.explorers.rate import RateExplorer
from course_lib.lab.explorers.update import UpdateExplorer
from course_lib.lab.explorers.well import WellExplorer
from course_lib.lab.explorers.workers import WorkersExplorer

__all__ = [
    "BallExplorer",
    "ClockExplorer",
    "CostExplorer",
    "DecisionExplorer",
    "KneeExplorer",
    "MapExplorer",
    "NoiseExplorer",
    "PathExplorer",
    "Prediction",
    "Predictions",
    "RaceExplorer",
    "RateExplorer",
    "UpdateExplorer",
    "WellExplorer",
    "WorkersExplorer",
]
