-- What retention has destroyed, and what a job has measured of the promises: names, counts and times.
create table erasure (
  rule text primary key,
  erased bigint not null,
  since timestamptz not null,         -- when it first did
  last_at timestamptz not null
);

create table evidence (
  name text primary key,
  state text not null check (state in ('kept', 'late', 'broken')),
  facts jsonb not null,               -- numbers and times
  computed_at timestamptz not null
);

alter table keys.epoch add column turned_at timestamptz; -- null: as it was made

grant select, insert, update on erasure, evidence to zegel_app;
grant select on evidence to zegel_desk;
