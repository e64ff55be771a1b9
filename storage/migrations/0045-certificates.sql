-- Certificates that an authority has issued (RFC 8555) and their keys: for all processes over this database.
create table tls_key (
  key_id text primary key,
  purpose text not null check (purpose in ('server', 'domain')),
  subject text not null,              -- the server's own name, or a domain that is served
  state text not null check (state in ('next', 'used', 'retired', 'gone')),
  digest text not null,               -- SHA-256 of the public key in hex, as its TLSA record has it
  private_key bytea,                  -- PKCS #8, service key certificates; null from when no certificate is for it any more
  created_at timestamptz not null,
  changed_at timestamptz not null,    -- since when it has been in its state
  seen text check (seen in ('right', 'wrong', 'missing')), -- what the DNS said last of its record
  seen_at timestamptz,
  seen_since timestamptz,             -- since when it has said so
  check ((private_key is null) = (state in ('retired', 'gone')))
);
create unique index on tls_key (purpose, subject) where state = 'next';
create unique index on tls_key (purpose, subject) where state = 'used';

-- One for the server's own names, one for the names below each domain that lead here.
create table certificate (
  purpose text not null check (purpose in ('server', 'domain')),
  subject text not null,
  key_id text references tls_key,
  names text[] not null default '{}', -- that it is good for
  chain text,                         -- PEM; null before the first
  not_before timestamptz,
  not_after timestamptz,
  change bigint not null default 0,   -- how often it was issued: processes compare the sum
  try_at timestamptz not null,        -- when it is looked at next
  claimed_until timestamptz,          -- while a process orders
  failures integer not null default 0,
  trouble text,                       -- why it is not as it should be: a word of the program
  trouble_names text[] not null default '{}', -- which names it is about
  trouble_since timestamptz,
  primary key (purpose, subject)
);

-- Who we are for an authority.
create table acme_account (
  directory text primary key,
  private_key bytea not null,         -- PKCS #8, service key certificates
  url text,                           -- by which it names us; null before it does
  created_at timestamptz not null
);

-- What an authority that looks is answered (RFC 8555 §8.3): no secret.
create table acme_challenge (
  token text primary key,
  answer text not null,
  expires_at timestamptz not null
);

grant select, insert, update, delete on tls_key, certificate, acme_account, acme_challenge to zegel_app;
