"""Cards and their banks: test numbers, decline codes, and the verdict on one charge."""
