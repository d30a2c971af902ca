"""Prompts: templates with named placeholders, checked when they are saved, versioned when they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Formatter

from django.db import transaction
from django.utils.translation import gettext as _

from insights.models import Prompt, PromptVersion, StageName
from insights.providers.base import Fact
from mitai.core.errors import Invalid

SHIPPED = Path(__file__).parent / "shipped"
PLACEHOLDERS = {
    StageName.WEIGHT: frozenset({"facts", "language"}),
    StageName.NUTRITION: frozenset({"facts", "language"}),
    StageName.OVERALL: frozenset({"facts", "language", "weight_result", "nutrition_result"}),
}
RESULTS = {"weight": "weight_result", "nutrition": "nutrition_result"}
LANGUAGES = {"de": "Deutsch", "en": "English"}


class PromptError(Invalid):
    """A prompt that cannot be used; the message names what is wrong and what is allowed."""


def check_role(role: str) -> None:
    """Refuse a role with other placeholders than {language}.

    Raises:
        PromptError: for an unknown placeholder or a lone brace.
    """
    _placeholders(role, frozenset({"language"}))


def check(stage: str, text: str) -> None:
    """Refuse a text whose placeholders are not exactly among those of the stage.

    Raises:
        PromptError: for an unknown placeholder, a lone brace, or a text without {facts}.
    """
    if "facts" not in _placeholders(text, PLACEHOLDERS[StageName(stage)]):
        raise PromptError(_("The placeholder {facts} is missing: without it the model knows no numbers."))


def _placeholders(text: str, allowed: frozenset[str]) -> set[str]:
    names = ", ".join(f"{{{name}}}" for name in sorted(allowed))
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise PromptError(_("A brace stands alone. Write {{ or }} for a brace that is meant.")) from error
    used = {name for _text, name, _spec, _conversion in parts if name is not None}
    if any(spec or conversion for _text, _name, spec, conversion in parts) or not used <= allowed:
        wrong = ", ".join(f"{{{name}}}" for name in sorted(used - allowed)) or "{…!r}, {…:…}"
        raise PromptError(
            _("Unknown placeholder: %(wrong)s. Allowed are %(names)s.") % {"wrong": wrong, "names": names}
        )
    return used


def messages(
    version: PromptVersion, *, language: str, facts: Iterable[Fact], earlier: Mapping[str, str]
) -> tuple[dict[str, str], ...]:
    """What is sent to a language model: the role, and the text with everything filled in."""
    values = {name: earlier.get(stage) or missing(stage, language) for stage, name in RESULTS.items()}
    values |= {"facts": as_lines(facts), "language": LANGUAGES[language]}
    return (
        {"role": "system", "content": version.role.format_map(values)},
        {"role": "user", "content": version.text.format_map(values)},
    )


def as_lines(facts: Iterable[Fact]) -> str:
    """The facts as they are sent, one a line: `F1 Trend weight: 82.4 kg`."""
    return "\n".join(f"{fact.id} {fact.text}" for fact in facts)


def missing(stage: str, language: str) -> str:
    """What stands in the place of a result that did not come."""
    name = {
        "weight": {"de": "Gewichtstrend", "en": "weight trend"},
        "nutrition": {"de": "Ernährung", "en": "nutrition"},
    }[stage][language]
    if language == "de":
        return f"(Die Auswertung „{name}“ fehlt. Sage das in einem Satz und stütze dich auf die Fakten.)"
    return f'(The evaluation "{name}" is missing. Say so in one sentence and rely on the facts.)'


def current(stage: str, language: str) -> PromptVersion:
    """The version new runs use.

    Raises:
        PromptVersion.DoesNotExist: when the installation was not seeded.
    """
    return PromptVersion.objects.filter(prompt__stage=stage, prompt__language=language).latest("number")


@transaction.atomic
def add_version(*, prompt: Prompt, role: str, text: str, shipped: bool = False) -> PromptVersion:
    """The next version of a prompt; the one before stays for the results that came from it."""
    check_role(role)
    check(prompt.stage, text)
    Prompt.objects.select_for_update().get(pk=prompt.pk)
    before = prompt.current
    if before is not None and (before.role, before.text) == (role, text):
        return before
    return PromptVersion.objects.create(
        prompt=prompt, number=1 + (before.number if before else 0), role=role, text=text, shipped=shipped
    )


def seed() -> None:
    """Bring the shipped prompts in; where an operator has written a version, that one stays."""
    for stage in StageName.values:
        for language in LANGUAGES:
            prompt, _created = Prompt.objects.get_or_create(stage=stage, language=language)
            before = prompt.current
            if before is None or before.shipped:
                role, text = shipped(stage, language)
                add_version(prompt=prompt, role=role, text=text, shipped=True)


def shipped(stage: str, language: str) -> tuple[str, str]:
    """Role and text as the installation brings them."""
    role = (SHIPPED / f"role.{language}.txt").read_text("utf-8").strip()
    return role, (SHIPPED / f"{stage}.{language}.txt").read_text("utf-8").strip()
