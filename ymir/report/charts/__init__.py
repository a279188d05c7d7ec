"""Charts: Vega-Lite specs, drawn as SVG by vl-convert; marks that mean something are links."""
