"""Plans: recurring prices under the name and in the shape of the old API."""
