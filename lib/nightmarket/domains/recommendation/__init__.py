"""Who would want what: learning tastes from interactions, and ranking by them. Pure numpy."""
