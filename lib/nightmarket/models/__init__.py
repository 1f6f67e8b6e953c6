"""The models that jobs call: which there are, where their files come from, and texts and pictures made into
vectors.

A model is a set of files with pinned digests. torch and transformers are imported when a model is loaded, not
when this package is, so planning and parsing stay light.
"""

from nightmarket.models.entry import Model
from nightmarket.models.files import models_folder, prepare, ready
from nightmarket.models.gate import EvalSplit, GateResult, Measured, eval_split, needed, tune_through_gate
from nightmarket.models.kinds import kind, kinds
from nightmarket.models.kinds.encoder import Encoder, EncoderModel, StandInEncoder
from nightmarket.models.kinds.image_encoder import ImageEncoder, ImageEncoderModel, StandInImageEncoder
from nightmarket.models.loading import load, loader
from nightmarket.models.pictures import fault as picture_fault
from nightmarket.models.registry import model, models
from nightmarket.models.routing import Route, routes
from nightmarket.models.tuning import Pair, TrainingConfig, Tuned, forget, tune

__all__ = [
    "Encoder",
    "EncoderModel",
    "EvalSplit",
    "GateResult",
    "ImageEncoder",
    "ImageEncoderModel",
    "Measured",
    "Model",
    "Pair",
    "Route",
    "StandInEncoder",
    "StandInImageEncoder",
    "TrainingConfig",
    "Tuned",
    "eval_split",
    "forget",
    "kind",
    "kinds",
    "load",
    "loader",
    "model",
    "models",
    "models_folder",
    "needed",
    "picture_fault",
    "prepare",
    "ready",
    "routes",
    "tune",
    "tune_through_gate",
]
