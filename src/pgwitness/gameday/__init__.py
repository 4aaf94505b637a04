"""Game day: a log in a scratch database is tampered with in every way, and what finds it is shown.

- `attacks`: what is tried. Each attack is a file below `tampering`, with the SQL that somebody runs
  who owns the server, a sentence for people, and what has to find it.
- `tools.sql`: what such a person brings along, in the scratch database.
- `scratch`: databases that are made, copied and dropped.
- `rehearsal`: the log that is tampered with, made by the package's own installer and functions.
- `detectors`: what looks for traces.
- `playing`: runs attacks, each against the same log.

This is the one place of the package with SQL that isn't a call of the log's own functions, and it
never runs anywhere but in the scratch databases.
"""
