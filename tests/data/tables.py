"""Strategies that make tables."""

from hypothesis import strategies as st

from ymir.data.table import table

labels = st.sampled_from(["car", "person", "dog"])
sides = st.integers(0, 4).map(float)
objects = st.lists(
    st.fixed_dictionaries({"label": labels, "x": sides, "y": sides, "w": sides, "h": sides}),
    max_size=3,
)
tags = st.sampled_from([[], [{"key": "light", "value": "dim"}], [{"key": "light", "value": "day"}]])
rows = st.fixed_dictionaries({"image": st.sampled_from("abcdef"), "objects": objects, "tags": tags})
tables = st.lists(rows, unique_by=lambda row: row["image"], max_size=6).map(table)
