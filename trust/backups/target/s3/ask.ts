import { createHash, randomInt } from 'node:crypto'
import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { AwsV4Signer } from 'aws4fetch'
import { now, Refusal, type Config } from '#system'
import { readXml, textOf, type Element } from './xml.ts'

export type S3Settings = NonNullable<Config['backup']['s3']>

/** What to ask a store. */
export interface Order {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Of an object; without one the bucket is meant. */
  name?: string
  query?: Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string>>
  body?: Uint8Array
  /** What an error names when no object is meant. */
  about?: string
}

/** A store's no: its status and its own word for the reason. */
export class StoreSaid extends Error {
  override name = 'StoreSaid'
  readonly status: number
  readonly code: string
  /** Attempts so far: at the second, the first may have come to something of which we did not hear. */
  readonly tries: number
  constructor(status: number, code: string, tries: number) {
    super(`${status} ${code}`)
    this.status = status
    this.code = code
    this.tries = tries
  }
}

export interface Store {
  /** Asks, and reads the whole of an answer that is small. @throws Refusal 'unavailable', with StoreSaid or what the network said as its cause */
  ask(order: Order): Promise<{ headers: IncomingMessage['headers']; body: Buffer }>
  /** Asks for what is large. @throws as `ask` */
  open(order: Order): Promise<IncomingMessage>
}

/** Attempts at one order. With the waits between them this bridges about half a minute. */
const MOST_TRIES = 7
const WAIT_MS = 400

/** Without a byte, and of waiting for one request or answer in all. */
const IDLE_MS = 60_000
const MOST_MS = 15 * 60_000

/** A list of a thousand names of at most a kilobyte. */
const MOST_ANSWER_BYTES = 4 * 1024 * 1024
const MOST_HEADER_BYTES = 16_384

/** What means that it may go well the next time, beside any 5xx. */
const PASSING = new Set(['408', '429', 'RequestTimeout', 'SlowDown', 'ConditionalRequestConflict', 'OperationAborted'])
const isPassing = ({ status, code }: StoreSaid): boolean =>
  (status >= 500 && status !== 501) || PASSING.has(String(status)) || PASSING.has(code)

/** Without such a code an error is a fault of ours, and no second attempt helps. */
const LOST = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'])

/** What the network said. */
export const codeOf = (error: unknown): string => {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : 'unknown'
}
export const isLost = (error: unknown): boolean => LOST.has(codeOf(error))

/**
 * Requests to a store of the kind S3, signed (AWS Signature Version 4). Each says the SHA-256 of what it sends, under the signature.
 *
 * It does not go through `openFetch`, which guards against URLs of strangers: where this goes is the operator's word alone, as with
 * a smarthost, and may be a machine next door. It follows no redirect.
 * @param secret  never in an error or a log
 * @param waitMs  after the first attempt; doubles with each
 */
export function openStore(settings: S3Settings, secret: string, waitMs = WAIT_MS): Store {
  const { endpoint, region, bucket, prefix, accessKeyId } = settings
  const isTls = endpoint.startsWith('https:')
  const agent = new (isTls ? HttpsAgent : HttpAgent)({ keepAlive: true, maxFreeSockets: 8 })
  // Keys to sign with, by day.
  const cache = new Map<string, ArrayBuffer>()

  const once = async ({ method, name, query = {}, headers = {}, body }: Order): Promise<IncomingMessage> => {
    const asked = Object.entries(query).map(([key, value]) => `${encode(key)}=${encode(value)}`)
    const path = `/${bucket}${name === undefined ? '' : `/${prefix}${name}`}`
    const url = `${endpoint.replace(/\/$/, '')}${path}${asked.length === 0 ? '' : `?${asked.join('&')}`}`
    if (cache.size > 8) cache.clear()
    const signed = await new AwsV4Signer({
      method,
      url,
      headers: {
        ...headers,
        'x-amz-content-sha256': createHash('sha256')
          .update(body ?? '')
          .digest('hex'),
      },
      accessKeyId,
      secretAccessKey: secret,
      service: 's3',
      region,
      cache,
      datetime: now()
        .toISOString()
        .replaceAll(/[:-]|\.\d{3}/g, ''),
    }).sign()
    return send(url, {
      method,
      agent,
      body,
      headers: {
        ...Object.fromEntries(signed.headers),
        Host: signed.url.host,
        'User-Agent': 'Zegel',
        ...(body === undefined && (method === 'GET' || method === 'DELETE')
          ? {}
          : { 'Content-Length': String(body?.length ?? 0) }),
      },
    })
  }

  /** Repeats what fails in passing. */
  const again = async <T>(order: Order, use: (answer: IncomingMessage, tries: number) => Promise<T>): Promise<T> => {
    const about = order.name ?? order.about ?? 'backup.s3'
    for (let tries = 1; ; tries++) {
      try {
        return await use(await once(order), tries)
      } catch (error) {
        const isOver = tries >= MOST_TRIES
        if (error instanceof StoreSaid) {
          if (!isOver && isPassing(error)) await pause(tries)
          else throw unavailable(`${about}: the store answered ${error.message}`, error)
        } else if (isOver || !isLost(error)) {
          throw error instanceof Refusal
            ? error
            : unavailable(`${about}: the store cannot be reached: ${codeOf(error)}`, error)
        } else await pause(tries)
      }
    }
  }
  const pause = (tries: number): Promise<void> => wait((waitMs * 2 ** (tries - 1) * randomInt(50, 101)) / 100)

  return {
    ask: (order) =>
      again(order, async (answer, tries) => {
        const body = await wholeOf(answer, order.name ?? order.about ?? 'backup.s3')
        const root = readXml(body.toString())
        // Joining parts may take so long that the store says 200 before it knows (CompleteMultipartUpload).
        const isError = !isGood(answer) || root?.name === 'Error'
        if (isError) throw new StoreSaid(isGood(answer) ? 500 : (answer.statusCode ?? 0), errorCode(root), tries)
        return { headers: answer.headers, body }
      }),
    open: (order) =>
      again(order, async (answer, tries) => {
        if (isGood(answer)) return answer
        const body = await wholeOf(answer, order.name ?? 'backup.s3')
        throw new StoreSaid(answer.statusCode ?? 0, errorCode(readXml(body.toString())), tries)
      }),
  }
}

export const unavailable = (field: string, cause?: unknown): Refusal =>
  new Refusal('unavailable', { fields: [field], cause })

const isGood = ({ statusCode = 0 }: IncomingMessage): boolean => statusCode >= 200 && statusCode < 300

/** A word, or nothing: whatever else a store says is not repeated. */
function errorCode(root: Element | undefined): string {
  const code = root?.name === 'Error' ? textOf(root, 'Code') : ''
  return /^\w{1,64}$/.test(code) ? code : 'unknown'
}

/** RFC 3986 §2.3, as a signature counts it. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

const silent = (): Error => Object.assign(new Error('the store is silent'), { code: 'ETIMEDOUT' })

interface Sending {
  method: string
  headers: Record<string, string>
  agent: HttpAgent | HttpsAgent
  body: Uint8Array | undefined
}

const send = (url: string, { body, ...options }: Sending): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const request = (url.startsWith('https:') ? requestHttps : requestHttp)(url, {
      ...options,
      maxHeaderSize: MOST_HEADER_BYTES,
    })
    const timer = setTimeout(() => request.destroy(silent()), MOST_MS)
    request.setTimeout(IDLE_MS, () => request.destroy(silent()))
    request.once('response', (answer) => {
      clearTimeout(timer)
      // From here on only waiting counts: whoever reads may take their time.
      request.setTimeout(0)
      resolve(answer)
    })
    request.once('close', () => clearTimeout(timer))
    // Stays on: an error after the answer began has nobody else to be told to.
    request.on('error', reject)
    request.end(body)
  })

/** The bytes of an answer. @throws what the network says when it ends too early, or is silent for too long */
export async function* piecesOf(answer: IncomingMessage): AsyncGenerator<Buffer, void> {
  const pieces = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let waitedMs = 0
  try {
    for (;;) {
      const began = performance.now()
      const timer = setTimeout(() => answer.destroy(silent()), Math.min(IDLE_MS, MOST_MS - waitedMs))
      const next = await pieces.next().finally(() => clearTimeout(timer))
      waitedMs += performance.now() - began
      if (next.done === true) return
      yield next.value
    }
  } finally {
    answer.destroy()
  }
}

async function wholeOf(answer: IncomingMessage, about: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of piecesOf(answer)) {
    size += piece.length
    if (size > MOST_ANSWER_BYTES) throw unavailable(`${about}: the store answered without end`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces, size)
}
