/** The header of a message as bytes: what may be looked at without parsing the whole. */

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
