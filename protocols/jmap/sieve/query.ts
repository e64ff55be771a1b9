import { z } from 'zod'
import { byCodePoint, casemap } from '#mail'
import { readScripts, type KeptScript } from '#mail/scripts'
import { meets } from '../families/filter.ts'
import { queryMethod, windowOf } from '../families/query.ts'
import { scriptIds, state, type } from './script.ts'

const ORDERS: Readonly<Record<string, (a: KeptScript, b: KeptScript) => number>> = {
  name: (a, b) => byCodePoint(casemap(a.name), casemap(b.name)),
  isActive: (a, b) => Number(a.isActive) - Number(b.isActive),
}

/** SieveScript/query, RFC 9661 §2.5. */
export const query = queryMethod({
  type,
  conditions: { name: z.string().max(1000), isActive: z.boolean() },
  sorts: Object.keys(ORDERS),
  async run(_session, account, { filter, sort }, window) {
    const queryState = await state(account)
    const found = (await readScripts(account))
      .filter((script) =>
        meets(
          filter,
          ({ name, isActive }) =>
            (name === undefined || casemap(script.name).includes(casemap(name))) &&
            (isActive === undefined || script.isActive === isActive),
        ),
      )
      .toSorted((a, b) => {
        for (const { property, isAscending } of sort) {
          const difference = ORDERS[property]?.(a, b) ?? 0
          if (difference !== 0) return isAscending ? difference : -difference
        }
        return a.id - b.id
      })
    return {
      queryState,
      canCalculateChanges: false,
      ...windowOf(
        found.map(({ id }) => scriptIds.of(id)),
        window,
      ),
    }
  },
})
