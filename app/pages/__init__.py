"""Data for the pages of the web site: navigation, footer, feeds and sitemap."""
