"""RT-DETRv2 and D-FINE, by transformers, behind the folder contract."""
