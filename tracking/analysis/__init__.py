"""Formulas over plain numbers. Knows no Django, no database, no request; the standard library alone."""
