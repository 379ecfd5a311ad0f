"""The questions and notes that ship for measuring; ``ABOUT.md`` says what each file is."""
