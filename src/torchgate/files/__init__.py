"""Which files a run looks at, and how they are read."""
