"""A round as one file: a model that YMIR reads, with what people need beside it."""
