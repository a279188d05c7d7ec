"""What people type: examples of each command, as its `--help` shows them."""

from collections.abc import Mapping

# Command -> lines; what follows `#` says what for.
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "ymir": (
        "ymir init --example helmet demo    # a workspace that is complete and runs",
        "ymir plan -C demo                  # what would be done, why, and what it costs",
        "ymir apply -C demo                 # do it, until the goal is met",
        "ymir explain Project.goal          # what a spec may say",
    ),
    "ymir init": (
        "ymir init street --data /data/street     # labelled images: the specs are written",
        "ymir init street --data /data/street --pool /data/unlabelled --goal 0.8",
        "ymir init --example helmet demo          # a workspace that is complete and runs",
    ),
    "ymir migrate": ("ymir migrate mir /data/mir-root my-workspace",),
    "ymir migrate mir": (
        "ymir migrate mir /data/mir-root my-workspace",
        "ymir migrate mir /data/mir-root --media /data/images --dataset train-1",
        "ymir migrate mir /data/mir-root --reject skip --first-pixel 1",
    ),
    "ymir executor": (
        "ymir executor setup tinydet        # what a detector that ships with ymir needs",
        "ymir executor new birds            # one of your own, which works already",
        "ymir executor check birds          # every rule of the contract, tried on it",
    ),
    "ymir executor ls": ("ymir executor ls", "ymir executor ls --json"),
    "ymir executor show": (
        "ymir executor show tinydet         # its parameters, as `with` may set them",
        "ymir executor show rtdetr --json",
    ),
    "ymir executor setup": ("ymir executor setup tinydet", "ymir executor setup rtdetr"),
    "ymir executor new": (
        "ymir executor new birds",
        "ymir executor new birds --out ../birds-detector",
    ),
    "ymir executor check": (
        "ymir executor check birds",
        "ymir executor check executors/birds --with epochs=1 --timeout 10m",
        "ymir executor check ghcr.io/acme/yolo-tmi:2.1 --backend docker --json",
    ),
    "ymir executor build": (
        "ymir executor build tinydet",
        "ymir executor build rtdetr --cuda --push ghcr.io/acme/rtdetr:1",
    ),
    "ymir validate": (
        "ymir validate",
        "ymir validate -C my-workspace --json",
        "ymir validate --annotations gitlab",
    ),
    "ymir plan": (
        "ymir plan",
        "ymir plan --explain helmet/r2/train     # one step: why, from what, at which cost",
        "ymir plan -o plan.json                  # an approval, for `ymir apply plan.json`",
        "ymir plan --refresh-only                # what was edited or lost by hand",
    ),
    "ymir apply": (
        "ymir apply",
        "ymir apply plan.json                    # what was approved, or nothing",
        "ymir apply --target helmet/r3/train --retry",
        "ymir apply --push --max-duration 5h30m  # in a job that must end",
    ),
    "ymir watch": (
        "ymir watch                              # go on when specs change or people are done",
        "ymir watch --git origin main --push     # follow a branch, send what is made",
        "ymir watch --listen 8090 --metrics 9090 --interval 1m",
    ),
    "ymir status": (
        "ymir status",
        "ymir status --json",
        "ymir status --metrics-into /var/lib/node_exporter/ymir.prom",
    ),
    "ymir jobs": (
        "ymir jobs",
        "ymir jobs --all                         # also those that have ended",
        "ymir jobs logs -f helmet-r1-train",
    ),
    "ymir jobs ls": ("ymir jobs ls", "ymir jobs ls --all --json"),
    "ymir jobs logs": (
        "ymir jobs logs helmet-r1-train          # the beginning of its name will do",
        "ymir jobs logs -f helmet-r1-train",
    ),
    "ymir jobs stop": ("ymir jobs stop helmet-r1-train",),
    "ymir log": ("ymir log", "ymir log helmet -n 5", "ymir log --json"),
    "ymir rollback": (
        "ymir rollback helmet --to 3",
        "ymir rollback helmet --to 5 --yes       # forward again: nothing was lost",
    ),
    "ymir labels": (
        "ymir labels",
        "ymir labels --open                      # what people still have",
        "ymir labels pull helmet-r1",
    ),
    "ymir labels ls": ("ymir labels ls", "ymir labels ls --open --json"),
    "ymir labels show": (
        "ymir labels show helmet-r2",
        "ymir labels show helmet-r2 --offline --json",
    ),
    "ymir labels pull": ("ymir labels pull", "ymir labels pull helmet-r1 helmet-r2"),
    "ymir labels cancel": (
        "ymir labels cancel helmet-r2",
        "ymir labels cancel helmet-r2 --without-answers --yes",
    ),
    "ymir push": (
        "ymir push                               # data, to the remote of `Workspace`",
        "ymir push --git                         # then commits and tags, too",
    ),
    "ymir pull": (
        "ymir pull",
        "ymir pull site-train@v2                 # one version, with its images",
        "ymir pull --no-media                    # tables only",
    ),
    "ymir lock": ("ymir lock", "ymir lock break helmet"),
    "ymir lock ls": ("ymir lock ls", "ymir lock ls --json"),
    "ymir lock break": ("ymir lock break helmet", "ymir lock break 4f2a --yes"),
    "ymir notify": (
        "ymir notify --test                      # try what `Workspace` says of notices",
        "ymir notify",
    ),
    "ymir ci": (
        "ymir plan -o plan.json",
        "ymir ci comment plan.json",
        "ymir ci summary plan.json",
    ),
    "ymir ci comment": (
        "ymir ci comment plan.json",
        "ymir ci comment plan.json --github --number 12",
        "ymir ci comment plan.json --gitlab --dry-run",
    ),
    "ymir ci summary": ("ymir ci summary plan.json",),
    "ymir report": (
        "ymir report helmet --open",
        "ymir report helmet --round 2 --out /tmp/helmet-r2",
    ),
    "ymir compare": (
        "ymir compare helmet/r2 helmet/r3",
        "ymir compare helmet street --on site-night --open",
        "ymir compare helmet heads@v1 --json",
    ),
    "ymir simulate": (
        "ymir simulate helmet",
        "ymir simulate helmet --strategies random,hybrid,coreset --rounds 4 --topk 20",
    ),
    "ymir predict": (
        "ymir predict helmet photo.jpg",
        "ymir predict helmet/r3 videos/ --every 1s --out found",
        "ymir predict model.tar.gz photos/ --threshold 0.5 --no-drawings",
    ),
    "ymir site": (
        "ymir site --open",
        "ymir site --galleries none --out public",
    ),
    "ymir serve": (
        "ymir serve --open",
        "ymir serve --host 0.0.0.0 --port 8080 --token-file token.txt",
    ),
    "ymir dataset": (
        "ymir dataset ls",
        "ymir dataset diff street@v1 street@v2",
        "ymir dataset open street                # a gallery in the browser",
    ),
    "ymir dataset ls": ("ymir dataset ls", "ymir dataset ls --json"),
    "ymir dataset show": ("ymir dataset show street", "ymir dataset show street@v1 --json"),
    "ymir dataset log": ("ymir dataset log street",),
    "ymir dataset diff": (
        "ymir dataset diff street                # the newest version and the one before",
        "ymir dataset diff street@v1 street@v3",
    ),
    "ymir dataset check": (
        "ymir dataset check street",
        "ymir dataset check street@v2 --near --html check.html",
    ),
    "ymir dataset open": (
        "ymir dataset open street",
        "ymir dataset open street@v2 --with helmet/r3 -n 200",
        "ymir dataset open street --all --no-browser --output gallery",
    ),
    "ymir dataset export": (
        "ymir dataset export street out --format coco",
        "ymir dataset export street@v1 out -f yolo --force",
    ),
    "ymir model": ("ymir model ls", "ymir model show helmet/r3", "ymir model export helmet --onnx"),
    "ymir model ls": ("ymir model ls", "ymir model ls --json"),
    "ymir model show": ("ymir model show helmet", "ymir model show helmet/r3 --json"),
    "ymir model export": (
        "ymir model export helmet --onnx",
        "ymir model export helmet/r3 --package --out handed-over",
    ),
    "ymir model verify": (
        "ymir model verify model.tar.gz",
        "ymir model verify model.tar.gz --images photos --json",
    ),
    "ymir doctor": (
        "ymir doctor",
        "ymir doctor --deep --remote             # read stored objects, ask for data and leases",
    ),
    "ymir fsck": (
        "ymir fsck",
        "ymir fsck --sample 0.1                  # a tenth of the objects, by lot",
        "ymir fsck --fix --remote                # bring back what is damaged or lost",
    ),
    "ymir prune": (
        "ymir prune                              # says what goes, and asks",
        "ymir prune helmet --yes",
        "ymir prune --versions",
    ),
    "ymir gc": (
        "ymir gc                                 # only says what would go",
        "ymir gc --keep workspace --yes",
        "ymir gc --also ../other-workspace --caches",
    ),
    "ymir explain": (
        "ymir explain Project",
        "ymir explain Project.goal.map",
        "ymir explain SpecError                  # what an error means, and what to do",
    ),
    "ymir schema": (
        "ymir schema Project",
        "ymir schema --write schemas             # one file for each kind, and one for all",
    ),
}


def epilog(command: str) -> str | None:
    """The end of a command's help: its examples, which are never wrapped."""
    lines = EXAMPLES.get(command, ())
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)]) if lines else None
