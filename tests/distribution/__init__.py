"""Stage 06's solution: its policy against chance, its wiring in real processes."""
