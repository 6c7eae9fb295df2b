"""What the code says about torch; knows no rules."""
