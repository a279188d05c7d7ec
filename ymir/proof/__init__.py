"""Whether a model package keeps what it promises: it loads, it predicts, its ONNX agrees."""
