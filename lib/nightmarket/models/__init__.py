"""The models that jobs call: which there are, where their files come from, and texts made into vectors.

A model is a set of files with pinned digests. torch and transformers are imported when a model is loaded, not
when this package is, so planning and parsing stay light.
"""

from nightmarket.models.encoder import Encoder
from nightmarket.models.files import models_folder, prepare
from nightmarket.models.loading import default_name, load, loader
from nightmarket.models.registry import DEFAULT, Model, model, models
from nightmarket.models.routing import Route, routes
from nightmarket.models.stand_in import StandInEncoder
from nightmarket.models.trial import ALL, Exam, Measured, Trial, exam, tried
from nightmarket.models.tuning import Course, Pair, Tuned, tune

__all__ = [
    "ALL",
    "DEFAULT",
    "Course",
    "Encoder",
    "Exam",
    "Measured",
    "Model",
    "Pair",
    "Route",
    "StandInEncoder",
    "Trial",
    "Tuned",
    "default_name",
    "exam",
    "load",
    "loader",
    "model",
    "models",
    "models_folder",
    "prepare",
    "routes",
    "tried",
    "tune",
]
