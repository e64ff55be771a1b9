import type { OpenAccount } from '#storage'
import { bounds, checkPoint, isStep, listOf, type ChangeList, type Newest, type Point, type Step } from '../changes.ts'

interface Look {
  kinds: Set<string>
  states: Promise<Map<string, number>>
}

/** Looks that are about to be made: push asks for the states of all kinds in the same turn, and they are one question. */
const looks = new WeakMap<OpenAccount, Look>()

/** The change number that last touched a record of the kind. */
export async function recordState(account: OpenAccount, kind: string): Promise<number> {
  const look = looks.get(account) ?? newLook(account)
  look.kinds.add(kind)
  return (await look.states).get(kind) ?? 0
}

function newLook(account: OpenAccount): Look {
  const kinds = new Set<string>()
  const states = Promise.resolve().then(async () => {
    looks.delete(account)
    const { rows } = await account.sql<{ kind: string; newest: number }>`
      select kind, coalesce((select max(r.change) from record r where r.account_id = ${account.id} and r.kind = wanted.kind), 0) as newest
      from unnest(${[...kinds]}::text[]) as wanted (kind)`
    return new Map(rows.map((row) => [row.kind, row.newest]))
  })
  const look = { kinds, states }
  looks.set(account, look)
  return look
}

/** Records of a kind created, updated and removed since a point. @throws Refusal 'cannotCalculateChanges' */
export async function recordChanges(
  account: OpenAccount,
  kind: string,
  since: Point,
  most: number,
): Promise<ChangeList> {
  const { change, before, id } = bounds(since)
  const { rows } = await account.sql<Newest & Partial<Step>>`
    select a.change as newest, a.vanished_floor as floor, 0 as folders, null as looked_at,
      coalesce((select max(r.change) from record r where r.account_id = a.account_id and r.kind = ${kind}), 0) as items, step.*
    from account a
    left join lateral (
      select r.record_id as id, r.created_change > seen.change as is_new, r.removed_at is not null as is_gone,
        case when r.removed_at is null and r.created_change > seen.change then r.created_change else r.change end as position
      from record r cross join lateral (select case when r.record_id <= ${id} then ${change}::bigint else ${before}::bigint end as change) seen
      where r.account_id = ${account.id} and r.kind = ${kind} and r.change > ${before} and r.change > seen.change
        and not (r.removed_at is not null and r.created_change > seen.change)
      order by position, id limit ${most + 1}
    ) as step on true
    where a.account_id = ${account.id}
    order by step.position, step.id`
  const state = checkPoint(rows, since)
  return listOf(rows.filter(isStep), most, state.items)
}
