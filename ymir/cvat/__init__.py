"""What the label tool `cvat` needs: its settings, the server over cvat-sdk, what goes out and back.

Nothing here has met a CVAT server: it is tested against exchanges that were written for cvat-sdk
2.80.0, from the SDK's own models and the API that they describe.
"""
