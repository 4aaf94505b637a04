-- depends: 0003.tenants
-- Toggles below the global one, and the table that holds what they come to for each action.

-- Closed until sql/code gives them their text; triggers call these names.
create function audit_private.resolve_toggles() returns trigger
language plpgsql as 'begin raise exception ''pgwitness is not wholly installed''; end';
create function audit_private.resolve_catalogue() returns trigger
language plpgsql as 'begin raise exception ''pgwitness is not wholly installed''; end';

create table audit_private.category_toggle (
  tenant_id uuid not null references audit_private.tenant,
  category text not null references audit_private.category,
  is_enabled boolean not null,
  primary key (tenant_id, category)
);
comment on table audit_private.category_toggle is 'categories that a tenant has turned off or on; no row means on';
comment on column audit_private.category_toggle.tenant_id is 'the tenant';
comment on column audit_private.category_toggle.category is 'the category';
comment on column audit_private.category_toggle.is_enabled is 'whether its actions are logged';

create table audit_private.action_toggle (
  tenant_id uuid not null references audit_private.tenant,
  action text not null references audit_private.action,
  is_enabled boolean not null,
  primary key (tenant_id, action)
);
comment on table audit_private.action_toggle is 'overrides of single actions; one wins over its category both ways';
comment on column audit_private.action_toggle.tenant_id is 'the tenant';
comment on column audit_private.action_toggle.action is 'the action';
comment on column audit_private.action_toggle.is_enabled is 'whether it is logged';

create table audit_private.logging_decision (
  tenant_id uuid not null,
  action text not null,
  is_logged boolean not null,
  is_mandatory boolean not null,
  payload_limit integer not null,
  is_cut boolean not null,
  primary key (tenant_id, action)
);
comment on table audit_private.logging_decision is
  'what the toggles, the catalogue and the options come to; kept by triggers, read once by every write';
comment on column audit_private.logging_decision.tenant_id is 'the tenant; a retired one has no rows';
comment on column audit_private.logging_decision.action is 'the action; a retired one has no rows';
comment on column audit_private.logging_decision.is_logged is 'whether an event is stored';
comment on column audit_private.logging_decision.is_mandatory is 'only the log itself may log it';
comment on column audit_private.logging_decision.payload_limit is 'bytes that an event''s payload may have';
comment on column audit_private.logging_decision.is_cut is 'a larger payload is cut and marked instead of refused';

create trigger tenant_resolve_toggles
  after insert or update on audit_private.tenant
  for each row execute function audit_private.resolve_toggles();
create trigger category_toggle_resolve_toggles
  after insert or update or delete on audit_private.category_toggle
  for each row execute function audit_private.resolve_toggles();
create trigger action_toggle_resolve_toggles
  after insert or update or delete on audit_private.action_toggle
  for each row execute function audit_private.resolve_toggles();
create trigger action_resolve_catalogue
  after insert or update on audit_private.action
  for each statement execute function audit_private.resolve_catalogue();
create trigger option_resolve_catalogue
  after update on audit_private.option
  for each statement execute function audit_private.resolve_catalogue();
alter table audit_private.tenant enable always trigger tenant_resolve_toggles;
alter table audit_private.category_toggle enable always trigger category_toggle_resolve_toggles;
alter table audit_private.action_toggle enable always trigger action_toggle_resolve_toggles;
alter table audit_private.action enable always trigger action_resolve_catalogue;
alter table audit_private.option enable always trigger option_resolve_catalogue;

alter table audit_private.category_toggle enable row level security;
alter table audit_private.category_toggle force row level security;
alter table audit_private.action_toggle enable row level security;
alter table audit_private.action_toggle force row level security;
alter table audit_private.logging_decision enable row level security;
alter table audit_private.logging_decision force row level security;

create policy "Toggles are visible to their tenant and to operators" on audit_private.category_toggle
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Backups are complete" on audit_private.category_toggle
  for select to audit_backup using (true);

create policy "Toggles are visible to their tenant and to operators" on audit_private.action_toggle
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Backups are complete" on audit_private.action_toggle
  for select to audit_backup using (true);

create policy "Decisions are visible to their tenant and to operators" on audit_private.logging_decision
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Writers read decisions" on audit_private.logging_decision
  for select to audit_writer using (true);
create policy "Backups are complete" on audit_private.logging_decision
  for select to audit_backup using (true);

grant select on audit_private.logging_decision to audit_writer;
