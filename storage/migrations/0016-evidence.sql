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

-- Whether retention may destroy: it stops, and asks the operator, when the clock has jumped or too much is due at once.
create table brake (
  only_one boolean primary key default true check (only_one),
  seen_at timestamptz not null,       -- the machine's clock when retention last ran
  held_for text,                      -- why it has stopped; null while it runs
  held_at timestamptz,
  released_until timestamptz          -- what is due at once is not held until then: the operator has looked
);

grant select, insert, update on erasure, evidence, brake to zegel_app;
grant select on evidence to zegel_desk;
