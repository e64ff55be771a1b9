import { nowMs, Refusal, type GuardedFetch } from '#system'
import type { Gate } from '../calls/gate.ts'
import { reaches } from '../calls/rights.ts'
import type { Visitor, WireContext } from '../context.ts'
import { accountIdOf } from '../ids.ts'
import { PICTURE_TYPES, pictureType } from './picture-type.ts'

/** Pictures of one account that are fetched at a time, and how many more may wait. */
export const PICTURES_AT_ONCE = 6
export const PICTURES_WAITING = 200

const MOST_BYTES = 5 * 1024 * 1024
const MOST_REDIRECTS = 3

/** Pictures of one account in ten minutes. */
const MOST_PICTURES = 1000
const SPELL_MS = 600_000

/** Accounts whose pictures are counted at a time. */
const MOST_ACCOUNTS = 10_000

export interface PictureShop {
  fetch: GuardedFetch
  gate: Gate
  /** Counts a picture of an account. @throws Refusal 'tooManyAttempts' */
  count(accountId: number): void
}

export function openPictureShop(fetch: GuardedFetch, gate: Gate): PictureShop {
  const spells = new Map<number, { until: number; count: number }>()
  return {
    fetch,
    gate,
    count(accountId) {
      let spell = spells.get(accountId)
      if (spell === undefined || spell.until <= nowMs()) {
        spells.delete(accountId)
        spells.set(accountId, (spell = { until: nowMs() + SPELL_MS, count: 0 }))
        if (spells.size > MOST_ACCOUNTS) spells.delete(spells.keys().next().value as number)
      }
      if (++spell.count > MOST_PICTURES)
        throw new Refusal('tooManyAttempts', { retryAfterSeconds: Math.ceil((spell.until - nowMs()) / 1000) })
    },
  }
}

/**
 * Fetches a picture that a letter would load from elsewhere, for a page of ours: whoever wrote the letter learns of this
 * server that somebody looked, and of nobody. docs/jmap-extensions.md.
 * @throws Refusal 'forbidden', 'invalid', 'tooLarge', 'notFound', 'tooManyAttempts', 'overload'
 */
export async function picture(shop: PictureShop, visitor: Visitor, c: WireContext): Promise<Response> {
  // A letter that names this address itself is not fetched for.
  const isOurs = c.req.header('sec-fetch-site') === 'same-origin' || c.req.header('x-zegel') === '1'
  if (!isOurs || !reaches(visitor, 'mail')) throw new Refusal('forbidden')
  if (c.req.param('accountId') !== accountIdOf(visitor.accountId)) throw new Refusal('notFound')
  shop.count(visitor.accountId)
  const leave = await shop.gate.enter(visitor.accountId)
  try {
    const { status, body } = await shop.fetch({
      url: c.req.query('url') ?? '',
      schemes: ['https:', 'http:'],
      accept: PICTURE_TYPES,
      maxBytes: MOST_BYTES,
      maxRedirects: MOST_REDIRECTS,
    })
    const type = status === 200 ? pictureType(body) : undefined
    if (type === undefined) throw new Refusal('notFound')
    return c.body(new Uint8Array(body), 200, {
      'Content-Type': type,
      'Content-Length': String(body.length),
      'Content-Security-Policy': "sandbox; default-src 'none'",
      'Cache-Control': 'private, max-age=86400',
    })
  } finally {
    leave()
  }
}
