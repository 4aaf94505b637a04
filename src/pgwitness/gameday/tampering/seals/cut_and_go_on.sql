-- The last seals are cut off, and the log goes on until it is as long as before.
-- sv: De sista sigillen huggs av, och loggen fortsätter tills den är lika lång som förut.
-- checkpoint: rewritten
-- evidence: unproven
-- copy: current
select gameday.open();
select gameday.cut(from_index => t.log_index) from gameday.target(name => 'last') t;
select gameday.close();
commit;
do $$
begin
  for round in 1..12 loop
    perform audit_private.write_system_event(
      tenant_id => t.tenant_id, action => 'upgraded', entity_type => 'audit_log', entity_id => null,
      description => 'Nothing happened')
    from audit_private.tenant t;
    commit;
    call audit.seal_events();
  end loop;
end
$$;
begin;
select gameday.open();
select gameday.close();
