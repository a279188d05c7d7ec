"""What of ymir's environment a job sees."""

from ymir.contracts.exposure import shown_to_jobs


def test_a_job_sees_where_programs_are_and_no_token() -> None:
    outer = {"PATH": "/bin", "CUDA_HOME": "/cuda", "LS_TOKEN": "abc", "AWS_SECRET_ACCESS_KEY": "x"}
    assert shown_to_jobs(outer) == {"PATH": "/bin", "CUDA_HOME": "/cuda"}


def test_whoever_wants_no_telemetry_has_none_in_jobs() -> None:
    outer = {"DO_NOT_TRACK": "1", "ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    assert shown_to_jobs(outer) == outer
