"""Evidence that stands without the database: what was sealed, verified offline.

Nothing here asks a database. A verifier trusts the public keys and the checkpoint that it was
given, and what can be hashed from there; `sql/code/integrity/FORMAT.md` fixes every byte.

- `merkle`: the trees, and proofs that something is in them or grew from them.
- `notes`: signed notes, and the keys that sign and verify them.
- `checkpoints`: checkpoint files, with the ledger behind.
- `proofs`: the proof of one event.
- `packing`: the zip around a case, and what is refused of one.
- `case_file`: what a case of many events is, and the documents in it.
- `writing`: makes a case, and blacks out what is in one.
- `verifying`: finds out whether a case is what it says.
- `report`: the page in it that people read.
"""
