"""What the calendar says, in Japanese, English and やさしい日本語; a town may word each of it otherwise."""
