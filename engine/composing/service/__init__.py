"""The composing service of the studio: requests on stdin, replies on stdout."""
