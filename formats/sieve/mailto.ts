import { parseSieveAddress } from './addresses.ts'

/** What a mailto URI says: whom to write to, and header fields with their names in lower case; `body` is one of them. */
export interface Mailto {
  to: string[]
  fields: { name: string; value: string }[]
}

const LONGEST = 8192
const MOST_FIELDS = 50

// RFC 6068 §2: what is not encoded is of a few characters; others (with spaces among them) are written with "%".
const URI = /^mailto:([^?#\s<>"]*)(?:\?([^#\s<>"]*))?$/i
const FIELD_NAME = /^[!-9;-~]+$/

/**
 * Reads a mailto URI (RFC 6068 §2), for notifications (RFC 5436).
 * @returns undefined when it is malformed, names nobody, or an address that mail cannot be sent to
 */
export function parseMailto(text: string): Mailto | undefined {
  const [, path, query = ''] = (text.length <= LONGEST && URI.exec(text)) || []
  if (path === undefined) return undefined
  const to = path === '' ? [] : path.split(',').map(decoded)
  const fields: { name: string; value: string }[] = []
  const pairs = query === '' ? [] : query.split('&')
  if (pairs.length > MOST_FIELDS) return undefined
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = decoded(pair.slice(0, Math.max(equals, 0)))?.toLowerCase()
    const value = decoded(pair.slice(equals + 1))
    if (name === undefined || value === undefined || !FIELD_NAME.test(name)) return undefined
    // RFC 6068 §2: "to" says the same as the path.
    if (name === 'to') to.push(...value.split(','))
    else fields.push({ name, value })
  }
  const addresses = to.map((address) => (address === undefined ? undefined : parseSieveAddress(address)?.address))
  if (addresses.length === 0 || addresses.includes(undefined)) return undefined
  return { to: addresses as string[], fields }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
