"""Ymir from Python and notebooks: what the commands do, as values. `ymir/__init__.py` offers it."""
