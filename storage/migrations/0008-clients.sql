-- What mail programs ask of a folder beyond what the web app does.

-- When an item came into the folder (IMAP SAVEDATE, RFC 8514); null for what came before this was kept.
alter table placement add column saved_at timestamptz;
