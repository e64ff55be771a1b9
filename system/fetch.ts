import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import type { Config } from './config/index.ts'
import { openReach } from './reach.ts'
import { Refusal } from './refusal.ts'

/** What to fetch, for a person who asked for it. */
export interface FetchOrder {
  url: string
  /** A form to post; without one the answer is got. */
  form?: string
  /** In place of a form: anything else to post. */
  content?: { type: string; bytes: Buffer }
  /** Of the URL and of those it leads to. */
  schemes: readonly ('https:' | 'http:')[]
  /** Media types wanted. */
  accept: string
  maxBytes: number
  maxRedirects: number
}

export interface Fetched {
  status: number
  /** As the other side says, in lower case and without parameters; '' when it says nothing. */
  type: string
  body: Buffer
}

export type GuardedFetch = (order: FetchOrder) => Promise<Fetched>

/** All of one order, its redirects included. */
const MOST_MS = 15_000

const MOST_URL = 4096
const MOST_HEADER_BYTES = 16_384

/** Ports of the web: others belong to services that must not be talked to through us. */
const PORTS = new Set([80, 443, 8080, 8443])

/** Ways in which a host cannot be reached at one address and may be at the next. */
const UNREACHED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ETIMEDOUT'])

const REDIRECTS = new Set([301, 302, 303, 307, 308])

/**
 * The one way in which the program asks other web servers (DESIGN §7). It goes to public addresses only, whatever the
 * URL, the name server or a redirect says: the host is resolved once, all its addresses are looked at, and the connection
 * goes to one of those. No cookie, no referrer, nothing of the person is sent along. Compressed answers are declined.
 *
 * @throws Refusal 'invalid' for an URL that is none of ours; 'forbidden' for a host that is not public; 'tooLarge';
 *   'notFound' when the other side cannot be reached, is too slow, leads on too often, or does not speak HTTP
 */
export function openFetch(config: Pick<Config, 'dns' | 'fetch'>, mostMs = MOST_MS): GuardedFetch {
  const { ca, addresses } = openReach(config)

  /** Where an URL leads, checked. */
  const addressesOf = ({ hostname }: URL, port: number): Promise<string[]> =>
    addresses(hostname.replace(/^\[(.*)\]$/, '$1'), port, PORTS)

  const ask = async (url: URL, order: FetchOrder, signal: AbortSignal): Promise<IncomingMessage> => {
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
    const { accept } = order
    const posted = postedIn(order)
    const options: RequestOptions & { servername?: string; ca?: string[] } = {
      port,
      path: `${url.pathname}${url.search}`,
      method: posted === undefined ? 'GET' : 'POST',
      agent: false,
      maxHeaderSize: MOST_HEADER_BYTES,
      signal,
      headers: {
        Host: url.host,
        'User-Agent': 'Zegel',
        Accept: accept,
        'Accept-Encoding': 'identity',
        Connection: 'close',
        ...(posted === undefined ? {} : { 'Content-Type': posted.type, 'Content-Length': posted.bytes.length }),
      },
      // The certificate has to be that of the name, though the connection goes to an address.
      ...(isIP(url.hostname.replace(/[[\]]/g, '')) === 0 ? { servername: url.hostname } : {}),
      ...(ca === undefined ? {} : { ca }),
    }
    let failure: unknown
    for (const host of await within(addressesOf(url, port), signal))
      try {
        return await answerTo(url.protocol, { ...options, host }, posted?.bytes)
      } catch (error) {
        failure = error
        if (!UNREACHED.has((error as NodeJS.ErrnoException).code ?? '')) break
      }
    throw new Refusal('notFound', { cause: failure })
  }

  return async (order) => {
    const signal = AbortSignal.timeout(mostMs)
    let url = checkUrl(order.url, undefined, order)
    for (let redirects = 0; ; redirects++) {
      const answer = await ask(url, order, signal)
      try {
        const status = answer.statusCode ?? 0
        const { location } = answer.headers
        if (REDIRECTS.has(status) && location !== undefined) {
          if (redirects >= order.maxRedirects) throw new Refusal('notFound')
          url = checkUrl(location, url, order)
          continue
        }
        const type = (answer.headers['content-type'] ?? '').split(';', 1)[0] as string
        return { status, type: type.trim().toLowerCase(), body: await bodyOf(answer, order.maxBytes) }
      } finally {
        answer.destroy()
      }
    }
  }
}

const postedIn = ({ form, content }: FetchOrder): FetchOrder['content'] =>
  form === undefined ? content : { type: 'application/x-www-form-urlencoded', bytes: Buffer.from(form) }

function checkUrl(text: string, base: URL | undefined, { schemes }: FetchOrder): URL {
  const url = text.length <= MOST_URL ? URL.parse(text, base?.href) : null
  const isFit =
    url !== null && (schemes as readonly string[]).includes(url.protocol) && url.username === '' && url.password === ''
  if (!isFit) throw new Refusal('invalid', { fields: ['url'] })
  return url
}

const answerTo = (protocol: string, options: RequestOptions, bytes: Buffer | undefined): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const request = (protocol === 'https:' ? requestHttps : requestHttp)(options)
    request.once('response', resolve)
    // Stays on: an error after the answer began has nobody else to be told to.
    request.on('error', reject)
    request.once('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new Error('the other side speaks something else'))
    })
    request.end(bytes)
  })

async function bodyOf(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = answer.headers['content-encoding'] ?? 'identity'
  if (encoding.trim().toLowerCase() !== 'identity') throw new Refusal('notFound')
  if (Number(answer.headers['content-length'] ?? 0) > maxBytes) throw new Refusal('tooLarge')
  const pieces: Buffer[] = []
  let size = 0
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > maxBytes) throw new Refusal('tooLarge')
      pieces.push(piece)
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('notFound', { cause: error })
  }
  return Buffer.concat(pieces)
}

/** A promise that nobody can stop is left behind when the time is over. */
const within = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = (): void => reject(new Refusal('notFound', { cause: signal.reason }))
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
