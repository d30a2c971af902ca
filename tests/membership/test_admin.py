from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from membership import access, grants, trials
from membership.admin.matrix import Matrix
from membership.models import AccessGrant, Feature, Restriction, Tier, TierLimit, User
from membership.roles import SUPPORT, seed_roles
from membership.tiers import FEATURES, seed_tiers
from tests import factories

MATRIX = "/admin/membership/tierlimit/"


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    """A browser of an operator who reads English."""
    seed_tiers()
    client.force_login(User.objects.create_superuser("operator@example.org", "x", language="en"))
    return client


@pytest.fixture
def alice(operator: Client) -> User:
    return factories.alice()


def cell(feature: str, tier: str | None) -> str:
    tier_pk = Tier.objects.get(slug=tier).pk if tier else None
    return Matrix.name((Feature.objects.get(slug=feature).pk, tier_pk))


def as_shown() -> dict[str, str]:
    """What a browser sends when nothing is typed."""
    form = Matrix()
    shown = {name: str(field.initial) for name, field in form.fields.items()}
    return {**shown, **{f"initial-{name}": text for name, text in shown.items()}}


def limits() -> set[tuple[str, str, int | None]]:
    return set(TierLimit.objects.values_list("feature__slug", "tier__slug", "limit"))


# The matrix -------------------------------------------------------------------------------------------------
def test_the_matrix_shows_every_limit_in_words(operator: Client) -> None:
    form = operator.get(MATRIX).context["matrix"]
    rows = {feature.slug: [str(bound.value()) for bound in cells] for feature, cells in form.lines()}
    assert rows["ai_calls"] == ["3", "3", "10", "20", "100", "∞"]
    assert rows["photos"] == ["off", "off", "50", "100", "∞", "∞"]
    assert rows["api_access"] == ["off", "off", "on", "off", "on", "on"]


def test_a_form_sent_back_unchanged_changes_nothing(operator: Client) -> None:
    before = limits()
    assert operator.post(MATRIX, as_shown()).status_code == 302
    assert limits() == before
    assert not LogEntry.objects.exists()


def test_cells_are_written_count_at_once_and_are_logged(operator: Client, alice: User) -> None:
    typed = {
        cell("ai_calls", "free"): "7",
        cell("ai_pipeline", "free"): "∞",
        cell("data_export", "free"): "aus",
        cell("photos", "basic"): "",
        cell("api_access", "free"): "an",
        cell("goals", None): "4",
    }
    assert operator.post(MATRIX, {**as_shown(), **typed}).status_code == 302
    now = access.check_many(alice, [seed.slug for seed in FEATURES])
    assert {slug: now[slug].limit for slug in ("ai_calls", "ai_pipeline", "data_export", "api_access")} == {
        "ai_calls": 7,
        "ai_pipeline": None,
        "data_export": 0,
        "api_access": 1,
    }
    assert Feature.objects.get(slug="goals").default_limit == 4
    assert not TierLimit.objects.filter(feature__slug="photos", tier__slug="basic").exists()
    said = {entry.object_repr: entry.change_message for entry in LogEntry.objects.all()}
    assert len(said) == 6
    assert "free: 7" in said["AI calls"]


@pytest.mark.parametrize("text", ["-1", "abc", "2,5", "1e9", "99999999999", "∞∞"])
def test_a_wrong_cell_is_marked_and_nothing_is_saved(operator: Client, text: str) -> None:
    before = limits()
    wrong, right = cell("ai_calls", "free"), cell("ai_calls", "basic")
    response = operator.post(MATRIX, {**as_shown(), wrong: text, right: "55"})
    assert response.status_code == 422
    assert list(response.context["matrix"].errors) == [wrong]
    html = response.content.decode()
    assert f'value="{text}"' in html
    assert 'value="55"' in html
    assert limits() == before


def test_the_default_column_needs_a_limit(operator: Client) -> None:
    response = operator.post(MATRIX, {**as_shown(), cell("ai_calls", None): ""})
    assert response.status_code == 422


def test_two_operators_do_not_undo_each_other(operator: Client) -> None:
    opened_before = as_shown()
    operator.post(MATRIX, {**as_shown(), cell("ai_calls", "free"): "7"})
    operator.post(MATRIX, {**opened_before, cell("photos", "free"): "9"})
    assert {("ai_calls", "free", 7), ("photos", "free", 9)} <= limits()


def test_the_matrix_is_for_operators(client: Client, operator: Client) -> None:
    stranger, staff = Client(), Client()
    stranger.force_login(factories.charlie())
    staff.force_login(factories.bob(is_staff=True))
    assert stranger.get(MATRIX).status_code == 302
    assert staff.get(MATRIX).status_code == 403
    assert staff.post(MATRIX, as_shown()).status_code == 403


def test_on_is_no_number_of_uses(operator: Client) -> None:
    assert operator.post(MATRIX, {**as_shown(), cell("ai_calls", "free"): "on"}).status_code == 422
    assert operator.post(MATRIX, {**as_shown(), cell("api_access", "free"): "on"}).status_code == 302


def test_a_tier_goes_with_its_limits(operator: Client) -> None:
    gold = Tier.objects.create(slug="gold", name="Gold", rank=50)
    operator.post(MATRIX, {**as_shown(), cell("ai_calls", "gold"): "7"})
    assert operator.post(f"/admin/membership/tier/{gold.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Tier.objects.filter(slug="gold").exists()


# Support ----------------------------------------------------------------------------------------------------
@pytest.fixture
def support(operator: Client) -> Client:
    """Somebody with the role of the support."""
    seed_roles()
    helper = factories.bob(is_staff=True, language="en")
    helper.groups.add(Group.objects.get(name=SUPPORT))
    client = Client()
    client.force_login(helper)
    return client


def shown_form(client: Client, path: str) -> dict[str, str]:
    """What a browser sends back of an admin form that nothing is typed into."""
    page = client.get(path)
    form = page.context["adminform"].form
    typed = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    return {**inlines(), **typed}


def test_who_edits_accounts_gives_nobody_rights_and_nobody_a_password(support: Client, alice: User) -> None:
    helper = User.objects.get(email="bob@example.org")
    for account in (helper, alice, User.objects.get(is_superuser=True)):
        path = f"/admin/membership/user/{account.pk}/"
        support.post(
            f"{path}change/",
            {**shown_form(support, f"{path}change/"), "is_superuser": "on", "is_staff": "on"},
        )
        answer = support.post(
            f"{path}password/", {"password1": "neues kennwort", "password2": "neues kennwort"}
        )
        assert answer.status_code == 403
    assert list(User.objects.filter(is_superuser=True).values_list("email", flat=True)) == [
        "operator@example.org"
    ]
    assert list(User.objects.filter(is_staff=True).order_by("email").values_list("email", flat=True)) == [
        "bob@example.org",
        "operator@example.org",
    ]
    assert alice.check_password(factories.PASSWORD)


def test_who_edits_accounts_may_help_a_member(support: Client, alice: User) -> None:
    path = f"/admin/membership/user/{alice.pk}/change/"
    assert support.post(path, {**shown_form(support, path), "language": "en"}).status_code == 302
    alice.refresh_from_db()
    assert alice.language == "en"


def test_the_support_restricts_gives_and_revokes(support: Client, alice: User) -> None:
    path = f"/admin/membership/user/{alice.pk}/change/"
    calls = Feature.objects.get(slug="ai_calls")
    restriction = inlines(feature=str(calls.pk), limit="1", reason="asked for it")
    assert support.post(path, {**shown_form(support, path), **restriction}).status_code == 302
    assert access.check(alice, "ai_calls").limit == 1
    data = {"user": str(alice.pk), "tier": str(Tier.objects.get(slug="premium").pk), "days": "10",
            "source": "operator", "reason": "thanks"}  # fmt: skip
    assert support.post("/admin/membership/accessgrant/add/", data).status_code == 302
    assert access.check(alice, "ai_pipeline").limit == 30
    given = AccessGrant.objects.get()
    support.post("/admin/membership/accessgrant/", {"action": "revoke", "_selected_action": [str(given.pk)]})
    assert access.check(alice, "ai_pipeline").limit == 1


def test_the_support_finds_the_account_a_grant_is_for(support: Client, alice: User) -> None:
    query = {"app_label": "membership", "model_name": "accessgrant", "field_name": "user", "term": "alice"}
    found = support.get("/admin/autocomplete/", query).json()["results"]
    assert [row["text"] for row in found] == [alice.email]


def test_the_support_reads_the_matrix(support: Client) -> None:
    page = support.get(MATRIX)
    assert page.status_code == 200
    assert 'type="submit"' not in page.content.decode().partition("<main")[2].partition("</main")[0]
    assert support.post(MATRIX, {**as_shown(), cell("ai_calls", "free"): "7"}).status_code == 403


def test_the_matrix_costs_the_same_for_more_features(
    operator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        factories.setup_feature(f"thing_{number}", 5)
    with django_assert_max_num_queries(6):
        operator.get(MATRIX)


def test_operators_sign_in_on_the_page_of_everyone(client: Client, db: None) -> None:
    response = client.get(MATRIX, follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/")
    client.force_login(factories.charlie())
    assert client.get(MATRIX, follow=True).status_code == 403


# Accounts ---------------------------------------------------------------------------------------------------
def inlines(**restriction: str) -> dict[str, str]:
    """The management forms of both inlines, and perhaps one new restriction."""
    counts = {"grants": 0, "restrictions": 1 if restriction else 0}
    data: dict[str, str] = {}
    for name, total in counts.items():
        data |= {f"{name}-TOTAL_FORMS": str(total), f"{name}-INITIAL_FORMS": "0"}
    return data | {f"restrictions-0-{name}": value for name, value in restriction.items()}


def account(user: User, **changes: str) -> dict[str, str]:
    return {
        "language": user.language,
        "units": user.units,
        "energy_unit": user.energy_unit,
        "time_zone": user.time_zone,
        "session_days": str(user.session_days),
        "is_active": "on",
        "tier": "",
        **changes,
    }


def test_accounts_are_found_by_address_and_by_id(operator: Client, alice: User) -> None:
    factories.bob()
    for query in ("alice@", str(alice.pk)):
        found = operator.get("/admin/membership/user/", {"q": query}).context["cl"].queryset
        assert list(found) == [alice]


def test_the_page_of_an_account_says_tier_why_and_usage(operator: Client, alice: User) -> None:
    trials.start(user=alice)
    access.consume(user=alice, feature="ai_calls", n=4)
    html = operator.get(f"/admin/membership/user/{alice.pk}/change/").content.decode()
    assert "Trial, by a grant until" in html
    assert "<th>AI calls</th><td>4</td><td>/ 10</td>" in html


def test_a_restriction_and_a_tier_count_at_once(operator: Client, alice: User) -> None:
    calls = Feature.objects.get(slug="ai_calls")
    premium = Tier.objects.get(slug="premium")
    data = account(alice, tier=str(premium.pk)) | inlines(
        feature=str(calls.pk), limit="0", reason="asked for it"
    )
    response = operator.post(f"/admin/membership/user/{alice.pk}/change/", data)
    assert response.status_code == 302, response.context["errors"]
    assert access.check(alice, "ai_calls").reason == "restricted"
    assert access.check(alice, "ai_pipeline").limit == 30
    assert LogEntry.objects.filter(object_id=str(alice.pk)).exists()


def test_a_grant_added_on_the_account_counts_at_once(operator: Client, alice: User) -> None:
    data = (
        account(alice)
        | inlines()
        | {
            "grants-TOTAL_FORMS": "1",
            "grants-0-tier": str(Tier.objects.get(slug="basic").pk),
            "grants-0-days": "30",
            "grants-0-source": "operator",
            "grants-0-reason": "",
        }
    )
    response = operator.post(f"/admin/membership/user/{alice.pk}/change/", data)
    assert response.status_code == 302, response.context["errors"]
    assert access.check(alice, "ai_calls").limit == 20


@pytest.mark.parametrize(
    ("field", "value"),
    [("time_zone", "Mars/Base"), ("session_days", "0"), ("session_days", "366"), ("language", "fr")],
)
def test_odd_settings_are_refused_at_the_field(operator: Client, alice: User, field: str, value: str) -> None:
    data = account(alice, **{field: value}) | inlines()
    response = operator.post(f"/admin/membership/user/{alice.pk}/change/", data)
    assert response.status_code == 200
    assert response.context["adminform"].form.errors


def test_an_operator_makes_an_account_with_a_normalised_address(operator: Client) -> None:
    data = {"email": " Dora@Example.ORG ", "usable_password": "true", "password1": factories.PASSWORD,
            "password2": factories.PASSWORD}  # fmt: skip
    assert operator.post("/admin/membership/user/add/", data).status_code == 302
    assert User.objects.get(email="dora@example.org").check_password(factories.PASSWORD)
    again = operator.post("/admin/membership/user/add/", {**data, "email": "DORA@example.org"})
    assert again.status_code == 200
    assert "email" in again.context["adminform"].form.errors


def test_deleting_an_account_deletes_what_hangs_on_it(operator: Client, alice: User) -> None:
    trials.start(user=alice)
    access.reserve(user=alice, amounts={"ai_calls": 1}, subject="run:1")
    response = operator.post(f"/admin/membership/user/{alice.pk}/delete/", {"post": "yes"})
    assert response.status_code == 302
    assert not User.objects.filter(pk=alice.pk).exists()
    assert not AccessGrant.objects.exists()


def test_the_list_of_accounts_costs_the_same_for_more_of_them(
    operator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    premium = Tier.objects.get(slug="premium")
    for _ in range(25):
        grants.give(user=factories.setup_user(tier=premium, password=None), tier=premium, days=3)
    with django_assert_max_num_queries(10):
        assert operator.get("/admin/membership/user/").status_code == 200


# Tiers and grants -------------------------------------------------------------------------------------------
def test_grants_are_given_and_revoked_but_never_changed(operator: Client, alice: User) -> None:
    data = {"user": str(alice.pk), "tier": str(Tier.objects.get(slug="premium").pk), "days": "10",
            "source": "operator", "reason": "thanks"}  # fmt: skip
    assert operator.post("/admin/membership/accessgrant/add/", data).status_code == 302
    assert access.check(alice, "ai_calls").limit == 100
    given = AccessGrant.objects.get()
    assert (
        operator.post(f"/admin/membership/accessgrant/{given.pk}/change/", {**data, "days": "99"}).status_code
        == 403
    )
    operator.post("/admin/membership/accessgrant/", {"action": "revoke", "_selected_action": [str(given.pk)]})
    assert access.check(alice, "ai_calls").limit == 3
    assert LogEntry.objects.filter(change_message__contains="revoked").count() == 1


def test_a_new_rank_changes_what_grants_give(operator: Client, alice: User) -> None:
    basic, premium = Tier.objects.get(slug="basic"), Tier.objects.get(slug="premium")
    for tier in (basic, premium):
        grants.give(user=alice, tier=tier, days=10, at=timezone.now() - timedelta(minutes=1))
    assert access.check(alice, "ai_calls").limit == 100
    data = {"slug": "basic", "name": "Basic", "rank": "99", "is_public": "on", "monthly_credits": "0"}
    assert operator.post(f"/admin/membership/tier/{basic.pk}/change/", data).status_code == 302
    assert access.check(alice, "ai_calls").limit == 20


@pytest.mark.parametrize("model", ["user", "tier", "feature", "tierlimit", "accessgrant"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_list_of_the_admin_opens_in_both_languages(operator: Client, model: str, language: str) -> None:
    User.objects.filter(is_superuser=True).update(language=language)
    Restriction.objects.create(user=factories.bob(), feature=Feature.objects.get(slug="goals"), limit=1)
    assert operator.get(f"/admin/membership/{model}/").status_code == 200
