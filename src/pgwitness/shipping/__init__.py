"""Ships sinks: reads a batch of events, hands it to a receiver, and acknowledges what arrived.

The database says what comes next and in which order (`audit.read_sink`); nothing is decided here
but when to try again. `shipper` is the loop, `transport` what it needs of a receiver, and
`registry` the list of those that there are, a module each.
"""
