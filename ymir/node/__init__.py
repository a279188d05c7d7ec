"""What runs on a node of a cluster: it brings a job's images there before the job begins.

python -m ymir.node fetch JOB      lay out what `JOB/in/remote.json` lists
python -m ymir.node release JOB    take the layout away again; the images stay for other jobs
"""
