"""Everything known before the first request: settings, vocabulary, clock, log, errors, helpline rules."""
