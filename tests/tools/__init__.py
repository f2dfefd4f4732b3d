"""Tools of the tests and of those who write them."""
