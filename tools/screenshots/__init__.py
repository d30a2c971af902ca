"""`make screenshots`: every page of the site in both languages, both schemes and three widths, checked."""
