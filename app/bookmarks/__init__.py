"""Articles that a member keeps."""
