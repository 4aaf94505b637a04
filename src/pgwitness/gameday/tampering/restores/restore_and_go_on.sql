-- An older copy takes its place unnoticed, and goes on until it is as long.
-- sv: En äldre kopia tar dess plats obemärkt och fortsätter tills den är lika lång.
-- checkpoint: rewritten
-- evidence: unproven
-- copy: older
select gameday.pass_for_the_same();
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
