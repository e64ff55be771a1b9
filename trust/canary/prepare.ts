import { now, Refusal, type Config } from '#system'
import type { Storage } from '#storage'
import type { CanaryFile } from './file.ts'
import { headsNow } from './heads.ts'
import { promisedCanary, publishedCanaries } from './published.ts'
import { digestOf, MOST_VALUES, PublicValue, SAYINGS, type Head } from './statement.ts'

const DAY_MS = 86_400_000

/**
 * What the keyholders are to sign: it says what a canary says, up to now, and is good for as many days as the promises in force say.
 * @param others  heads of further registers, by a word in lower case
 * @throws Refusal 'invalid' when no canary is promised, or the values are none
 */
export async function prepareCanary(
  storage: Storage,
  config: Pick<Config, 'policy' | 'hostname'>,
  values: readonly string[],
  others: Readonly<Record<string, Head>> = {},
): Promise<CanaryFile> {
  const { sql } = storage.database
  const { keyholders, days } = await promisedCanary(sql, config)
  if (keyholders.length === 0) throw new Refusal('invalid', { fields: [NOBODY] })
  const read = PublicValue.array().min(1).max(MOST_VALUES).safeParse(values)
  if (!read.success)
    throw new Refusal('invalid', {
      fields: [
        `--value: wanted are 1 to ${MOST_VALUES} public values of this morning, each a line of 8 to 300 characters: a headline, the hash of a block.`,
      ],
    })
  const [last] = await publishedCanaries(sql, 1)
  const at = now()
  return {
    statement: {
      kind: 'zegel canary',
      version: 1,
      host: config.hostname,
      number: (last?.statement.number ?? 0) + 1,
      previous: last === undefined ? null : digestOf(last.statement),
      date: at.toISOString(),
      goodUntil: new Date(at.getTime() + days * DAY_MS).toISOString(),
      says: { ...SAYINGS },
      values: read.data,
      heads: { ...(await headsNow(storage, config)), ...others },
    },
    signatures: [],
  }
}

export const NOBODY =
  'The promises in force name no keyholders, so no canary is promised. Keyholders stand in policy/promises.toml, and count from the day on which that version takes effect.'
