"""What one run keeps for the next: findings with what they rest on, and whole runs. docs/caching.md says how.

Nothing here may change a finding. What is kept is sealed with the user's own secret, so that a cache that a
repository brings along, or that is torn or foreign, counts as no cache.
"""
