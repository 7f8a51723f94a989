"""The writing half of the API: bodies, preconditions, idempotency, and what they do to working copies."""
