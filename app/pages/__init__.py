"""What a page shows around an article: navigation, footer, call to action, feeds, sitemap."""
