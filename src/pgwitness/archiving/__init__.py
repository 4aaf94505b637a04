"""Archived events: Parquet files by tenant and day, each with a manifest that proves its rows.

A sink of kind parquet writes them; they are read by DuckDB, pyarrow and whatever reads Parquet.

- `folder`: where files are, a folder or any address that fsspec knows.
- `rows`: the columns of a file, and an event's leaf from them.
- `manifest`: what a manifest says, and the chain of the log's sizes beside the files.
- `writing`: writes what a sink gives, reads it back and notes it.
- `verifying`: finds out offline whether an archive holds what was sealed.
- `searching`: hands the rows of files to the database, which decides what a search finds.
- `keeping`: lets files go that have expired, and writes anew what was erased since.
"""
