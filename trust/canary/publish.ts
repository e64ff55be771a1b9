import { fingerprintOf, type PromisedCanary } from '#policy'
import { now, Refusal, type Config } from '#system'
import type { Storage } from '#storage'
import { canonical } from '#trust/signing'
import type { CanaryFile } from './file.ts'
import { NOBODY } from './prepare.ts'
import { promisedCanary, publishedCanaries, type Published } from './published.ts'
import { judge, type Judged } from './signatures.ts'
import { staleAt } from './standing.ts'
import { digestOf, saysAll } from './statement.ts'
import { whyUntimely } from './timely.ts'

/**
 * Publishes a canary that enough keyholders have signed; what was published before stays.
 * @returns who signed it, and when it turns stale
 * @throws Refusal 'invalid' with a sentence for everything that is missing
 */
export async function publishCanary(
  storage: Storage,
  config: Pick<Config, 'policy' | 'hostname'>,
  file: CanaryFile,
): Promise<{ number: number; signers: string[]; staleAt: Date }> {
  return storage.database.transaction(async (sql) => {
    // Two operators may publish at once.
    await sql`select pg_advisory_xact_lock(hashtext('zegel canary'))`
    const promised = await promisedCanary(sql, config)
    const [last] = await publishedCanaries(sql, 1)
    const at = now()
    const fields = whyNotToPublish(file, promised, last, config.hostname, at)
    if (fields.length > 0) throw new Refusal('invalid', { fields })
    const good = judge(file, promised.keyholders).filter(({ counts }) => counts)
    await sql`
      insert into canary (number, statement, signatures, promised, published_at)
      values (${file.statement.number}, ${canonical(file.statement)}, ${JSON.stringify(good.map(({ signature }) => signature))}::jsonb,
        ${JSON.stringify(promised)}::jsonb, ${at})`
    return {
      number: file.statement.number,
      signers: good.map(({ name }) => name as string),
      staleAt: staleAt(file, promised),
    }
  })
}

/** What keeps a canary from being published, in sentences for the operator; empty when nothing does. */
export function whyNotToPublish(
  file: CanaryFile,
  promised: PromisedCanary,
  last: Pick<Published, 'statement'> | undefined,
  host: string,
  at: Date,
): string[] {
  const { statement } = file
  const { keyholders, needed, days } = promised
  if (keyholders.length === 0) return [NOBODY]
  const untimely = whyUntimely(statement, at)
  const judged = judge(file, keyholders)
  const count = judged.filter(({ counts }) => counts).length
  return [
    ...(statement.host === host ? [] : [`It is about another service: ${statement.host}, not ${host}.`]),
    ...(saysAll(statement) ? [] : ['It does not say what a canary of this program says.']),
    ...whyNotNext(file, last),
    ...(untimely === undefined ? [] : [untimely]),
    ...(Date.parse(statement.goodUntil) - Date.parse(statement.date) <= days * DAY_MS
      ? []
      : [`It wants to be good for longer than the ${days} days that are promised.`]),
    ...judged.flatMap((one) => (one.counts ? [] : [WHY[one.why](one)])),
    ...(count >= needed ? [] : [`${count} of the ${needed} signatures that are needed are there and good.`]),
  ]
}

const DAY_MS = 86_400_000

function whyNotNext({ statement }: CanaryFile, last: Pick<Published, 'statement'> | undefined): string[] {
  const wanted = (last?.statement.number ?? 0) + 1
  if (statement.number < wanted)
    return [`Canary ${statement.number} was published already, or one after it; the next is ${wanted}.`]
  const isNext =
    statement.number === wanted &&
    statement.previous === (last === undefined ? null : digestOf(last.statement)) &&
    (last === undefined || last.statement.date < statement.date)
  return isNext ? [] : ['It does not follow the canary that was published last. Prepare a new one on this server.']
}

const WHY: Record<Extract<Judged, { counts: false }>['why'], (judged: Judged) => string> = {
  stranger: ({ signature }) =>
    `A signature is by the key ${fingerprintOf(signature.key)}, which is none of a keyholder in the promises in force.`,
  twice: ({ name }) => `${name} has signed twice, and counts once.`,
  changed: ({ name }) =>
    `The signature of ${name} does not fit: the statement was changed after it was signed, or the signature was.`,
}
