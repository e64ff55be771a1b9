-- Moving in from another provider: an import is of a file, or of an account at a server that speaks IMAP.
alter table transfer add column source text not null default 'file' check (source in ('file', 'imap'));
alter table transfer add column attempts smallint not null default 0; -- in vain, since something last came
alter table transfer add column due_at timestamptz;                   -- not before then, after one in vain
