-- The keys by which letters of a domain are signed (RFC 6376, RFC 8463), two at a time and their successors.
create table dkim_key (
  domain text not null references domain,
  selector text not null,             -- never given twice in a domain
  algorithm text not null check (algorithm in ('rsa', 'ed25519')),
  state text not null check (state in ('published', 'signing', 'retired', 'gone')),
  public_key text not null,           -- p= of its record, in base64
  private_key bytea,                  -- PKCS #8, service key dkim; null from when it no longer signs
  created_at timestamptz not null,
  changed_at timestamptz not null,    -- since when it has been in its state
  seen text check (seen in ('right', 'wrong', 'missing')), -- what the DNS said last; null: it has not said anything yet
  seen_at timestamptz,
  astray_since timestamptz,           -- since when the DNS has said something else than right
  primary key (domain, selector),
  check ((private_key is null) = (state in ('retired', 'gone')))
);
-- One of each kind waits, and one signs, however many processes look at once.
create unique index on dkim_key (domain, algorithm) where state = 'published';
create unique index on dkim_key (domain, algorithm) where state = 'signing';

grant select, insert, update, delete on dkim_key to zegel_app;
