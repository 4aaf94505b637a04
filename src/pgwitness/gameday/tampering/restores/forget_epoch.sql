-- The record of the log's epoch is deleted.
-- sv: Anteckningen om loggens epok tas bort.
-- checkpoint: foreign
select gameday.open();
delete from audit_private.epoch;
select gameday.close();
