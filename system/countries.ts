import { createReadStream } from 'node:fs'
import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { createInterface } from 'node:readline'

/**
 * Which country an IP address belongs to, by files as Tor ships them (Debian: tor-geoipdb): one range a line,
 * `16777216,16777471,AU` for IPv4 as numbers, `2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP` for IPv6, remarks after
 * "#".
 */
export interface Countries {
  /** ISO 3166, two letters; undefined when it is not known. The first call reads the files, a second of work. */
  find(ip: string): Promise<string | undefined>
}

/** Ranges in order, apart from each other. Of an IPv6 address the first 64 bits: no country divides a network. */
interface Ranges {
  readonly starts: BigUint64Array
  readonly ends: BigUint64Array
  /** Two letters in two bytes. */
  readonly countries: Uint16Array
}

/** More ranges than any such file has; the rest is not read. */
const MOST_RANGES = 4_000_000

/** Of these no file can say anything; what a broken one says of them is not believed. */
const nowhere = new BlockList()
nowhere.addSubnet('10.0.0.0', 8)
nowhere.addSubnet('127.0.0.0', 8)
nowhere.addSubnet('169.254.0.0', 16)
nowhere.addSubnet('172.16.0.0', 12)
nowhere.addSubnet('192.168.0.0', 16)
nowhere.addAddress('::1', 'ipv6')
nowhere.addSubnet('fc00::', 7, 'ipv6')
nowhere.addSubnet('fe80::', 10, 'ipv6')

/** All faces of a process ask the same tables: they fill 12 MB. */
const opened = new WeakMap<object, Countries>()

/**
 * Reads nothing yet. A file that does not exist, or a line that is none, is no country.
 * @param files  `config.countries`; the same object gives the same tables
 */
export function openCountries(files: { ipv4: string; ipv6: string }): Countries {
  let countries = opened.get(files)
  if (countries === undefined) opened.set(files, (countries = readWhenAsked(files)))
  return countries
}

function readWhenAsked(files: { ipv4: string; ipv6: string }): Countries {
  const read: Partial<Record<'ipv4' | 'ipv6', Promise<Ranges>>> = {}
  return {
    async find(ip) {
      const address = plain(ip)
      const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined
      if (family === undefined || nowhere.check(address, family)) return undefined
      const ranges = await (read[family] ??= readRanges(files[family]))
      return search(ranges, numberOf(address))
    },
  }
}

/** Without zone; an IPv4 address within IPv6 as itself. */
const plain = (ip: string): string => (ip.split('%', 1)[0] as string).replace(/^::ffff:(?=\d+\.)/i, '')

async function readRanges(file: string): Promise<Ranges> {
  const found: { start: bigint; end: bigint; country: number }[] = []
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      const range = rangeOf(line)
      if (range !== undefined) found.push(range)
      if (found.length >= MOST_RANGES) break
    }
  } catch {
    // No file, or one that cannot be read: no country is told.
  }
  found.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0))
  return {
    starts: BigUint64Array.from(found, ({ start }) => start),
    ends: BigUint64Array.from(found, ({ end }) => end),
    countries: Uint16Array.from(found, ({ country }) => country),
  }
}

function rangeOf(line: string): { start: bigint; end: bigint; country: number } | undefined {
  const [, from = '', to = '', country = ''] =
    /^([\da-fA-F:.]{1,45}),([\da-fA-F:.]{1,45}),([A-Z]{2})\s*$/.exec(line) ?? []
  const [start, end] = [boundOf(from), boundOf(to)]
  if (start === undefined || end === undefined || start > end) return undefined
  return { start, end, country: (country.charCodeAt(0) << 8) | country.charCodeAt(1) }
}

function boundOf(text: string): bigint | undefined {
  if (/^\d{1,10}$/.test(text)) return BigInt(text)
  return isIPv6(text) ? numberOf(text) : undefined
}

/** An IPv4 address as its 32 bits, an IPv6 address as its first 64. */
function numberOf(ip: string): bigint {
  if (isIPv4(ip)) return BigInt(ip.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0))
  const [head = '', tail] = ip.split('::')
  const words = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16))
  // A dotted tail fills the last two words and is past what is looked at.
  const before = words(head)
  const after = words((tail ?? '').replace(/[\d.]+\.[\d.]+$/, '0:0'))
  const all =
    tail === undefined
      ? before
      : [...before, ...Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => 0), ...after]
  return all.slice(0, 4).reduce((sum, word) => (sum << 16n) | BigInt(word), 0n)
}

/** The last range that begins at or before the number, when it reaches that far. */
function search({ starts, ends, countries }: Ranges, number: bigint): string | undefined {
  let [low, high] = [0, starts.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((starts[middle] as bigint) <= number) low = middle + 1
    else high = middle
  }
  const country = countries[low - 1]
  if (country === undefined || (ends[low - 1] as bigint) < number) return undefined
  return String.fromCharCode(country >> 8, country & 0xff)
}
