"""What a process loads before it forks, so that its children share it: small machines have little memory."""

from __future__ import annotations

import gc
import importlib

from django.conf import settings
from django.template.loader import get_template
from django.utils import translation


def load(*, pages: bool) -> None:
    """Load every task's or every page's code, the catalogues and, for pages, the templates.

    The collector then leaves all of it alone: touching an object copies its page in each child.
    """
    if pages:
        importlib.import_module(settings.ROOT_URLCONF)
        folder = settings.BASE_DIR / "templates"
        for path in folder.rglob("*.html"):
            get_template(str(path.relative_to(folder)))
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("Save")
    gc.collect()
    gc.freeze()
