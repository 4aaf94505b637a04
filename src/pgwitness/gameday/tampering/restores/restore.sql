-- An older copy of the database takes its place.
-- sv: En äldre kopia av databasen tar dess plats.
-- checkpoint: cut_tail
-- doctor: restore_accepted
-- evidence: unproven
-- copy: older
select 1;
