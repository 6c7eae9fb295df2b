"""Forecasts a price series: torch enters through one gate, and importing this package imports no torch."""
