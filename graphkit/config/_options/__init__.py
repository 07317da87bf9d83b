"""Options messages: their descriptors, their values, and what overrides them."""
