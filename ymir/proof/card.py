"""A package's model card, with what became of its promises."""

from __future__ import annotations

from pathlib import Path

from ymir.package.card import templates
from ymir.package.contents import CARD
from ymir.package.read import read_member
from ymir.proof.proof import Proof


def proven_card(package: Path, proof: Proof) -> str:
    """The card that is in the package, if it can be read, and a section on the proof."""
    card = read_member(package, CARD) if proof.checks[0].holds else None
    said = templates().get_template("model_proof.md").render(proof=proof)
    return (card.decode("utf-8", "replace") if card else f"# {proof.package}\n") + said
