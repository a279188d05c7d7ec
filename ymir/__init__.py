"""Declarative iteration of object-detection models: specs in, data versions and models out."""

__version__ = "0.1.0"
