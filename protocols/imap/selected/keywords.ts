import { keywordNames, type Rows } from '#items'
import type { OpenAccount } from '#storage'

const NONE: ReadonlyMap<number, string[]> = new Map()

/** The names of the keywords of messages, by UID; those that have none are left out. */
export async function keywordsOf(
  account: OpenAccount,
  rows: Rows,
  uids: readonly number[],
): Promise<ReadonlyMap<number, string[]>> {
  const numbers = new Map<number, readonly number[]>()
  for (const uid of uids) {
    const index = rows.indexOf(uid)
    const some = index === -1 ? [] : rows.keywordsAt(index)
    if (some.length > 0) numbers.set(uid, some)
  }
  if (numbers.size === 0) return NONE
  const names = await keywordNames(account, new Set([...numbers.values()].flat()))
  return new Map([...numbers].map(([uid, some]) => [uid, some.map((number) => names.get(number) as string)]))
}
