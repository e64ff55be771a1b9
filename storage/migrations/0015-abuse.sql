-- Accounts that strangers made begin small and grow. Of one that sends as a thief would, sending is stopped.
alter table account
  add column begins_small boolean not null default false,
  add column stopped_at timestamptz,  -- when the service itself stopped its sending
  add column stopped_for text[],      -- and for which signals, by their names
  add column resumed_at timestamptz;  -- what was counted before says nothing about who sends now
update account set begins_small = true
where exists (select from consent where consent.account_id = account.account_id);

alter table sending
  add column strangers int not null default 0, -- recipients to whom the account had never written
  add column failed int not null default 0;    -- recipients that were given back in that hour

-- From which countries an account sends, and since when.
create table sent_from (
  account_id bigint primary key references account,
  sealed bytea not null               -- account key
);

-- What people elsewhere complained about. Account 0: of nobody here.
create table feedback_report (
  account_id bigint not null,
  report_key bytea not null,          -- which letter and which complaint, keyed hash, service key reports
  sealed bytea not null,              -- service key reports
  at timestamptz not null,
  primary key (account_id, report_key)
);
create index feedback_report_by_time on feedback_report (at);

grant select, insert, update, delete on sent_from, feedback_report to zegel_app;
-- The receiver notes reports as they arrive, and reads back only how many there are.
grant insert on feedback_report to zegel_receiver;
grant select (account_id, report_key) on feedback_report to zegel_receiver;

-- Whom letters to abuse@ and postmaster@ reach, and whether one of a letter's recipients is an operator: more the receiver does not learn.
create function oldest_operator() returns bigint
language sql stable security definer set search_path = public, pg_temp as $$
  select account_id from account where is_operator and state in ('open', 'suspended') order by created_at, account_id limit 1
$$;
create function is_operated(accounts bigint[]) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from account where account_id = any(accounts) and is_operator)
$$;
revoke execute on function oldest_operator, is_operated from public;
grant execute on function oldest_operator, is_operated to zegel_app, zegel_receiver;
