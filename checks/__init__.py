"""The graders: one short test file for each stage; `lab` is the machinery under them."""
