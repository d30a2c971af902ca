"""The benchmark behind `make bench`: budgets as ratios to a floor of the same run, counts and sizes."""
