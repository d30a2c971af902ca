from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from pytest_django import Settings

from membership.models import Feature, Tier, TierLimit
from membership.tiers import FEATURES, TIERS
from tracking.journals import registry

pytestmark = pytest.mark.django_db


def test_an_installation_begins_with_tiers_features_and_a_limit_for_every_journal() -> None:
    call_command("seed", verbosity=0)
    assert list(Tier.objects.values_list("slug", flat=True)) == [tier.slug for tier in TIERS]
    slugs = {feature.slug for feature in FEATURES} | {journal.feature for journal in registry().values()}
    assert set(Feature.objects.values_list("slug", flat=True)) == slugs
    weight = Feature.objects.get(slug="weight_entries")
    assert (weight.label, weight.default_limit) == ("Entries: Weight", None)


def test_seeding_again_leaves_what_operators_changed() -> None:
    call_command("seed", verbosity=0)
    Tier.objects.filter(slug="basic").update(name="Family", rank=25)
    Feature.objects.filter(slug="photos").update(default_limit=7)
    TierLimit.objects.filter(tier__slug="free", feature__slug="ai_calls").update(limit=9)
    TierLimit.objects.filter(tier__slug="basic", feature__slug="ai_calls").delete()
    before = TierLimit.objects.count()
    call_command("seed", verbosity=0)
    assert Tier.objects.get(slug="basic").name == "Family"
    assert Feature.objects.get(slug="photos").default_limit == 7
    assert TierLimit.objects.get(tier__slug="free", feature__slug="ai_calls").limit == 9
    assert TierLimit.objects.count() == before


def test_the_support_may_do_what_it_needs_and_what_operators_make_of_it_stays() -> None:
    call_command("seed", verbosity=0)
    role = Group.objects.get(name="Support")
    rights = set(role.permissions.values_list("content_type__app_label", "codename"))
    assert rights == {
        ("membership", right)
        for right in (
            "view_user", "change_user", "view_accessgrant", "add_accessgrant", "view_restriction",
            "add_restriction", "change_restriction", "delete_restriction", "view_tierlimit",
            "view_creditentry", "add_creditentry",
        )
    } | {("tracking", "view_trainingtype")}  # fmt: skip
    role.permissions.remove(Permission.objects.get(codename="change_user"))
    call_command("seed", verbosity=0)
    assert role.permissions.count() == len(rights) - 1


def test_a_default_tier_that_does_not_exist_is_said_in_one_line(settings: Settings) -> None:
    settings.DEFAULT_TIER = "premum"
    with pytest.raises(CommandError, match="'premum' is no tier; known are free, trial, basic") as refused:
        call_command("seed", verbosity=0)
    assert "\n" not in str(refused.value)
