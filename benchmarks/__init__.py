"""Scripts that measure the claims of the documents, and draw them."""
