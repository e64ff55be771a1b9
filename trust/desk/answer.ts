import { onceUntilOver, Refusal, type Config, type Log } from '#system'
import { newKeyPair, openBox, SealBroken, sealTo, type KeyPair, type Storage } from '#storage'
import { agreementOf, findStaff, noteStaffEvent, type InStaffSession } from '#trust/staff'
import type { AnyAct } from './act.ts'
import { ENTRY, OWN } from './own.ts'
import {
  ANSWERED,
  ANSWER_SECONDS,
  ASKED,
  Question,
  questionPlace,
  replyPlace,
  type Reply,
  type Signed,
} from './question.ts'

export interface Answering {
  storage: Storage
  config: Config
  log: Log
  /** Everything the staff can do. */
  acts: readonly AnyAct[]
}

/** Requests that are answered at once. */
const MOST_AT_ONCE = 8

/** A request of which nobody was told is found by looking. */
const LOOK_MS = 2000

/**
 * The app's part answers the desk: it makes sure of the session, the agreement and the role, performs the act, and seals what it gives
 * to whoever has asked.
 */
export async function startAnswering(parts: Answering): Promise<{ stop(): Promise<void> }> {
  const { storage, log } = parts
  const pair = await doorKey(storage)
  const acts = new Map(parts.acts.map((one) => [one.name, one]))
  if (acts.size !== parts.acts.length) throw new Error('two acts have one name')
  const underWay = new Set<Promise<void>>()
  let isStopping = false

  const answer = async (id: string, sealed: Buffer): Promise<void> => {
    let question: Question
    try {
      question = Question.parse(JSON.parse(openBox(pair, questionPlace(id), sealed).toString()))
    } catch (error) {
      if (!(error instanceof SealBroken)) log.warn({}, 'the desk asked something that cannot be read')
      return
    }
    const reply = await replyTo(parts, acts, question)
    const plain = Buffer.from(JSON.stringify(reply))
    const answered = sealTo(Buffer.from(question.replyTo, 'base64url'), replyPlace(id), plain)
    await storage.database.sql`update desk_request set answer = ${answered} where request_id = ${id}`
    await storage.database.sql`select pg_notify(${ANSWERED}, ${id})`
  }

  /** Takes what waits, each by one process alone. */
  const takeAll = async (): Promise<void> => {
    while (!isStopping && underWay.size < MOST_AT_ONCE) {
      const { rows } = await storage.database.sql<{ id: string; sealed: Buffer }>`
        update desk_request set taken_at = clock_timestamp() where request_id = (
          select request_id from desk_request
          where taken_at is null and asked_at > clock_timestamp() - make_interval(secs => ${ANSWER_SECONDS})
          order by asked_at limit 1 for update skip locked)
        returning request_id as id, sealed`
      if (rows[0] === undefined) return
      const { id, sealed } = rows[0]
      const work = answer(id, sealed)
        .catch((error: unknown) => log.error({ err: error }, 'the desk could not be answered'))
        .finally(() => {
          underWay.delete(work)
          look()
        })
      underWay.add(work)
    }
  }
  const outage = onceUntilOver(
    (message) => log.warn({}, message),
    'what the desk asks cannot be read: the database does not serve',
    'the desk is answered again',
  )
  let looking: Promise<void> | undefined
  let wantsMore = false
  const look = (): void => {
    if (looking !== undefined) {
      wantsMore = true
      return
    }
    looking = takeAll()
      .then(outage.over, outage.trouble)
      .finally(() => {
        looking = undefined
        if (wantsMore && !isStopping) {
          wantsMore = false
          look()
        }
      })
  }
  const unlisten = await storage.database.listen(ASKED, look)
  const timer = setInterval(look, LOOK_MS)
  look()
  return {
    async stop() {
      isStopping = true
      clearInterval(timer)
      await unlisten()
      await looking
      await Promise.all(underWay)
    },
  }
}

/** The key to which the desk seals; made where it is missing. */
async function doorKey(storage: Storage): Promise<KeyPair> {
  const staff = await storage.keys.serviceKey('staff')
  const made = newKeyPair()
  await storage.database.sql`
    insert into desk_door (public_key, sealed) values (${made.publicKey}, ${staff.seal('desk door', made.privateKey)})
    on conflict do nothing`
  const { rows } = await storage.database.sql<{ public_key: Buffer; sealed: Buffer }>`
    select public_key, sealed from desk_door`
  const [kept] = rows as [{ public_key: Buffer; sealed: Buffer }]
  return { publicKey: kept.public_key, privateKey: staff.open('desk door', kept.sealed) }
}

async function replyTo(
  { storage, config, log }: Answering,
  acts: ReadonlyMap<string, AnyAct>,
  { act, token, given }: Question,
): Promise<Reply> {
  let signed: Signed | undefined
  try {
    const entry = ENTRY.get(act)
    if (entry !== undefined) return { told: await entry({ storage, config }, given) }
    const staff = token === undefined ? undefined : await findStaff(storage, token)
    if (staff === undefined || token === undefined) throw new Refusal('badCredentials')
    signed = { name: staff.name, roles: staff.roles }
    const own = OWN.get(act)
    if (own !== undefined) return { told: await own({ storage, config, staff, token }, given), signed }
    const wanted = acts.get(act)
    if (wanted === undefined) throw new Refusal('notFound')
    await refuseUnentitled(storage, staff, wanted)
    const read = wanted.given.safeParse(given)
    if (!read.success)
      throw new Refusal('invalid', { fields: read.error.issues.map(({ path }) => path.map(String).join('.')) })
    return { told: await wanted.run({ storage, config, log, staff }, read.data), signed }
  } catch (error) {
    if (!(error instanceof Refusal)) log.error({ err: error, act }, 'an act of the desk failed')
    const { reason, fields, retryAfterSeconds } =
      error instanceof Refusal ? error : { reason: 'unavailable' as const, fields: [], retryAfterSeconds: undefined }
    return { refused: reason, fields, retryAfterSeconds, ...(signed === undefined ? {} : { signed }) }
  }
}

/** Nothing opens without an agreement that is current, and nothing but what one's roles may; who tries is recorded. */
async function refuseUnentitled(storage: Storage, { id, roles }: InStaffSession, act: AnyAct): Promise<void> {
  if ((await agreementOf(storage, id))?.isCurrent !== true) {
    await noteStaffEvent(storage.database.sql, id, 'agreementMissing', act.name)
    throw new Refusal('forbidden', { fields: ['agreement'] })
  }
  if (!act.roles.some((role) => roles.includes(role))) {
    await noteStaffEvent(storage.database.sql, id, 'roleMissing', act.name)
    throw new Refusal('forbidden', { fields: ['role'] })
  }
}
