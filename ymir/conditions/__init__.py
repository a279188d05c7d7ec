"""How things stood, and when that changed: the log of events, the last apply, what was told.

All of it lies in `.ymir/`, is a memory and no truth, and may be deleted.
"""
