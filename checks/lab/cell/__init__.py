"""Where a submission's processes run: tidy in practice mode, isolated in exam mode."""
