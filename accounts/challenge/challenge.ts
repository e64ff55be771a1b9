import { randomInt } from 'node:crypto'
import { createChallenge, verifySolution } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { z } from 'zod'
import { nowMs, Refusal } from '#system'
import type { ServiceKey, Storage } from '#storage'

/**
 * Proof of work against robots: a visitor's browser looks for a number, and nobody else hears of the visit. A challenge
 * carries its own signature, so that showing one leaves nothing here; only one that was solved is remembered, until it
 * ends.
 */
const LIFETIME_MS = 30 * 60_000

/** Rounds of PBKDF2 for each number that is tried: half a millisecond of a browser's time. */
const ROUNDS = 1000

const MOST_CHARACTERS = 4096

/** For the page: what its script works on. */
export interface Challenge {
  /** JSON, for an attribute. */
  challenge: string
  /** The number is below this. */
  most: number
}

const Hex = z.string().regex(/^[0-9a-f]{2,128}$/)

const Answer = z.strictObject({
  challenge: z.strictObject({
    parameters: z.strictObject({
      algorithm: z.literal('PBKDF2/SHA-256'),
      cost: z.literal(ROUNDS),
      data: z.strictObject({ purpose: z.string(), until: z.number() }),
      keyLength: z.literal(32),
      keyPrefix: Hex,
      keySignature: Hex,
      nonce: Hex,
      salt: Hex,
    }),
    signature: Hex,
  }),
  solution: z.strictObject({ counter: z.number().int().min(0).max(0xffffffff), derivedKey: Hex }),
})

/**
 * A new challenge.
 * @param purpose  what it is good for; no other form takes it
 * @param work  how many numbers a browser tries on average
 */
export async function newChallenge(storage: Storage, purpose: string, work: number): Promise<Challenge> {
  const most = Math.max(2, Math.ceil(work * 1.5))
  const challenge = await createChallenge({
    algorithm: 'PBKDF2/SHA-256',
    cost: ROUNDS,
    // Half of the work is certain: nobody is lucky at once, and nobody waits for ever.
    counter: randomInt(Math.floor(work / 2), most),
    data: { purpose, until: nowMs() + LIFETIME_MS },
    deriveKey,
    ...secrets(await storage.keys.serviceKey('tickets')),
  })
  return { challenge: JSON.stringify(challenge), most }
}

/**
 * Takes what a browser has found, once.
 * @param answer  `{"challenge": …, "solution": {"counter": …, "derivedKey": …}}`
 * @throws Refusal 'invalid' with the field `proof.missing` or `proof.wrong`; 'expired' with the field `proof.spent` when it
 * is too old or was used before
 */
export async function spendChallenge(storage: Storage, purpose: string, answer: string): Promise<void> {
  if (answer === '') throw new Refusal('invalid', { fields: ['proof.missing'] })
  const parsed = Answer.safeParse(readJson(answer))
  if (!parsed.success) throw new Refusal('invalid', { fields: ['proof.wrong'] })
  const { challenge, solution } = parsed.data
  const tickets = await storage.keys.serviceKey('tickets')
  const { verified } = await verifySolution({ challenge, solution, deriveKey, ...secrets(tickets) })
  const { data, nonce } = challenge.parameters
  if (!verified || data.purpose !== purpose) throw new Refusal('invalid', { fields: ['proof.wrong'] })
  if (data.until <= nowMs()) throw new Refusal('expired', { fields: ['proof.spent'] })
  const { rowCount } = await storage.database.sql`
    insert into spent_challenge (challenge_key, ends_at)
    values (${tickets.hash(`challenge\0${nonce}`)}, ${new Date(data.until)}) on conflict do nothing`
  if (rowCount === 0) throw new Refusal('expired', { fields: ['proof.spent'] })
}

function secrets(tickets: ServiceKey): { hmacSignatureSecret: string; hmacKeySignatureSecret: string } {
  const secret = (name: string): string => tickets.hash(name).toString('hex')
  return { hmacSignatureSecret: secret('challenge'), hmacKeySignatureSecret: secret('challenge key') }
}

function readJson(text: string): unknown {
  if (text.length > MOST_CHARACTERS) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
