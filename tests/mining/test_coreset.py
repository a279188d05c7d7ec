from tests.mining.strategies import keeps_its_contract


def test_coreset_keeps_its_contract():
    keeps_its_contract("coreset")
