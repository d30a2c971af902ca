"""Every table of this app. A journal's model is found by its module being there."""

from __future__ import annotations

from tracking.favourites import Favourite
from tracking.goals import Goal
from tracking.imports.runs import ImportRun
from tracking.journals import registry
from tracking.photos.photo_files import PhotoFile
from tracking.profile import Profile
from tracking.readings import Reading, Submission, SyncClock
from tracking.sources import Source, SourceOrder
from tracking.training import NameMapping, TrainingType

registry()

__all__ = [
    "Favourite",
    "Goal",
    "ImportRun",
    "NameMapping",
    "PhotoFile",
    "Profile",
    "Reading",
    "Source",
    "SourceOrder",
    "Submission",
    "SyncClock",
    "TrainingType",
]
