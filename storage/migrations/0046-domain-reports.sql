-- What others report about the domains that are served here: aggregate reports of DMARC (RFC 9990) and reports about TLS (RFC 8460).

create table report_letter (          -- as it came to an address for reports, until it is read
  letter_id bigint primary key,
  at timestamptz not null,
  size int not null,                  -- of what is sealed
  sealed bytea not null               -- service key domainReports: what was attached, who sent it
);

create table domain_report (          -- what it said, in counts; no address of anybody
  report_key bytea primary key,       -- keyed hash: kind, reporter, the report's id, domain; of what could not be read, its content
  domain text not null references domain on delete cascade,
  kind text check (kind in ('dmarc', 'tls')), -- null: it could not be read
  day date not null,                  -- that it is about; of what could not be read, on which it came
  received_at timestamptz not null,
  is_proven boolean not null,         -- the letter was from who it says it is from
  copies int not null default 1,      -- times that it came; it counts once
  trouble text,                       -- why it could not be read
  passed bigint not null default 0,   -- letters, or sessions
  failed bigint not null default 0,
  sealed bytea not null,              -- service key domainReports: who reports, and the counts in detail
  check ((kind is null) = (trouble is not null))
);
create index on domain_report (domain, day);
create index on domain_report (day);

grant select, insert, update, delete on domain_report to zegel_app;
grant select, delete on report_letter to zegel_app;
-- The receiver puts letters in, and asks how much waits.
grant insert on report_letter to zegel_app, zegel_receiver;
grant select (letter_id, size) on report_letter to zegel_receiver;
