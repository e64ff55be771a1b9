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
 * Asks in lines of base64, as IMAP (RFC 9051 §6.2.2) and POP3 (RFC 5034 §4) do.
 * @param initial  the response that came with the command; "=" is an empty one
 */
export function askByLines(connection: LineConnection, initial: string | undefined): Ask {
  let first = initial
  return async (challenge) => {
    if (first !== undefined) {
      const given = first
      first = undefined
      return decode(given === '=' ? '' : given)
    }
    connection.write(`+ ${Buffer.from(challenge).toString('base64')}\r\n`)
    const line = (await connection.readLine(MOST_RESPONSE))?.toString('latin1')
    if (line === undefined || line === '*') throw new SaslFault('The exchange was given up')
    return decode(line)
  }
}

function decode(text: string): Buffer {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text))
    throw new SaslFault('That is not base64')
  return Buffer.from(text, 'base64')
}
