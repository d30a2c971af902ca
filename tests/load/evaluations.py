"""What an evaluation costs beside the model: a stage of a run, and the check of an answer."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from insights import evidence, runs
from insights.models import Run
from insights.providers import Fact
from mitai.core.ids import uuid7
from mitai.core.markdown import render
from tests.llm_server import LlmServer
from tests.load.report import Results
from tests.load.stack import Stack, waited

if TYPE_CHECKING:
    from membership.models import User

FACTS, WORDS = 200, 1000
IN_A_ROW = 2  # stages 1 and 2 run at the same time, stage 3 after them
SENTENCE = "Im Mittel liegt der Wert {n} bei {value} kg und damit {share} % über dem des Monats davor. "


def stages(results: Results, stack: Stack, server: LlmServer, owner: User, times: int) -> None:
    """Own time per stage: the run from its row to its last stage, less what the endpoint took."""
    with stack.worker():
        own_time(server, owner)  # loads the client library
        taken = [own_time(server, owner) for _ in range(times)]
    results.put(ki__stage_ms=median(taken))


def own_time(server: LlmServer, owner: User) -> float:
    """Milliseconds of one stage of a whole run that are ours."""
    server.seen.clear()
    run = runs.start(owner=owner, client_id=uuid7().hex)
    ended = {Run.State.DONE, Run.State.PARTIAL, Run.State.FAILED}
    waited(lambda: Run.objects.filter(pk=run.pk, state__in=ended).exists())
    run.refresh_from_db()
    assert run.state == Run.State.DONE, f"the run ended as {run.state}"
    assert run.finished is not None
    spans = [seen.ended - seen.started for seen in server.seen]
    theirs = max(spans[:2]) + spans[2]
    return ((run.finished - run.created).total_seconds() - theirs) / IN_A_ROW * 1000


def answer_of(words: int) -> str:
    """An answer of so many words, full of figures; a third of them is in no fact."""
    sentences: list[str] = []
    while sum(len(sentence.split()) for sentence in sentences) < words:
        n = len(sentences)
        value = f"{60 + n % FACTS},{n % 10}" if n % 3 > 0 else f"{300 + n},7"
        sentences.append(SENTENCE.format(n=n, value=value, share=n % 40))
    return "".join(sentences)


def facts_of(count: int) -> list[Fact]:
    return [
        Fact(id=f"F{n}", topic="weight", key="k", label="Wert", value=f"{60 + n},{n % 10}", unit="kg",
             text=f"Wert {n} im Mittel: {60 + n},{n % 10} kg (14 Messungen in 28 Tagen)")
        for n in range(count)
    ]  # fmt: skip


def evidence_check(results: Results, times: int) -> None:
    """The check as the page makes it: on the rendered answer, with what is unproven marked."""
    text, facts = render(answer_of(WORDS)), facts_of(FACTS)
    assert "unproven" in evidence.mark(text, facts, "de")
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        evidence.mark(text, facts, "de")
        taken.append((time.perf_counter() - begun) * 1000)
    results.put(ki__evidence_ms=median(taken))
