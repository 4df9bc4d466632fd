"""The tables and figures of Liu, Tan, Zhou (AAAI 2022), run anew beside the paper's numbers."""
