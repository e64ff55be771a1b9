-- What authorities and others ask for, and what became of it. The register is written once and never changed.

create table legal_event (
  number bigint primary key,          -- from 1, without a gap
  case_id text,                       -- such as 2026-14; null: of no case (a lock, an appeal, a reversal)
  at timestamptz not null,
  kind text not null,
  country text,                       -- of whoever asks: ISO 3166, two letters
  authority text,                     -- the kind of it, a word of the program's
  request text,                       -- the kind of it, a word of the program's
  reason text,                        -- of a refusal, an attempt, a lock: a word of the program's
  accounts int,                       -- how many are concerned
  until timestamptz,                  -- a preservation, a delay of the notice
  detail bytea,                       -- SHA-256 of a salt and the details; null where there are none
  hash bytea not null                 -- SHA-256 of the hash before, the number, and the digest of the columns above
);
create index on legal_event (case_id, number);

create table legal_detail (           -- what says something about a case or a person; ends before the event does
  number bigint primary key references legal_event,
  case_id text not null,
  sealed bytea not null               -- salt and details: service key legal
);
create index on legal_detail (case_id);

create table legal_file (             -- scans, what was sealed to an authority's key, what is preserved of the journal
  blob_id uuid primary key,           -- a blob of account 0
  case_id text not null,
  kind text not null,
  sealed bytea not null               -- what opens the blob: service key legal
);
create index on legal_file (case_id);

create table legal_subject (          -- whom a case concerns, as its events say
  account_id bigint not null,
  case_id text not null,
  told_from timestamptz not null,     -- before, an order forbids that they hear of it
  held_until timestamptz,             -- what is named in holds does not end before
  holds text[] not null,
  primary key (account_id, case_id)
);
create index on legal_subject (held_until);

-- What is published of it: a part for each half-year, one for what is open now, and the whole as it is signed.
create table transparency_report (
  part text primary key,
  content text not null,
  computed_at timestamptz not null
);

grant select, insert on legal_event to zegel_app;
grant select, insert, delete on legal_detail, legal_file to zegel_app;
grant select, insert, update, delete on legal_subject, transparency_report to zegel_app;
