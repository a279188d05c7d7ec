"""A Kubernetes cluster: jobs as its objects, how they stand, and the few calls that are made.

No live cluster has been met: objects are held against the published schemas, and the calls are made
to a small server that keeps the API's contract, see `tests/kubernetes/`.
"""
