-- Backups (promise 14): what became of each, for the evidence. What is in them, and what they are made of, stands in them alone.
create table backup (
  backup_id uuid primary key,
  started_at timestamptz not null,
  finished_at timestamptz,            -- null: it was killed, or is under way
  removed_at timestamptz,             -- from when on it is no longer there, and its key neither
  bytes bigint not null default 0     -- that it added
);

create table backup_drill (           -- a sample of the newest backup, fetched and compared
  at timestamptz primary key,
  backup_id uuid not null,
  objects int not null,
  bytes bigint not null,
  accounts int not null,              -- whose rows were counted
  damaged int not null                -- objects and accounts that were not as they should be
);

-- Whom the copy of the keys is sealed for beside the master key: the private half stands on paper alone.
create table keys.recovery (
  only_one boolean primary key default true check (only_one),
  public_key bytea not null,          -- X25519, raw
  made_at timestamptz not null
);

-- Which database this is: a backup goes on only from one of the same. Another after each restore.
create table database_id (
  only_one boolean primary key default true check (only_one),
  id uuid not null
);
insert into database_id (id) values (gen_random_uuid());

-- A backup takes the keys of threads with the items of theirs, and retention forgets them with the last one.
create index if not exists thread_key_by_thread on thread_key (account_id, thread_id);

grant select, insert, update, delete on backup, backup_drill to zegel_app;
grant select on database_id to zegel_app;
grant select, insert, update, delete on keys.recovery to zegel_app;
