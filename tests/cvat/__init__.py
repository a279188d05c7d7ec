"""CVAT, without a CVAT server: exchanges written by hand for cvat-sdk 2.80.0, and played back."""
