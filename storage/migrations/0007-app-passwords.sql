-- Passwords that a person makes for one program each; and whether the main one lets programs in.
create table app_password (
  account_id bigint not null references account,
  app_password_id bigint not null,
  secret_key bytea not null,          -- keyed hash under the service key "credentials"
  scram bytea not null,               -- what SCRAM compares with, sealed under the same service key
  name bytea not null,                -- sealed with the account key
  scopes text[] not null
    check (cardinality(scopes) > 0 and scopes <@ array['mail', 'calendar', 'contacts', 'documents']),
  is_read_only boolean not null,
  created_at timestamptz not null,
  last_used_at timestamptz,           -- to within five minutes
  last_use bytea,                     -- country and program: sealed with the account key
  primary key (account_id, app_password_id),
  unique (account_id, secret_key)
);

alter table password add column lets_programs_in boolean not null default true;

grant select, insert, update, delete on app_password to zegel_app;
