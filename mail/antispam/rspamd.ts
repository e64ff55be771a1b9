import { request, type RequestOptions } from 'node:http'
import { z } from 'zod'
import type { Finding, FindingName } from '#mail/findings'
import { openTurns, Refusal } from '#system'

/** What rspamd is told of a letter beside its bytes. */
export interface Envelope {
  mailFrom: string
  recipients: readonly string[]
  /** Who brings it; undefined for a letter of our own people, `unknown` where others took it before. */
  client: { address: string; heloName: string } | 'unknown' | undefined
}

export interface Rspamd {
  /** @throws Refusal 'scannerSilent' when it does not answer as it should in time */
  check(content: Buffer, envelope: Envelope): Promise<Finding[]>
}

const AT_ONCE = 16
const MOST_WAITING = 1000

/** An answer names every rule that matched; a few kilobytes are usual. */
const MOST_ANSWER = 1_000_000

const MOST_SYMBOLS = 6

const Answer = z.object({
  score: z.number(),
  required_score: z.number(),
  action: z.string().max(100),
  is_skipped: z.boolean().default(false),
  symbols: z.record(z.string(), z.object({ score: z.number().default(0) })).default({}),
})

/** What its actions mean; one that is not known here is told by the score. */
const ACTIONS: Readonly<Record<string, FindingName | undefined>> = {
  reject: 'rspamdReject',
  'add header': 'rspamdJunk',
  'rewrite subject': 'rspamdJunk',
  greylist: 'rspamdSuspicious',
  'soft reject': 'rspamdSuspicious',
  'no action': undefined,
}

/** Parts of the score from which on it rejects: 15, 6 and 4 are its defaults. */
const BY_SCORE: readonly [part: number, name: FindingName][] = [
  [1, 'rspamdReject'],
  [0.4, 'rspamdJunk'],
  [4 / 15, 'rspamdSuspicious'],
]

/**
 * rspamd's scanning worker: POST /checkv2 with the letter as its body, and what is known of it in header fields.
 * @param address  `http://host:port` or the path of a socket
 * @param timeoutMs  for all of it, waiting for a turn included
 */
export function openRspamd(address: string, timeoutMs: number): Rspamd {
  const target = address.startsWith('/') ? { socketPath: address, host: 'localhost' } : urlOptions(new URL(address))
  const inTurn = openTurns(AT_ONCE, MOST_WAITING)
  return {
    async check(content, envelope) {
      const signal = AbortSignal.timeout(timeoutMs)
      const text = await inTurn(() => post({ ...target, headers: headersOf(envelope), signal }, content))
      const parsed = Answer.safeParse(parseJson(text))
      if (!parsed.success) throw new Refusal('scannerSilent')
      return findingsOf(parsed.data)
    },
  }
}

const urlOptions = ({ hostname, port, pathname }: URL): RequestOptions => ({
  host: hostname.replace(/^\[|\]$/g, ''),
  port: port || 80,
  path: pathname,
})

function headersOf({ mailFrom, recipients, client }: Envelope): Record<string, string | string[]> {
  const [only, ...others] = recipients
  return {
    From: headerValue(mailFrom),
    Rcpt: recipients.map(headerValue),
    // Whose settings it may look up.
    ...(only !== undefined && others.length === 0 ? { 'Deliver-To': headerValue(only) } : {}),
    // A user that is named is one of ours: who may send is asked before, and where from is nobody's business.
    ...(client === undefined ? { User: 'account' } : client === 'unknown' ? {} : clientHeaders(client)),
  }
}

const clientHeaders = ({ address, heloName }: { address: string; heloName: string }): Record<string, string> => ({
  IP: address,
  Helo: headerValue(heloName),
})

/** Addresses in UTF-8 go as the bytes they are; nothing ends the line. */
const headerValue = (text: string): string => Buffer.from(text.replace(/\p{Cc}/gu, '')).toString('latin1')

/** @throws Refusal 'scannerSilent' */
function post(options: RequestOptions, content: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const silent = (): void => reject(new Refusal('scannerSilent'))
    if (options.signal?.aborted) return silent()
    const asking = request({ ...options, method: 'POST', path: '/checkv2', agent: false }, (answer) => {
      const pieces: Buffer[] = []
      let size = 0
      answer.on('data', (piece: Buffer) => {
        size += piece.length
        if (size > MOST_ANSWER) asking.destroy()
        else pieces.push(piece)
      })
      answer.once('error', silent)
      answer.once('close', () => {
        if (answer.complete && answer.statusCode === 200) resolve(Buffer.concat(pieces).toString())
        else silent()
      })
    })
    asking.once('error', silent)
    asking.end(content)
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function findingsOf({
  score,
  required_score: required,
  action,
  is_skipped: isSkipped,
  symbols,
}: z.output<typeof Answer>): Finding[] {
  if (isSkipped && action === 'no action') return []
  const name = Object.hasOwn(ACTIONS, action)
    ? ACTIONS[action]
    : BY_SCORE.find(([part]) => required > 0 && score >= required * part)?.[1]
  if (name === undefined) return []
  const strongest = Object.entries(symbols)
    .toSorted(([, a], [, b]) => b.score - a.score)
    .slice(0, MOST_SYMBOLS)
    .map(([symbol]) => symbol.replace(/[^\w-]/g, '').slice(0, 50))
  return [{ name, values: { score: String(Math.round(score * 10) / 10), symbols: strongest.join(', ') || '–' } }]
}
