"""From an expanded config to the plan: contracts, types, wiring, order, and every fault."""
