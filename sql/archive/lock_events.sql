-- Keeps writers out until the transaction ends, so that what is archived is all there is. The keeper
-- takes the lock: nobody else has a right on events that allows it.
set local role audit_keeper;
set local timezone = 'UTC';
lock table audit_private.event in exclusive mode;
