"""One function a format."""
