-- An older copy of the database takes its place, so that the log can't notice it.
-- sv: En äldre kopia av databasen tar dess plats, utan att loggen kan märka det.
-- checkpoint: cut_tail
-- evidence: unproven
-- copy: older
select gameday.pass_for_the_same();
