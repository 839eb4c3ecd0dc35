"""Members' questionnaire results: storing, comparing, charting and recomputing them."""
