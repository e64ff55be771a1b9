-- MTA-STS policies of other domains (RFC 8461), kept until they end, so that nobody takes one away by lying about it.
create table sts_policy (
  key bytea primary key,              -- service key transport: the domain
  sealed bytea not null,              -- domain, id, the policy as it came
  fetched_at timestamptz not null,
  checked_at timestamptz not null,    -- when it was last tried to fetch it
  used_at timestamptz not null,       -- about a day precise
  ends_at timestamptz not null
);
create index on sts_policy (checked_at);
grant select, insert, update, delete on sts_policy to zegel_app;
