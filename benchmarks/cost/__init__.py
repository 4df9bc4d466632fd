"""What training and scoring cost in time and memory, and whether the promises are kept."""
