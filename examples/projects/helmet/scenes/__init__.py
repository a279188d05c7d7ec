"""Draws labelled pictures of building sites: helmets, bare heads and a long tail of hard scenes."""
