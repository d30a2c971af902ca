"""Facts as the context writes them, with fixed numbers."""

from __future__ import annotations

from insights.providers.base import Fact


def fact(number: int, line: str, *, key: str = "k", topic: str = "weight") -> Fact:
    label, _, rest = line.partition(": ")
    return Fact(id=f"F{number}", topic=topic, key=key, label=label, value=rest, unit="", text=line)


GERMAN = (
    fact(1, "Trendgewicht: 82,4 kg"),
    fact(2, "Rate: −0,57 kg/Woche (95 %-Intervall −0,77 bis −0,37; 25 Messungen in 28 Tagen)"),
    fact(3, "Energie je Tag im Mittel: 2.264 kcal (24 Tage mit Eintrag)"),
    fact(4, "Eiweiß je kg Körpergewicht: 1,6 g/kg"),
    fact(5, "Blutdruck im Mittel: 134/84 mmHg"),
    fact(6, "Prognose: 14. Februar 2027"),
    fact(7, "BMI: 25,44"),
)
ENGLISH = (
    fact(1, "Trend weight: 82.4 kg"),
    fact(2, "Mean energy a day: 2,264 kcal"),
    fact(3, "Forecast: Feb. 14, 2027"),
)


def member_fact(number: int, key: str, value: str, unit: str = "", amount: float | None = None) -> Fact:
    return Fact(
        id=f"F{number}",
        topic="weight",
        key=key,
        label=key,
        value=value,
        unit=unit,
        text=f"{key}: {value} {unit}".strip(),
        number=amount,
    )


def member(
    *, rate: tuple[float, float] = (-0.77, -0.37), protein: float = 1.2, days: int = 12
) -> tuple[Fact, ...]:
    """All facts the rules know, of a member who wants to lose weight."""
    low, high = rate
    return (
        member_fact(1, "trend_kg", "82,4", "kg", 82.4),
        member_fact(2, "reading_kg", "82,1", "kg", 82.1),
        member_fact(3, "rate_kg_week", f"{(low + high) / 2:+.2f}", "kg/Woche", (low + high) / 2),
        member_fact(4, "rate_low_kg_week", f"{low:+.2f}", "kg/Woche", low),
        member_fact(5, "rate_high_kg_week", f"{high:+.2f}", "kg/Woche", high),
        member_fact(6, "rate_level", "95 %"),
        member_fact(7, "weight_days", f"{days} Tage", "", days),
        member_fact(8, "goal_kg", "78,0", "kg", 78.0),
        member_fact(9, "goal_distance_kg", "−4,4", "kg", -4.4),
        member_fact(10, "forecast_day", "14. Februar 2027"),
        member_fact(11, "forecast_first", "2. Januar 2027"),
        member_fact(12, "forecast_last", "30. März 2027"),
        member_fact(13, "energy_kcal", "2.264", "kcal", 2264),
        member_fact(14, "diary_days", f"{days} Tage", "", days),
        member_fact(15, "protein_g_kg", str(protein), "g/kg", protein),
        member_fact(16, "protein_guide_g_kg", "1.6", "g/kg (Morton et al. 2018)", 1.6),
        member_fact(17, "tdee_kcal", "2.890", "kcal", 2890),
        member_fact(18, "tdee_low_kcal", "2.656", "kcal", 2656),
        member_fact(19, "tdee_high_kcal", "3.124", "kcal", 3124),
        member_fact(20, "balance_kcal", "−626", "kcal", -626),
        member_fact(21, "bp_mean", "134/84", "mmHg"),
        member_fact(22, "bp_class", "hochnormal"),
        member_fact(23, "bp_n", "24 Messungen", "", 24),
        member_fact(24, "bp_threshold", "135/85", "mmHg (ESH 2021)"),
        member_fact(25, "rate_missing", "mindestens 7 Messungen über 10 Tage sind nötig"),
        member_fact(26, "tdee_missing", "mindestens 14 Tage sind nötig"),
    )
