-- How TLS to other domains' servers went, counted by day for those that ask for reports (RFC 8460). Nothing tells whose letters they were.
create table tls_session (
  day date not null,                  -- UTC
  key bytea not null,                 -- service key transport: domain, policy, host and result
  domain_key bytea not null,          -- service key transport: the domain alone
  sealed bytea not null,              -- the same things, to be read
  sessions int not null,
  reported_at timestamptz,            -- null: its domain has not been told yet
  primary key (day, key)
);
grant select, insert, update, delete on tls_session to zegel_app;
