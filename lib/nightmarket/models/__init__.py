"""The models that jobs call: which there are, where their files come from, and texts and pictures made into
vectors.

A model is a set of files with pinned digests. torch and transformers are imported when a model is loaded, not
when this package is, so planning and parsing stay light.
"""

from nightmarket.models.encoder import Encoder
from nightmarket.models.files import models_folder, prepare, ready
from nightmarket.models.image_encoder import ImageEncoder
from nightmarket.models.loading import (
    default_image_name,
    default_name,
    image_loader,
    load,
    load_images,
    loader,
)
from nightmarket.models.pictures import fault as picture_fault
from nightmarket.models.registry import DEFAULT, DEFAULT_OF_IMAGES, Model, model, models
from nightmarket.models.routing import ImageRoute, Route, image_route, routes
from nightmarket.models.stand_in import StandInEncoder, StandInImageEncoder
from nightmarket.models.trial import EvalSplit, Measured, Trial, eval_split, needed, tried
from nightmarket.models.tuning import Pair, TrainingConfig, Tuned, forget, tune

__all__ = [
    "DEFAULT",
    "DEFAULT_OF_IMAGES",
    "Encoder",
    "EvalSplit",
    "ImageEncoder",
    "ImageRoute",
    "Measured",
    "Model",
    "Pair",
    "Route",
    "StandInEncoder",
    "StandInImageEncoder",
    "TrainingConfig",
    "Trial",
    "Tuned",
    "default_image_name",
    "default_name",
    "eval_split",
    "forget",
    "image_loader",
    "image_route",
    "load",
    "load_images",
    "loader",
    "model",
    "models",
    "models_folder",
    "needed",
    "picture_fault",
    "prepare",
    "ready",
    "routes",
    "tried",
    "tune",
]
