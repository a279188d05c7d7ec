"""Tests of `ymir/lease`."""
