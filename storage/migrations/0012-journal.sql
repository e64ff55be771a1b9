-- The journal (promise 4): what is recorded about mail and sign-ins, with these columns and no other.
create table journal (
  time timestamptz not null,
  ip bytea,                           -- each value sealed under its day's key
  message_id bytea,
  sender bytea,                       -- the same address has the same value on one day
  recipient bytea,                    -- the same
  subject bytea,
  browser bytea,
  country bytea
) partition by range (time);
create index on journal (sender, time);
create index on journal (recipient, time);

-- Whoever writes on a new day makes its partition at need. Only these two functions may make and drop any, and a day's table
-- is made apart and attached: unlike "partition of" that waits for no reader, and no writer waits behind it.
create function make_journal_day(day date) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  partition text := 'journal_' || to_char(day, 'YYYYMMDD');
begin
  if to_regclass(partition) is not null then return; end if;
  -- Lets readers and writers be. A lock of a name would not do: only that of a table shows what others have made meanwhile.
  lock table journal in share update exclusive mode;
  if to_regclass(partition) is not null then return; end if;
  if (select count(*) from pg_inherits where inhparent = 'journal'::regclass) >= 100 then
    raise exception 'the journal has too many days';
  end if;
  execute format('create table %I (like journal including all)', partition);
  execute format('alter table journal attach partition %I for values from (%L) to (%L)', partition,
    day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
end
$$;

-- Drops the oldest day before a given one. Returns whether there was one. Gives up soon when somebody reads, for writers wait behind it.
create function drop_journal_day(before date) returns boolean
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
  partition text;
begin
  select min(c.relname) into partition from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'journal'::regclass and c.relname < 'journal_' || to_char(before, 'YYYYMMDD');
  if partition is null then return false; end if;
  execute format('drop table %I', partition);
  return true;
end
$$;

revoke execute on function make_journal_day, drop_journal_day from public;
grant select, insert on journal to zegel_app;
grant execute on function make_journal_day, drop_journal_day to zegel_app;
