-- What the receiver needs to file letters by a script of their owner (Sieve): the scripts and, for those who have one in force, the
-- settings, for the time zone. Nothing else that stands in records is read. `known` is the change up to which it has them already.
create function filing_scripts(owner bigint, known bigint)
returns table (kind text, record_id bigint, sealed bytea, newest bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  with newest as (
    select greatest(a.settings_change, coalesce(max(r.change), 0)) as change
    from account a left join record r on r.account_id = a.account_id and r.kind in ('sieveScript', 'activeScript')
    where a.account_id = owner group by a.settings_change
  )
  select r.kind, r.record_id, r.sealed, n.change
  from newest n join record r on r.account_id = owner and r.kind in ('sieveScript', 'activeScript') and r.removed_at is null
  where n.change <> known
  union all
  select 'settings', 0, a.settings, n.change
  from newest n join account a on a.account_id = owner
  where n.change <> known and exists (
    select from record where account_id = owner and record.kind = 'activeScript' and removed_at is null
  )
$$;
revoke execute on function filing_scripts from public;
grant execute on function filing_scripts to zegel_app, zegel_receiver;

-- Folders by the keyed hashes of their names, and those that a script has made: no name is read.
grant select (parent_id, name_key, uid_validity), insert on folder to zegel_receiver;
grant select (uid_validity), update (uid_validity) on account to zegel_receiver;
-- Labels that a script puts on: their names are the account's keywords.
grant select, insert on keyword to zegel_receiver;
-- Who was answered, and what was seen before, each until a time: what stands in records is not read.
grant select (record_id, due_at), insert, update (due_at) on record to zegel_receiver;
