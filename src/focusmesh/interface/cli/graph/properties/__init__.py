"""Commands that show, set and find by properties and labels."""
