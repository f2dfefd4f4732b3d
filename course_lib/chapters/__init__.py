"""Rooms that one chapter needs: each opens with what it is about, and can be read by itself."""
