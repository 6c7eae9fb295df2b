"""The parts of ``scripts/ecosystem.py``: torchgate on PyTorch projects that its developers did not write."""
