"""For operators: accounts, tiers, features, the limit matrix and grants."""

from __future__ import annotations

from membership.admin.accounts import Accounts
from membership.admin.grants import Grants
from membership.admin.matrix import Limits
from membership.admin.tiers import Features, Tiers

__all__ = ["Accounts", "Features", "Grants", "Limits", "Tiers"]
