-- What this server reports to others: that it was, and, where reports of DMARC are switched on, what is counted for them.

create table report_sent (
  kind text not null check (kind in ('dmarc', 'tls')),
  day date not null,                  -- that it is about, UTC
  domain_key bytea not null,          -- keyed hash, service key domainReports: whose policy it is
  state text not null check (state in ('sent', 'failed')), -- failed: nowhere to, for as long as it was tried
  at timestamptz not null,
  sealed bytea not null,              -- service key domainReports: the domain, how many places it went to, what it said in sums
  primary key (kind, day, domain_key)
);
create index on report_sent (day);

create table dmarc_arrival (          -- letters of a day that are alike, for the report of the next
  day date not null,                  -- UTC
  row_key bytea not null,             -- keyed hash, service key domainReports: all of it
  domain_key bytea not null,          -- keyed hash: whose policy it is
  sealed bytea not null,              -- service key domainReports: domains, results, and the address as a hash under its day's key
  letters bigint not null,
  primary key (day, row_key)
);

grant select, insert, update, delete on report_sent, dmarc_arrival to zegel_app;
