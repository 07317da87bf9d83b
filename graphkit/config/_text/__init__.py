"""From text or bytes to a GraphConfig that knows the place of each field."""
