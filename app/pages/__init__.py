"""Data for the pages of the website: navigation, footer, feeds and sitemap."""
