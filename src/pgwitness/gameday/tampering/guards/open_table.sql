-- A table of the log is opened: its row-level security, its rights, its owner.
-- sv: En av loggens tabeller öppnas: dess radskydd, dess rättigheter, dess ägare.
-- doctor: objects_unchanged
-- each: alter table audit_private.event no force row level security
-- each: create policy "Everybody reads" on audit_private.event using (true)
-- each: grant select on audit_private.event to public
-- each: grant update (description) on audit_private.event to audit_app
-- each: grant usage on schema audit_private to public
{each};
