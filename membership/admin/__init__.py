"""For operators: accounts, tiers, features, the limit matrix and grants."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from allauth.usersessions import admin as _registered  # noqa: F401  (unregistered below)
from allauth.usersessions.models import UserSession
from django.contrib import admin

from membership.admin.accounts import Accounts
from membership.admin.coupons import Batches, Coupons, Redemptions
from membership.admin.credits import Ledger
from membership.admin.grants import Grants
from membership.admin.matrix import Limits
from membership.admin.tiers import Features, Tiers

# Operators sign in like everyone: with a verified address, within the rate limits.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# From where members sign in is theirs to know; allauth's page would search a user name we do not have, too.
admin.site.unregister(UserSession)

__all__ = ["Accounts", "Batches", "Coupons", "Features", "Grants", "Ledger", "Limits", "Redemptions", "Tiers"]
