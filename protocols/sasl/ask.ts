import type { LineConnection } from '#protocols/lines'

/** The exchange is none, or was given up: answered like a command that cannot be read. */
export class SaslFault extends Error {
  override name = 'SaslFault'
}

/**
 * Sends a challenge and gives the response to it.
 * @param isLast  the client has nothing to say to it, so that a protocol may send it with the news that they are in (RFC 4422 §3.6)
 * @throws SaslFault
 */
export type Ask = (challenge: string, isLast?: boolean) => Promise<Buffer>

const MOST_RESPONSE = 16 * 1024

/**
 * Asks in base64, as every protocol here does.
 * @param initial  the response that came with the command; "=" is an empty one
 * @param put  sends a challenge; gives the line that came back, undefined when none will
 */
export function askInBase64(initial: string | undefined, put: (challenge: string) => Promise<string | undefined>): Ask {
  let first = initial
  return async (challenge) => {
    if (first !== undefined) {
      const given = first
      first = undefined
      return decode(given === '=' ? '' : given)
    }
    const line = await put(Buffer.from(challenge).toString('base64'))
    if (line === undefined || line === '*') throw new SaslFault('The exchange was given up')
    return decode(line)
  }
}

/** Asks in lines that begin with "+", as IMAP (RFC 9051 §6.2.2) and POP3 (RFC 5034 §4) do. */
export const askByLines = (connection: LineConnection, initial: string | undefined): Ask =>
  askInBase64(initial, async (challenge) => {
    connection.write(`+ ${challenge}\r\n`)
    return (await connection.readLine(MOST_RESPONSE))?.toString('latin1')
  })

function decode(text: string): Buffer {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text))
    throw new SaslFault('That is not base64')
  return Buffer.from(text, 'base64')
}
