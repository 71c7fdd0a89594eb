"""The staff's live socket: events out, signs of life and small acts in."""
