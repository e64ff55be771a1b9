-- What the operator looks at: runs of jobs, figures of processes, what checks have found. Names of parts and jobs, numbers and
-- times; nothing of a person.
create table job_run (                -- the last run of each job
  job text primary key,
  period_seconds int not null,        -- the longest time between two of its times
  is_scheduled boolean not null,      -- whether the processes that run jobs know it still
  scheduled_at timestamptz not null,  -- since when they do
  started_at timestamptz,
  finished_at timestamptz,            -- before started_at: it is running, or was killed
  succeeded_at timestamptz,
  failing_since timestamptz,
  failures int not null default 0,    -- in a row
  error text,                         -- name and code of what was thrown last
  duration_ms bigint,
  counts jsonb not null default '{}'  -- what it said it did, when it last succeeded
);

create table process_report (         -- what each process says of itself, every few seconds
  process_id uuid primary key,
  parts text[] not null,
  started_at timestamptz not null,
  reported_at timestamptz not null,
  expires_at timestamptz not null,    -- one that has not reported by then is gone
  has_ended boolean not null default false, -- it said so
  figures jsonb not null
);

create table check_result (           -- what the last round of checks has found
  name text not null,
  subject text not null,              -- which disk, job, scanner; empty where there is one
  state text not null check (state in ('good', 'look', 'bad')),
  cause text not null,
  figures jsonb not null,
  names text[] not null,
  since timestamptz not null,         -- it has this state
  looked_at timestamptz not null,
  primary key (name, subject)
);

create table disk_sample (            -- by which is told in how many days a disk is full
  place text not null,
  day date not null,
  free_bytes bigint not null,         -- when the day was first seen
  primary key (place, day)
);

create table key_copy (               -- the copy of the keys beside the backups: when it was last written and read back
  only_one boolean primary key default true check (only_one),
  epoch int not null,
  verified_at timestamptz not null
);

-- Why somebody waits for a letter: a word of the program's, never the other server's.
alter table queue_recipient add column deferral text;

-- What PostgreSQL tells its owner alone: ages and counts of what is connected, no statement and no address.
create function database_condition()
returns table (
  version int, size_bytes bigint, connections int, most_connections int, oldest_transaction_seconds double precision,
  slots int, slot_lag_bytes bigint, is_safe boolean
)
language sql stable security definer set search_path = pg_catalog as $$
  select
    current_setting('server_version_num')::int,
    pg_database_size(current_database()),
    (select count(*)::int from pg_stat_activity where backend_type = 'client backend'),
    current_setting('max_connections')::int,
    coalesce((select max(extract(epoch from clock_timestamp() - xact_start)) from pg_stat_activity
      where backend_type = 'client backend' and pid <> pg_backend_pid()), 0)::double precision,
    (select count(*)::int from pg_replication_slots),
    coalesce((select max(case when pg_is_in_recovery() then 0 else pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) end)
      from pg_replication_slots), 0)::bigint,
    current_setting('fsync')::boolean and current_setting('synchronous_commit') <> 'off'
      and current_setting('full_page_writes')::boolean
$$;
revoke execute on function database_condition from public;

grant select, insert, update, delete on job_run, process_report, check_result, disk_sample, key_copy to zegel_app;
grant execute on function database_condition to zegel_app;
grant select on check_result to zegel_desk;
