"""What a page to look at and to forward has to say of a file of rows."""
