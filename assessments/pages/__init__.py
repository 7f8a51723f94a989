"""Pages of the admin that show profiles and scores, with pictures and without a request to another host."""
