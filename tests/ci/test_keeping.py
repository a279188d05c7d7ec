"""One comment, on services that behave like the real ones."""

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import forked
from tests.ci import github as on_github
from tests.ci import gitlab as on_gitlab
from tests.ci.hosting import Reply
from tests.ci.plans import saved, step
from ymir.ci import github, gitlab
from ymir.ci.thread import keep_one
from ymir.errors import ServiceError

MARK = "<!-- ymir:plan:. -->"


class OnGitHub:
    """Pull request 7, with the token of a job."""

    def __init__(self, server):
        self.server, self.token = server, on_github.TOKEN

    def environment(self, token=None):
        return {
            "GITHUB_TOKEN": token or self.token,
            "GITHUB_API_URL": self.server.host.url,
            "GITHUB_REPOSITORY": "acme/loops",
        }

    def keep(self, body, *, token=None, patience=5.0, number=7):
        with github.service(self.environment(token)) as service:
            service.patience = patience
            return keep_one(github.PullRequest(service, "acme/loops", number), MARK, body)


class OnGitLab:
    """Merge request 5, with a project's token."""

    def __init__(self, server):
        self.server, self.token = server, on_gitlab.TOKEN

    def environment(self, token=None):
        return {
            "GITLAB_TOKEN": token or self.token,
            "CI_API_V4_URL": f"{self.server.host.url}/api/v4",
            "CI_PROJECT_ID": "42",
        }

    def keep(self, body, *, token=None, patience=5.0, number=5):
        with gitlab.service(self.environment(token)) as service:
            service.patience = patience
            return keep_one(gitlab.MergeRequest(service, "42", number), MARK, body)


@pytest.fixture(params=["github", "gitlab"])
def hosted(request):
    if request.param == "github":
        with on_github.github() as server:
            yield OnGitHub(server)
    else:
        with on_gitlab.gitlab() as server:
            yield OnGitLab(server)


@pytest.fixture
def strangers(hosted):
    return (on_github if isinstance(hosted, OnGitHub) else on_gitlab).STRANGER


def test_it_is_made_brought_up_to_date_left_alone_and_taken_away(hosted):
    assert hosted.keep(f"{MARK}\none") == "created"
    assert hosted.keep(f"{MARK}\ntwo") == "updated"
    assert hosted.keep(f"{MARK}\ntwo") == "unchanged"
    assert hosted.server.bodies() == [f"{MARK}\ntwo"]
    assert hosted.keep(None) == "deleted"
    assert hosted.keep(None) == "none"
    assert hosted.server.bodies() == []


def test_it_is_found_on_a_late_page(hosted, strangers):
    for number in range(7):
        hosted.server.add(f"talk {number}", strangers)
    hosted.server.add(f"{MARK}\nold")
    assert hosted.keep(f"{MARK}\nnew") == "updated"
    assert len(hosted.server.bodies()) == 8


def test_comments_of_others_are_left_alone(hosted, strangers):
    theirs = [f"{MARK}\nmine!", f"> {MARK}", "<!-- ymir:plan:other -->"]
    hosted.server.add(theirs[0], strangers)
    hosted.server.add(theirs[1])
    hosted.server.add(theirs[2])
    assert hosted.keep(f"{MARK}\nours") == "created"
    assert hosted.keep(None) == "deleted"
    assert hosted.server.bodies() == theirs


def test_of_several_the_oldest_stays(hosted):
    for word in ("a", "b", "c"):
        hosted.server.add(f"{MARK}\n{word}")
    assert hosted.keep(f"{MARK}\nnew") == "updated"
    assert hosted.server.bodies() == [f"{MARK}\nnew"]


def test_many_at_once_end_with_one(hosted):
    begin = threading.Barrier(4)

    def one(word):
        begin.wait()
        return hosted.keep(f"{MARK}\n{word}")

    with ThreadPoolExecutor(4) as crowd:
        list(crowd.map(one, "abcd"))
    assert len(hosted.server.bodies()) == 1
    hosted.keep(f"{MARK}\nlast")
    assert hosted.server.bodies() == [f"{MARK}\nlast"]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_service_that_stumbles_is_asked_again(hosted, status):
    hosted.server.host.trouble = [Reply(status, {}, {"Retry-After": "0"})] * 2
    assert hosted.keep(f"{MARK}\none") == "created"


def test_github_says_403_where_it_means_wait():
    with on_github.github() as server:
        spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}
        limited = {"Retry-After": "0"}
        server.host.trouble = [Reply(403, {}, spent), Reply(403, {}, limited)]
        assert OnGitHub(server).keep(f"{MARK}\none") == "created"


def test_a_wait_that_is_too_long_is_an_error_that_says_so(hosted):
    hosted.server.host.trouble = [Reply(429, {}, {"Retry-After": "3600"})]
    with pytest.raises(ServiceError, match="429") as refused:
        hosted.keep(f"{MARK}\none")
    assert "3600 s" in refused.value.hint
    assert len(hosted.server.host.asked) == 1


def test_a_service_that_stays_down_is_given_up(hosted):
    hosted.server.host.trouble = [Reply(503, {})] * 50
    with pytest.raises(ServiceError, match="503"):
        hosted.keep(f"{MARK}\none", patience=1.0)


def test_a_wrong_token_is_named_and_not_shown(hosted):
    with pytest.raises(ServiceError, match="does not know the token") as refused:
        hosted.keep(f"{MARK}\none", token="mistyped-token")  # noqa: S106 - it is none
    assert "mistyped-token" not in str(refused.value) + str(refused.value.hint)


def test_a_token_that_a_service_repeats_is_hidden(hosted, tmp_path):
    saved(tmp_path / "plan.json", step())
    hosted.server.host.trouble = [Reply(418, text=f"ymir, why {hosted.token}?")]
    word, number = ("--github" if isinstance(hosted, OnGitHub) else "--gitlab"), "--number=7"
    done = typed(hosted, tmp_path, word, number)
    assert done.returncode == 1
    assert "answers 418: ymir, why ***?" in done.stderr


def test_a_token_that_may_only_read_is_told_what_it_needs(hosted):
    reader = (on_github if isinstance(hosted, OnGitHub) else on_gitlab).READER
    with pytest.raises(ServiceError) as refused:
        hosted.keep(f"{MARK}\none", token=reader)
    assert refused.value.hint in (
        "it needs the permission `pull-requests: write`",
        "it needs the scope `api` and the role Reporter",
    )


def test_a_pull_request_that_is_not_there_is_an_error(hosted):
    with pytest.raises(ServiceError, match="has no `"):
        hosted.keep(f"{MARK}\none", number=99)


def test_a_page_that_is_no_json_is_an_error(hosted):
    hosted.server.host.trouble = [Reply(200, text="<html>log in</html>")]
    with pytest.raises(ServiceError, match="does not answer in JSON"):
        hosted.keep(f"{MARK}\none")


def test_the_token_follows_no_redirect(hosted):
    away = Reply(302, {}, {"Location": "http://127.0.0.1:1/elsewhere"})
    hosted.server.host.trouble = [away]
    with pytest.raises(ServiceError, match="has moved"):
        hosted.keep(f"{MARK}\none")
    assert len(hosted.server.host.asked) == 1


def test_an_address_where_nobody_is(hosted):
    hosted.server.host.url = "http://127.0.0.1:1"
    with pytest.raises(ServiceError, match="cannot be reached"):
        hosted.keep(f"{MARK}\none", patience=0.5)


def test_a_person_s_own_comment_is_known_by_its_login():
    with on_github.github() as server:
        server.add(f"{MARK}\nof the bot")
        mine = OnGitHub(server)
        assert mine.keep(f"{MARK}\nmine", token=on_github.PERSON) == "created"
        assert mine.keep(f"{MARK}\nmore", token=on_github.PERSON) == "updated"
        assert server.bodies() == [f"{MARK}\nof the bot", f"{MARK}\nmore"]


def typed(hosted, folder, *words, event=None, **more):
    """Type `ymir ci comment` as a job does."""
    plain = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("GITHUB_", "GITLAB_", "CI_", "GH_"))
    }
    environment = {**plain, **hosted.environment(), **more}
    if event is not None:
        (folder / "event.json").write_text(json.dumps(event))
        environment["GITHUB_EVENT_PATH"] = str(folder / "event.json")
    return forked.run(["ci", "comment", "plan.json", *words], folder, environment)


def test_the_command_comments_on_the_pull_request_of_its_job(tmp_path):
    saved(tmp_path / "plan.json", step())
    with on_github.github() as server:
        job = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(tmp_path)}
        event = {"pull_request": {"number": 7}}
        done = typed(OnGitHub(server), tmp_path, event=event, **job)
        assert (done.returncode, done.stdout) == (0, "the comment is new\n"), done.stderr
        assert server.bodies()[0].startswith(f"{MARK}\n")
    with on_gitlab.gitlab() as server:
        job = {"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "5", "CI_PROJECT_DIR": str(tmp_path)}
        done = typed(OnGitLab(server), tmp_path, "-C", "loops/a", **job)
        assert (done.returncode, done.stdout) == (0, "the comment is new\n"), done.stderr
        assert server.bodies()[0].startswith("<!-- ymir:plan:loops/a -->\n")


def test_a_run_from_a_fork_is_looked_up_by_what_github_says_of_it(tmp_path):
    saved(tmp_path / "plan.json", step())
    run = {"head_sha": "a" * 40, "head_branch": "fix"}
    run["head_repository"] = {"owner": {"login": "mallory"}}
    with on_github.github() as server:
        others = [
            {"number": n, "label": "mallory:fix", "head": {"sha": "b" * 40}} for n in range(4)
        ]
        mine = {"number": 7, "label": "mallory:fix", "head": {"sha": "a" * 40}}
        server.pulls = [*others, mine]
        job = OnGitHub(server)
        done = typed(job, tmp_path, "--github", event={"workflow_run": run})
        assert done.returncode == 0, done.stderr
        assert len(server.bodies()) == 1
        server.pulls = others
        done = typed(job, tmp_path, "--github", event={"workflow_run": run})
        assert done.returncode == 1
        assert "not about a pull request" in done.stderr


def test_a_dry_run_reaches_nothing(hosted, tmp_path):
    saved(tmp_path / "plan.json", step())
    done = typed(hosted, tmp_path, "--dry-run")
    assert done.stdout.startswith(f"{MARK}\n")
    assert hosted.server.host.asked == []


def test_without_a_token_or_a_job_the_command_says_what_is_missing(hosted, tmp_path):
    saved(tmp_path / "plan.json", step())
    assert "--github" in typed(hosted, tmp_path).stderr
    word = "--github" if isinstance(hosted, OnGitHub) else "--gitlab"
    done = typed(hosted, tmp_path, word, GITHUB_TOKEN="", GITLAB_TOKEN="")
    assert done.returncode == 1
    assert "there is no token" in done.stderr
    done = typed(hosted, tmp_path, word)
    assert "not about a pull request" in done.stderr
