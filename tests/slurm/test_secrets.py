"""A cluster gets none of our secrets: not its jobs, not its queue, not what it writes down."""

from pathlib import Path

from tests import forked
from tests.security.planted import SECRETS, found_in, in_git, leaks, watching
from tests.slurm.cluster import SLURM, Cluster
from tests.workspaces import ENVIRONMENT, EXECUTOR, edit, unproven

pytestmark = SLURM
GOSSIP = Path(__file__).parents[1] / "security" / "gossip.py"
WHERE = (
    "apiVersion: ymir/v1\nkind: Workspace\n"
    "backend: {use: slurm, with: {partition: gpu}}\n"
    "notify: [{use: webhook, with: {url: 'http://127.0.0.1:9/', secret: {env: SIGNS}}}]\n"
)
OURS = {
    "LABELS": "label token",
    "SLACK": "webhook address",
    "SIGNS": "webhook signature",
    "GITHUB_TOKEN": "CI token",
    "AWS_SECRET_ACCESS_KEY": "cloud key",
}


def test_nothing_of_a_cluster_holds_a_secret(slurm: Cluster, tmp_path: Path) -> None:
    workspace = unproven(tmp_path / "pets", goal={"map": 0.1, "rounds": 1})
    edit(workspace, str(EXECUTOR), str(GOSSIP))
    edit(workspace, "name: blocks", f"name: blocks\nenv: {{GOSSIP_FAILS: '{tmp_path}/never'}}")
    (workspace.root / "specs" / "workspace.yaml").write_text(WHERE)
    workspace.run("git", "add", "specs")
    workspace.run("git", "commit", "--quiet", "--all", "--message", "On the cluster")
    proxy = f"http://me:{SECRETS['proxy password']}@127.0.0.1:9"
    environment = {
        **ENVIRONMENT,
        **{name: SECRETS[each] for name, each in OURS.items()},
        "HTTPS_PROXY": proxy,
        "SLURM_CONF": str(slurm.config),
    }
    with watching(str(GOSSIP)) as seen:
        done = forked.run(("apply", "--until", "judge"), workspace.root, environment)
    assert done.returncode in (0, 2), done.stderr
    said = forked.run(("jobs", "logs", "pets/r1/train"), workspace.root, environment)
    assert "my environment: " in said.stdout, "it was the gossip that ran"
    queue = slurm.command("scontrol", "show", "job", "--details").stdout
    assert "JobId=" in queue
    assert not found_in((done.stdout + done.stderr + said.stdout + queue).encode())
    assert "watched" in seen
    assert not {name: each for name, each in seen.items() if each}
    assert not leaks(workspace.root, set())
    assert not in_git(workspace.root)
    assert not leaks(slurm.config.parent, set()), "what the daemons keep: scripts, environments"
