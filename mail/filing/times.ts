/** Parts of a time in some zone. RFC 5260 §4.2. */

const two = (value: number): string => String(value).padStart(2, '0')

/** A time as its zone's clocks show it, in the UTC fields of a Date, and how far that zone is from UTC. */
interface Local {
  readonly clock: Date
  readonly offsetMinutes: number
}

const yearOf = ({ clock }: Local): string => String(clock.getUTCFullYear()).padStart(4, '0')
const dateOf = (local: Local): string =>
  `${yearOf(local)}-${two(local.clock.getUTCMonth() + 1)}-${two(local.clock.getUTCDate())}`
const timeOf = ({ clock }: Local): string =>
  [clock.getUTCHours(), clock.getUTCMinutes(), clock.getUTCSeconds()].map(two).join(':')

function zoneOf({ offsetMinutes }: Local, colon = ''): string {
  const distance = Math.abs(offsetMinutes)
  return `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(distance / 60))}${colon}${two(distance % 60)}`
}

const DAY_MS = 86_400_000
/** 17 November 1858. */
const JULIAN_EPOCH_DAYS = -40_587
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const PARTS: ReadonlyMap<string, (local: Local) => string> = new Map(
  Object.entries({
    year: yearOf,
    month: ({ clock }) => two(clock.getUTCMonth() + 1),
    day: ({ clock }) => two(clock.getUTCDate()),
    date: dateOf,
    julian: ({ clock }) => String(Math.floor(clock.getTime() / DAY_MS) - JULIAN_EPOCH_DAYS),
    hour: ({ clock }) => two(clock.getUTCHours()),
    minute: ({ clock }) => two(clock.getUTCMinutes()),
    second: ({ clock }) => two(clock.getUTCSeconds()),
    time: timeOf,
    iso8601: (local) => `${dateOf(local)}T${timeOf(local)}${local.offsetMinutes === 0 ? 'Z' : zoneOf(local, ':')}`,
    std11: (local) => {
      const { clock } = local
      const day = `${DAYS[clock.getUTCDay()]}, ${two(clock.getUTCDate())} ${MONTHS[clock.getUTCMonth()]} ${yearOf(local)}`
      return `${day} ${timeOf(local)} ${zoneOf(local)}`
    },
    zone: (local) => zoneOf(local),
    weekday: ({ clock }) => String(clock.getUTCDay()),
  } satisfies Record<string, (local: Local) => string>),
)

/**
 * A part of a time.
 * @param part  a name of RFC 5260 §4.2, in any case
 * @returns undefined when there is no such part
 */
export const datePart = (atMs: number, offsetMinutes: number, part: string): string | undefined =>
  PARTS.get(part.toLowerCase())?.({ clock: new Date(atMs + offsetMinutes * 60_000), offsetMinutes })

/** "+0100" in minutes; undefined for what is no offset. */
export function parseOffset(text: string): number | undefined {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(text) ?? []
  if (hours === undefined || minutes === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined
  const offset = Number(hours) * 60 + Number(minutes)
  return sign === '-' ? -offset : offset
}

/** The offset that a date of parseDate ends with. */
export const offsetOfDate = (date: string): number => parseOffset(date.slice(-6)) ?? 0

/**
 * How far a zone is from UTC at some time.
 * @param zone  a name of the IANA's: 'Europe/Brussels'
 */
export function offsetOfZone(zone: string, atMs: number): number {
  let format = formats.get(zone)
  if (format === undefined) {
    if (formats.size >= MOST_ZONES) formats.clear()
    format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
    formats.set(zone, format)
  }
  const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  return parseOffset(name.slice('GMT'.length)) ?? 0
}

// Making one takes a hundred times as long as using it.
const formats = new Map<string, Intl.DateTimeFormat>()
const MOST_ZONES = 500
