"""Soak: real servers and processes, killed, restarted, doubled and filled up at random moments.

`make soak` runs every scenario in full, the suite a small sample with the same code. Whatever happens, at the
end nothing acknowledged is lost, nothing is there twice, and every total equals a plain recount.
"""
