"""`report_built.py` as a process: TIMES, what to do, and the paths that takes.

Nothing is imported before that, since the processes which make pictures read this file, too.
"""

if __name__ == "__main__":
    import sys
    from pathlib import Path

    sys.path.append(str(Path(__file__).parents[1]))  # for what tests share
    from report_built import told

    told(Path(sys.argv[1]), sys.argv[2], *map(Path, sys.argv[3:]))
