import { parseAddress } from '#formats/message'

/** Where a domain wants its reports: the value of `rua`, RFC 8460 §3 and RFC 9990 §3.5. */
export type Destination =
  | { kind: 'mailto'; address: string; domain: string; mostBytes: number }
  | { kind: 'https'; url: string }

/** More places than this nobody is told at. */
const MOST = 5

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** Places that can be reached; what is no address, or in another scheme, is passed over. */
export const destinationsIn = (rua: string): Destination[] =>
  rua
    .split(',', 50)
    .flatMap((text) => destinationOf(text.trim()) ?? [])
    .slice(0, MOST)

function destinationOf(text: string): Destination | undefined {
  if (/^https:\/\//i.test(text)) return URL.canParse(text) ? { kind: 'https', url: text } : undefined
  // "!10m": not more than that. In an address "!" and "," are written as %21 and %2C.
  const [, escaped = '', size, unit = ''] = /^mailto:([^!?]+)(?:\?[^!]*)?(?:!(\d{1,12})([kmgt]?))?$/i.exec(text) ?? []
  const parsed = parseAddress(unescaped(escaped))
  if (parsed === undefined) return undefined
  const mostBytes = size === undefined ? Number.POSITIVE_INFINITY : Number(size) * (UNITS[unit.toLowerCase()] as number)
  return { kind: 'mailto', address: parsed.address, domain: parsed.domain.toLowerCase(), mostBytes }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
