-- depends: 0013.erasure
-- What has been verified of the log, week by week.

create table audit_private.verification (
  from_time timestamptz primary key,
  until_time timestamptz not null,
  verified_at timestamptz not null,
  log_size bigint not null,
  finding_count bigint not null,
  findings jsonb not null
);
comment on table audit_private.verification is 'each week of events, and what verifying it last found';
comment on column audit_private.verification.from_time is
  'first moment of the week, by when events occurred; minus infinity for what concerns the log as a whole';
comment on column audit_private.verification.until_time is 'first moment after it';
comment on column audit_private.verification.verified_at is 'when it was last verified';
comment on column audit_private.verification.log_size is 'seals that the log had then';
comment on column audit_private.verification.finding_count is 'how much was wrong';
comment on column audit_private.verification.findings is 'the first hundred findings';

create policy "The finder verifies" on audit_private.tenant_grant
  for select to audit_finder using (true);
grant select on audit_private.tenant_grant, audit_private.service_grant to audit_finder;

create policy "The finder verifies" on audit_private.erasure
  for select to audit_finder using (true);
create policy "The finder verifies" on audit_private.erased_event
  for select to audit_finder using (true);
grant select on audit_private.erasure, audit_private.erased_event to audit_finder;
