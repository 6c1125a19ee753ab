"""Short scripts that show, in under two minutes each, what the lecture decks claim."""
