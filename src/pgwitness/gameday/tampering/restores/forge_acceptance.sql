-- The last seals are cut off, and that is passed off as a restore that somebody accepted.
-- sv: De sista sigillen huggs av, och det görs till en återställning som någon har godtagit.
-- checkpoint: restored
-- evidence: unproven
select gameday.open();
select gameday.cut(from_index => t.log_index) from gameday.target(name => 'last') t;
insert into audit_private.epoch (
  epoch, kind, incarnation, timeline, log_size, last_sealed_at, accepted_at, accepted_by, accept_reason)
select e.epoch + 1, 'point_in_time', e.incarnation, e.timeline, s.log_size, s.sealed_at, now(), 'operator',
  'Restored from the backup of last night'
from audit_private.epoch e, audit_private.sealing s;
update audit_private.sealing set epoch = epoch + 1;
select gameday.close();
