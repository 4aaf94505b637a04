-- An option is set behind the log's back.
-- sv: En inställning ändras bakom loggens rygg.
-- verify: untold_setting
select gameday.open();
update audit_private.option set value = '1' where name = 'retention_delay_days';
select gameday.close();
