from tests.mining.strategies import keeps_its_contract


def test_margin_keeps_its_contract():
    keeps_its_contract("margin")
