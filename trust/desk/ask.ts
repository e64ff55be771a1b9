import { randomUUID } from 'node:crypto'
import { Refusal, type Log } from '#system'
import { newKeyPair, openBox, sealTo, type DeskDatabase } from '#storage'
import {
  ANSWERED,
  ANSWER_SECONDS,
  ASKED,
  questionPlace,
  replyPlace,
  type Question,
  type Reply,
  type Signed,
} from './question.ts'

/** What the desk learns of an act. */
export interface Told {
  told: unknown
  /** Who is signed in; undefined before anybody is. */
  signed: Signed | undefined
}

/** The desk's side: it asks, and is told what an act gives. It has no key and no other right than this. */
export interface DeskDoor {
  /**
   * @param token  of the session
   * @throws Refusal as the act; 'badCredentials' when nobody is signed in, 'forbidden' with the field `agreement` or `role`,
   * 'unavailable' when the app's part does not answer
   */
  ask(act: string, given: object, token?: string): Promise<Told>
  close(): Promise<void>
}

/** A refusal of the app's part, with whom it was told to. */
export class DeskRefusal extends Refusal {
  readonly signed: Signed | undefined
  constructor(reply: Extract<Reply, { refused: unknown }>) {
    const { refused, fields, retryAfterSeconds, signed } = reply
    super(refused, { fields, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) })
    this.signed = signed
  }
}

export async function openDeskDoor(database: DeskDatabase, log: Log): Promise<DeskDoor> {
  const waiting = new Map<string, () => void>()
  const unlisten = await database.listen(ANSWERED, (id) => {
    // After the line was lost everybody looks for themselves.
    if (id === undefined) for (const look of waiting.values()) look()
    else waiting.get(id)?.()
  })
  let door: Promise<Buffer> | undefined
  const publicKey = (): Promise<Buffer> =>
    (door ??= database.sql<{ public_key: Buffer }>`select public_key from desk_door`.then(({ rows }) => {
      if (rows[0] === undefined) throw new Refusal('unavailable')
      return rows[0].public_key
    })).catch((error: unknown) => {
      door = undefined
      throw error
    })

  const answerTo = async (id: string): Promise<Buffer> => {
    const give = async (): Promise<Buffer | undefined> => {
      const { rows } = await database.sql<{ answer: Buffer | null }>`
        select answer from desk_request where request_id = ${id}`
      return rows[0]?.answer ?? undefined
    }
    const endsAt = performance.now() + ANSWER_SECONDS * 1000
    for (;;) {
      const heard = new Promise<void>((resolve) => {
        waiting.set(id, resolve)
        // A NOTIFY may be lost.
        setTimeout(resolve, 1000).unref()
      })
      const answer = await give()
      if (answer !== undefined) return answer
      if (performance.now() > endsAt) throw new Refusal('unavailable')
      await heard
    }
  }

  return {
    async ask(act, given, token) {
      const id = randomUUID()
      const pair = newKeyPair()
      const question: Question = {
        act,
        given,
        ...(token === undefined ? {} : { token }),
        replyTo: pair.publicKey.toString('base64url'),
      }
      const sealed = sealTo(await publicKey(), questionPlace(id), Buffer.from(JSON.stringify(question)))
      await database.sql`insert into desk_request (request_id, sealed) values (${id}, ${sealed})`
      await database.sql`select pg_notify(${ASKED}, ${id})`
      try {
        const reply = JSON.parse(openBox(pair, replyPlace(id), await answerTo(id)).toString()) as Reply
        if ('refused' in reply) throw new DeskRefusal(reply)
        return { told: reply.told, signed: reply.signed }
      } catch (error) {
        // The app's part may have been set up anew meanwhile.
        if (error instanceof Refusal && error.reason === 'unavailable') {
          door = undefined
          log.warn({}, 'the desk was not answered')
        }
        throw error
      } finally {
        waiting.delete(id)
      }
    },
    close: unlisten,
  }
}
