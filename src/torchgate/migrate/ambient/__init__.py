"""The proof engine for ambient defaults: what sets them, what reads them, and how a read is made explicit."""
