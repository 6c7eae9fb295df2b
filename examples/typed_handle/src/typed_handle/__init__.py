"""A trainer that is given torch."""
