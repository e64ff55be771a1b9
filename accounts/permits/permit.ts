import { randomBytes, timingSafeEqual } from 'node:crypto'
import { nowMs, Refusal } from '#system'
import type { ServiceKey, Storage } from '#storage'

/**
 * Leave to do one thing once, within minutes: given after the password was asked for, where what follows is a request that can carry
 * none, such as a download. A permit carries its own signature, so that giving one leaves nothing here; only one that was used is
 * remembered, until it ends. It says nothing about who has it: whoever uses it has to be signed in to the account as well.
 */
export interface Permit {
  accountId: number
  /** What it is for; good for nothing else. */
  purpose: string
}

const NONCE_BYTES = 16
const END_BYTES = 8

export async function givePermit(
  storage: Pick<Storage, 'keys'>,
  permit: Permit,
  seconds: number,
): Promise<{ token: string; endsAt: Date }> {
  const tickets = await storage.keys.serviceKey('tickets')
  const endsAt = new Date(nowMs() + seconds * 1000)
  const head = Buffer.concat([randomBytes(NONCE_BYTES), Buffer.alloc(END_BYTES)])
  head.writeBigUInt64BE(BigInt(endsAt.getTime()), NONCE_BYTES)
  return { token: Buffer.concat([head, signature(tickets, permit, head)]).toString('base64url'), endsAt }
}

/** @throws Refusal 'expired' when it is none, is for something else, is too old, or was used before */
export async function usePermit(storage: Storage, permit: Permit, token: string): Promise<void> {
  const tickets = await storage.keys.serviceKey('tickets')
  const bytes = Buffer.from(token, 'base64url')
  const head = bytes.subarray(0, NONCE_BYTES + END_BYTES)
  if (head.length < NONCE_BYTES + END_BYTES) throw new Refusal('expired')
  const expected = signature(tickets, permit, head)
  const given = bytes.subarray(head.length)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Refusal('expired')
  const endsMs = Number(head.readBigUInt64BE(NONCE_BYTES))
  if (endsMs <= nowMs()) throw new Refusal('expired')
  const { rowCount } = await storage.database.sql`
    insert into spent_challenge (challenge_key, ends_at)
    values (${tickets.hash(`permit used\0${head.toString('hex')}`)}, ${new Date(endsMs)}) on conflict do nothing`
  if (rowCount === 0) throw new Refusal('expired')
}

const signature = (tickets: ServiceKey, { accountId, purpose }: Permit, head: Buffer): Buffer =>
  tickets.hash(`permit\0${purpose}\0${accountId}\0${head.toString('hex')}`)
