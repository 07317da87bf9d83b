"""From text or bytes to a GraphConfig, with the place of everything."""
