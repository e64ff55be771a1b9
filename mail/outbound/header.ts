/** The header of a message as bytes: what may be looked at without parsing the whole. */
import { fieldValue, findFields, parseAddress, parseMessage } from '#formats/message'

const END = Buffer.from('\r\n\r\n')

/** Up to and with the empty line that ends it; everything when there is none. */
export function headerOf(content: Buffer): Buffer {
  if (content[0] === 13 && content[1] === 10) return content.subarray(0, 2)
  const end = content.indexOf(END)
  return end === -1 ? content : content.subarray(0, end + END.length)
}

/** How many servers have passed it on: its Received fields (RFC 5321 §6.3). */
export const countHops = (header: Buffer): number => header.toString('latin1').match(/^Received[ \t]*:/gim)?.length ?? 0

export const hopsOf = (content: Buffer): number => countHops(headerOf(content))

/** RFC 5321 §6.3 advises to count, and to take at least 100 for a loop; nobody passes through 50 servers. */
export const MOST_HOPS = 50

/**
 * The domain that answers for a letter by its signature: that of its author, or of all its authors. Any other would say nothing for
 * DMARC (RFC 9989 §4.4).
 * @returns undefined when there is not exactly one From, or it names people of several domains or nobody
 */
export function authorDomain(header: Buffer): string | undefined {
  const message = parseMessage(header)
  const [from, another] = findFields(message, message.root, 'From')
  if (from === undefined || another !== undefined) return undefined
  const domains = new Set(
    fieldValue(message, from, 'Addresses').map(({ email }) => parseAddress(email)?.domain.toLowerCase()),
  )
  const [domain] = domains
  return domains.size === 1 ? domain : undefined
}

/** RFC 8689 §3: whoever wrote it would rather have it arrive than travel safely. */
export const isTlsWaived = (header: Buffer): boolean =>
  /^TLS-Required[ \t]*:[ \t]*(?:\r\n[ \t]+)?No[ \t]*\r?$/im.test(header.toString('latin1'))
