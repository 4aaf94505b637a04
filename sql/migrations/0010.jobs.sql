-- depends: 0009.data_retention
-- Which jobs were handed to a scheduler. pg_cron shows each role its own jobs only, so what it was told is noted here.

create table audit_private.job_schedule (
  job_name text,
  schedule text not null,
  scheduled_at timestamptz not null default clock_timestamp(),
  scheduled_by name,
  primary key (job_name, scheduled_by)
);
comment on table audit_private.job_schedule is 'the jobs that schedule_jobs handed to pg_cron';
comment on column audit_private.job_schedule.job_name is 'the procedure';
comment on column audit_private.job_schedule.schedule is 'minute, hour, day, month and weekday, as pg_cron was told';
comment on column audit_private.job_schedule.scheduled_at is 'when';
comment on column audit_private.job_schedule.scheduled_by is 'role that pg_cron runs it as';
