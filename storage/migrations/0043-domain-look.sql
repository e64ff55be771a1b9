-- What the DNS said last of the records of each domain: what is shown without asking again. All of it is public.
create table domain_look (
  domain text primary key references domain on delete cascade,
  looked_at timestamptz not null,
  right_count int not null,           -- of what is needed or useful
  wrong_count int not null,
  missing_count int not null,         -- of what is needed
  useful_count int not null,          -- of what is useful, and not there
  unknown_count int not null,         -- of which no name server told anything
  astray_since timestamptz,           -- since when something is wrong or missing; null: nothing is
  records jsonb not null
);

grant select, insert, update, delete on domain_look to zegel_app;
