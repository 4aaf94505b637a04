-- An event is changed, and with it its seal and all later seals of the tenant.
-- sv: En händelse ändras, och med den dess sigill och organisationens alla senare sigill.
-- verify: broken_chain
-- evidence: unproven
select gameday.open();
select gameday.change_chain();
select gameday.close();
