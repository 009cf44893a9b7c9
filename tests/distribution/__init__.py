"""Stage 06's robust reference: its policy against chance, its wiring in real processes; the verdict on it."""
