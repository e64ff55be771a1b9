-- What the scripts of an account send on and notify of, by the hour, for all processes together.
alter table sending
  alter column letters set default 0,
  alter column recipients set default 0,
  add column redirects int not null default 0,
  add column notifications int not null default 0;

-- The receiver counts what scripts send, and reads nothing of what their owner does.
grant select (account_id, hour, redirects, notifications), insert (account_id, hour, redirects, notifications),
  update (redirects, notifications) on sending to zegel_receiver;
