import { request } from 'node:https'
import { OrderFailed } from './trouble.ts'

/** An authority's answer as the client library reads it. */
export interface Answer {
  status: number
  headers: Record<string, string | undefined>
  /** What JSON says, or text. */
  data: unknown
}

export interface AskOptions {
  /** PEM, believed in place of the usual authorities. */
  ca: string | undefined
  deadline: AbortSignal
}

/** One answer may take so long, and be so large: a chain has some kilobytes. */
const WAIT_MS = 30_000
const MOST_BYTES = 512 * 1024

/**
 * Asks an authority once: by HTTPS (RFC 8555 §6.1), bounded, following nothing.
 * @throws OrderFailed 'silent' or 'nonsense'
 */
export function ask(
  url: string,
  { method, headers, body }: { method: string; headers: Record<string, string>; body: string | undefined },
  { ca, deadline }: AskOptions,
): Promise<Answer> {
  if (URL.parse(url)?.protocol !== 'https:') throw new OrderFailed('nonsense')
  return new Promise((resolve, reject) => {
    const fail = (trouble: 'silent' | 'nonsense') => (error?: Error) =>
      reject(new OrderFailed(trouble, [], { cause: error }))
    const asking = request(
      url,
      {
        method,
        headers,
        ...(ca === undefined ? {} : { ca }),
        signal: AbortSignal.any([deadline, AbortSignal.timeout(WAIT_MS)]),
      },
      (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          chunks.push(chunk)
          if (size > MOST_BYTES) {
            fail('nonsense')()
            asking.destroy()
          }
        })
        response.on('error', fail('silent'))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const type = response.headers['content-type'] ?? ''
          const data = type.includes('json') ? parsed(text) : text
          if (data === undefined) return fail('nonsense')()
          resolve({ status: response.statusCode ?? 0, headers: response.headers as Answer['headers'], data })
        })
      },
    )
    asking.on('error', fail('silent'))
    asking.end(body)
  })
}

function parsed(text: string): unknown {
  try {
    return text === '' ? {} : (JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}
