-- depends: 0002.catalogue
-- Tenants, and which database role may act for which of them.

-- Closed until sql/code gives them their text; policies and triggers call these names.
create function audit_private.visible_tenant() returns uuid
language sql stable as 'select null::uuid';
create function audit_private.sees_all_tenants() returns boolean
language sql stable as 'select false';
create function audit_private.bind_roles() returns trigger
language plpgsql as 'begin raise exception ''pgwitness is not wholly installed''; end';
create function audit_private.refresh_bindings() returns trigger
language plpgsql as 'begin raise exception ''pgwitness is not wholly installed''; end';

create table audit_private.tenant (
  tenant_id uuid primary key,
  name text not null check (name <> ''),
  registered_at timestamptz not null default clock_timestamp(),
  retired_at timestamptz,
  is_logging_enabled boolean not null default true
);
comment on table audit_private.tenant is 'whose events the log keeps; the nil uuid stands for the installation itself';
comment on column audit_private.tenant.tenant_id is 'the application''s own identifier';
comment on column audit_private.tenant.name is 'for people';
comment on column audit_private.tenant.registered_at is 'when it was registered';
comment on column audit_private.tenant.retired_at is 'since when it can''t log; its trail stays readable';
comment on column audit_private.tenant.is_logging_enabled is 'the global toggle';

create table audit_private.tenant_grant (
  tenant_id uuid not null references audit_private.tenant,
  role_name name not null,
  granted_at timestamptz not null default clock_timestamp(),
  granted_by text not null,
  primary key (tenant_id, role_name)
);
comment on table audit_private.tenant_grant is 'database roles that may act for one tenant';
comment on column audit_private.tenant_grant.tenant_id is 'the tenant';
comment on column audit_private.tenant_grant.role_name is 'exact name; membership doesn''t count';
comment on column audit_private.tenant_grant.granted_at is 'when';
comment on column audit_private.tenant_grant.granted_by is 'login and SET ROLE role';

create table audit_private.service_grant (
  role_name name primary key,
  reason text not null,
  granted_at timestamptz not null default clock_timestamp(),
  granted_by text not null
);
comment on table audit_private.service_grant is 'service roles that may act for every tenant, as their context says';
comment on column audit_private.service_grant.role_name is 'exact name; membership doesn''t count';
comment on column audit_private.service_grant.reason is 'why';
comment on column audit_private.service_grant.granted_at is 'when';
comment on column audit_private.service_grant.granted_by is 'login and SET ROLE role';

create table audit_private.role_binding (
  role_name name primary key,
  is_service boolean not null,
  tenant_ids uuid[] not null,
  entity_types text[] not null,
  transaction_offset bigint not null,
  events_until timestamptz,
  recorder text not null,
  only_tenant_id uuid generated always as (
    case when not is_service and array_length(tenant_ids, 1) = 1 then tenant_ids[1] end
  ) stored
);
comment on table audit_private.role_binding is
  'both kinds of grant by role, with what every write has to know; kept by triggers, so that it is one look-up';
comment on column audit_private.role_binding.role_name is 'exact name';
comment on column audit_private.role_binding.is_service is 'may act for every tenant';
comment on column audit_private.role_binding.tenant_ids is 'may act for these';
comment on column audit_private.role_binding.entity_types is 'the catalogue''s entity types';
comment on column audit_private.role_binding.transaction_offset is 'as in instance';
comment on column audit_private.role_binding.events_until is 'as in instance';
comment on column audit_private.role_binding.recorder is 'how recorded_by names the role';
comment on column audit_private.role_binding.only_tenant_id is 'its tenant when it needs no context';

create trigger tenant_grant_bind_roles
  after insert or update or delete on audit_private.tenant_grant
  for each row execute function audit_private.bind_roles();
create trigger service_grant_bind_roles
  after insert or update or delete on audit_private.service_grant
  for each row execute function audit_private.bind_roles();
create trigger entity_type_refresh_bindings
  after insert or delete on audit_private.entity_type
  for each statement execute function audit_private.refresh_bindings();
create trigger instance_refresh_bindings
  after update on audit_private.instance
  for each statement execute function audit_private.refresh_bindings();
alter table audit_private.tenant_grant enable always trigger tenant_grant_bind_roles;
alter table audit_private.service_grant enable always trigger service_grant_bind_roles;
alter table audit_private.entity_type enable always trigger entity_type_refresh_bindings;
alter table audit_private.instance enable always trigger instance_refresh_bindings;

alter table audit_private.tenant enable row level security;
alter table audit_private.tenant force row level security;
alter table audit_private.tenant_grant enable row level security;
alter table audit_private.tenant_grant force row level security;
alter table audit_private.role_binding enable row level security;
alter table audit_private.role_binding force row level security;

create policy "A tenant is visible to itself and to operators" on audit_private.tenant
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Writers see every tenant" on audit_private.tenant
  for select to audit_writer using (true);
create policy "Backups are complete" on audit_private.tenant
  for select to audit_backup using (true);

create policy "Grants are visible to their tenant and to operators" on audit_private.tenant_grant
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Backups are complete" on audit_private.tenant_grant
  for select to audit_backup using (true);

-- Not behind the tenant wall: the wall itself reads it.
create policy "Bindings are what the tenant wall stands on" on audit_private.role_binding
  to audit_owner using (true);
create policy "Writers check bindings" on audit_private.role_binding
  for select to audit_writer using (true);
create policy "Backups are complete" on audit_private.role_binding
  for select to audit_backup using (true);

grant select on audit_private.tenant, audit_private.role_binding to audit_writer;
