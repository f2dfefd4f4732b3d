"""Pictures that answer to a control, and questions that wait for a prediction."""

from course_lib.lab.explorers.cost import CostExplorer
from course_lib.lab.explorers.knee import KneeExplorer
from course_lib.lab.explorers.map import MapExplorer
from course_lib.lab.explorers.path import PathExplorer
from course_lib.lab.explorers.prediction import Prediction
from course_lib.lab.explorers.race import RaceExplorer
from course_lib.lab.explorers.workers import WorkersExplorer

__all__ = [
    "CostExplorer",
    "KneeExplorer",
    "MapExplorer",
    "PathExplorer",
    "Prediction",
    "RaceExplorer",
    "WorkersExplorer",
]
