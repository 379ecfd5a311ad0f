"""The weights of the verifier and the command that fits them (``python -m rag.verifier.train``)."""
