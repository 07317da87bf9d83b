"""The calculators that come with graphkit."""
