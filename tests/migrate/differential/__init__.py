"""Runs projects before and after their migration, under real torch, and compares."""
