"""Pure statistics of the proof; docs/proof.md has the formulas. Plain arrays in, plain values out."""
