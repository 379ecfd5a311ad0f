"""What people and programs meet: the command ``footnote``, and the web page of ``footnote serve``."""
