"""Types of training, what a session of each should be like, and which names of activities mean which type."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from mitai.core.ids import uuid7

if TYPE_CHECKING:
    from membership.models import User

    BoundField = models.PositiveSmallIntegerField[int | None, int | None]
else:
    BoundField = models.PositiveSmallIntegerField

NAME_LONGEST = 200
KEY_LONGEST = 3 * NAME_LONGEST  # folding case makes three characters of one at most
MET_LOW, MET_HIGH = Decimal("0.9"), Decimal(25)  # asleep; faster than anybody runs
STRONGEST = 3
# The rules of a profile by the fields of their two ends.
RULES = (
    ("minimum_min", "ideal_min"),
    ("hr_share_low", "hr_share_high"),
    ("hard_share_low", "hard_share_high"),
    ("rpe_low", "rpe_high"),
)
RANGES = ((1, 1440), (30, 100), (0, 100), (0, 10))  # of both ends
BOUNDS = {end: bounds for rule, bounds in zip(RULES, RANGES, strict=True) for end in rule}


class Category(models.TextChoices):
    """The groups in which types are offered, in this order."""

    STRENGTH = "strength", _("Strength")
    CARDIO = "cardio", _("Cardio")
    HIIT = "hiit", _("HIIT")
    MARTIAL_ARTS = "martial_arts", _("Martial arts")
    MOBILITY = "mobility", _("Mobility")
    MIND = "mind", _("Mind")
    RECOVERY = "recovery", _("Recovery and everyday life")


class Ability(models.TextChoices):
    """What a training trains."""

    MAXIMAL_STRENGTH = "MK", _("Maximal strength")
    MUSCLE_GROWTH = "HY", _("Muscle growth")
    STRENGTH_ENDURANCE = "KA", _("Strength endurance")
    EXPLOSIVENESS = "EX", _("Explosiveness")
    AEROBIC = "AE", _("Aerobic endurance")
    ANAEROBIC = "AN", _("Anaerobic endurance")
    FLEXIBILITY = "BW", _("Flexibility")
    STABILITY = "ST", _("Stability")
    COORDINATION = "KO", _("Coordination")
    TECHNIQUE = "TE", _("Technique and tactics")
    FOCUS = "FO", _("Focus")
    RECOVERY = "ER", _("Recovery")


def check_abilities(abilities: object) -> None:
    """Accept known abilities with 1 (a little), 2 or 3 (above all), such as `{"MK": 3}`.

    Raises:
        ValidationError: for anything else, naming it.
    """
    if not isinstance(abilities, dict):
        raise ValidationError(_("Abilities are named with 1, 2 or 3 each."))
    for key, amount in abilities.items():
        if key not in Ability.values:
            raise ValidationError(_("“%(key)s” is no ability."), params={"key": key})
        if type(amount) is not int or not 1 <= amount <= STRONGEST:
            raise ValidationError(_("%(ability)s: 1, 2 or 3."), params={"ability": Ability(key).label})


def _bound(name: str, label: Promise) -> BoundField:
    """One end of a rule of a profile; empty is no rule."""
    low, high = BOUNDS[name]
    validators = [MinValueValidator(low), MaxValueValidator(high)]
    return BoundField(label, null=True, blank=True, validators=validators)  # type: ignore[arg-type]  # the stubs name another lazy class


def _rule(low: str, high: str) -> models.CheckConstraint:
    """The database's last line: both ends in their range and in order; an empty end is left out."""
    least, most = BOUNDS[low]
    within = Q(
        *((f"{end}__{side}", limit) for end in (low, high) for side, limit in (("gte", least), ("lte", most)))
    )
    return models.CheckConstraint(
        condition=within & Q((f"{low}__lte", F(high))), name=f"training_type_{low.rpartition('_')[0]}_rule"
    )


class TrainingType(models.Model):
    """A type of training with its profile: what a session of it should be like.

    Each end of a rule of the profile may be empty, which is no rule. Shares are percent: `hr_share_*` of the
    highest heart rate (the mean of a session), `hard_share_*` of the time (spent at or above 80 % of the
    highest heart rate). RPE is the scale from 0 to 10 (CR-10). Types are switched off, never deleted: what
    was recorded names them.
    """

    code = models.SlugField(_("code"), primary_key=True, help_text=_("Stays for good; files name it."))
    category = models.CharField(_("category"), max_length=20, choices=Category)
    name_de = models.CharField(_("name in German"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80)
    abilities = models.JSONField(_("abilities"), default=dict, blank=True, validators=[check_abilities])
    met = models.DecimalField(
        _("MET"),
        max_digits=4,
        decimal_places=1,
        validators=[MinValueValidator(MET_LOW), MaxValueValidator(MET_HIGH)],
        help_text=_("Energy as a multiple of that at rest."),
    )
    met_edition = models.CharField(
        _("edition of the MET"), max_length=20, help_text=_("Of the Compendium of Physical Activities.")
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("The lowest comes first.")
    )
    active = models.BooleanField(
        _("active"), default=True, help_text=_("Offered for new entries; recorded ones keep it anyway.")
    )
    minimum_min = _bound("minimum_min", _("minimum duration (min)"))
    ideal_min = _bound("ideal_min", _("ideal duration (min)"))
    hr_share_low = _bound("hr_share_low", _("mean heart rate from (% of maximum)"))
    hr_share_high = _bound("hr_share_high", _("mean heart rate up to (% of maximum)"))
    hard_share_low = _bound("hard_share_low", _("hard share from (% of time)"))
    hard_share_high = _bound("hard_share_high", _("hard share up to (% of time)"))
    rpe_low = _bound("rpe_low", _("RPE from"))
    rpe_high = _bound("rpe_high", _("RPE up to"))

    class Meta:
        ordering = ["position", "code"]
        verbose_name = _("training type")
        verbose_name_plural = _("training types")
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=Category.values), name="training_type_category_known"
            ),
            models.CheckConstraint(
                condition=Q(met__gte=MET_LOW, met__lte=MET_HIGH), name="training_type_met_range"
            ),
            *(_rule(low, high) for low, high in RULES),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the active language."""
        return self.name_de if (get_language() or "").startswith("de") else self.name_en


class NameMapping(models.Model):
    """What an activity's name means: to one member, or by the operator's word (no user) to everyone else."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    name = models.CharField(_("name"), max_length=NAME_LONGEST)  # as it was first met
    key = models.CharField(max_length=KEY_LONGEST, editable=False)
    training_type = models.ForeignKey(
        TrainingType, on_delete=models.PROTECT, related_name="+", verbose_name=_("training type")
    )

    class Meta:
        verbose_name = _("name of an activity")
        verbose_name_plural = _("names of activities")
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], nulls_distinct=False, name="name_mapping_once"),
            models.CheckConstraint(condition=~Q(key=""), name="name_mapping_says_something"),
        ]

    def __str__(self) -> str:
        return self.name


def normalise(name: str) -> str:
    """The name as it is compared: case, the way accents are composed and the width of gaps do not matter."""
    folded = unicodedata.normalize("NFD", name).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def types_for(owner: User, names: Iterable[str]) -> dict[str, str]:
    """The code of the type that each of these names means to the member, by name as it was given.

    The member's own word counts before the operator's. Names nobody knows are left out; types that are
    switched off are not, because what was recorded before keeps its type. One query for any number of names.
    """
    keys = {name: normalise(name) for name in names}
    known = dict(
        NameMapping.objects.filter(Q(user=owner) | Q(user=None), key__in=set(keys.values()))
        .order_by(F("user").asc(nulls_first=True))  # of two rows the later one stays
        .values_list("key", "training_type_id")
    )
    return {name: known[key] for name, key in keys.items() if key in known}


def learn(*, owner: User | None, names: Iterable[str], training_type: TrainingType) -> None:
    """Remember that these names mean this type: to the member, or with no owner to everyone.

    A name that meant another type before means this one now, and keeps its first spelling. One statement for
    any number of names, of at most NAME_LONGEST characters each.

    Raises:
        django.db.IntegrityError: a name holds nothing but blanks.
    """
    by_key = {normalise(name): name for name in names}
    NameMapping.objects.bulk_create(
        # Always in the same order, so that two writers wait for each other instead of locking each other out.
        [
            NameMapping(user=owner, name=name.strip(), key=key, training_type=training_type)
            for key, name in sorted(by_key.items())
        ],
        update_conflicts=True,
        unique_fields=["user", "key"],
        update_fields=["training_type"],
    )


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The active types for a form: by category the code and name of each, in the active language."""
    groups: dict[str, list[tuple[str, str]]] = {category: [] for category in Category.values}
    for training_type in TrainingType.objects.filter(active=True):
        groups[training_type.category].append((training_type.code, training_type.name))
    return [(str(Category(category).label), types) for category, types in groups.items() if types]
