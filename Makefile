# `make demo` and `make test` are the two commands that a new user needs.
