"""Evaluators: any OpenAI-compatible endpoint, or the rules that need none."""

from __future__ import annotations

from django.conf import settings

from insights.providers.base import Answer, Fact, Provider, ProviderError, Request
from insights.providers.openai_compatible import OpenAICompatible
from insights.providers.rules import RuleBased

__all__ = ["Answer", "Fact", "Provider", "ProviderError", "Request", "current"]


def current() -> Provider:
    """The evaluator this installation is configured for: LLM_BASE_URL, or else the built-in rules."""
    if not settings.LLM_BASE_URL:
        return RuleBased()
    return OpenAICompatible(
        base_url=settings.LLM_BASE_URL, api_key=settings.LLM_API_KEY, model=settings.LLM_MODEL
    )
