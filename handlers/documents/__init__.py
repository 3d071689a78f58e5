"""Documents that people are sent, in their language."""
