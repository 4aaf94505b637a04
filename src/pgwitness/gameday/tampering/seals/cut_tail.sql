-- The last seals are cut off, with their events and everything that knows of them.
-- sv: De sista sigillen huggs av, med sina händelser och allt som vet om dem.
-- checkpoint: cut_tail
-- evidence: unproven
select gameday.open();
select gameday.cut(from_index => t.log_index) from gameday.target(name => 'last') t;
select gameday.close();
