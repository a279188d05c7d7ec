"""What label tools share: names under which images go out, and answers that are taken in."""
