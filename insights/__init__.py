"""What it means: evaluations of the recorded numbers, by a language model or by rules."""
