from tests.mining.strategies import keeps_its_contract


def test_least_confidence_keeps_its_contract():
    keeps_its_contract("least-confidence")
