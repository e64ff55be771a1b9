import { stripComments } from './comments.ts'

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

// RFC 5322 §4.3 names those of the United States; the others are seen in mail of the countries that use them.
const ZONES: ReadonlyMap<string, string> = new Map([
  ['EDT', '-04:00'],
  ['EST', '-05:00'],
  ['CDT', '-05:00'],
  ['CST', '-06:00'],
  ['MDT', '-06:00'],
  ['MST', '-07:00'],
  ['PDT', '-07:00'],
  ['PST', '-08:00'],
  ['WEST', '+01:00'],
  ['CET', '+01:00'],
  ['MET', '+01:00'],
  ['MEZ', '+01:00'],
  ['CEST', '+02:00'],
  ['MEST', '+02:00'],
  ['MESZ', '+02:00'],
  ['EET', '+02:00'],
  ['EEST', '+03:00'],
  ['MSK', '+03:00'],
  ['JST', '+09:00'],
  ['KST', '+09:00'],
])

const TIME = String.raw`(?<hour>\d{1,2})[:.](?<minute>\d{1,2})(?:[:.](?<second>\d{1,2}))?(?:[.,]\d{1,9})?(?: ?(?<half>[ap]m)\b)?`
const ZONE = String.raw`(?: ?(?<zone>[a-z]{1,5}\b)?(?: ?(?<offset>[+-]\d{2}:?\d{2})(?!\d))?)`

const FORMS = [
  // RFC 5322 §3.3 and §4.3: "Fri, 21 Nov 1997 09:55:06 -0600", also "21-Nov-97"
  new RegExp(
    String.raw`^(?:[^\d,]{1,20}[, ] ?)?(?<day>\d{1,2})[ -]?(?<month>[a-z]{3,9})\.?[ ,-] ?(?<year>\d{2,4})(?!\d)(?:[ ,]{1,2}${TIME}${ZONE})?`,
    'i',
  ),
  // The C library: "Fri Nov 21 09:55:06 CST 1997"
  new RegExp(
    String.raw`^(?:[a-z]{3,9},? )?(?<month>[a-z]{3,9})\.? (?<day>\d{1,2}),? ${TIME}(?: (?<zone>[a-z]{3,5}))? (?<year>\d{4})(?: (?<offset>[+-]\d{4}))?`,
    'i',
  ),
  // "Fri, Nov 21, 1997 09:55:06 -0600"
  new RegExp(
    String.raw`^(?:[a-z]{3,9},? )?(?<month>[a-z]{3,9})\.? (?<day>\d{1,2}),? (?<year>\d{4}),? ${TIME}${ZONE}`,
    'i',
  ),
  // ISO 8601: "1997-11-21T09:55:06-06:00"
  new RegExp(
    String.raw`^(?:[a-z]{3,9}, )?(?<year>\d{4})[-/](?<month>\d{2})[-/](?<day>\d{2})(?:[t ]${TIME}${ZONE})?`,
    'i',
  ),
]

// A date longer than this, comments removed, is none.
const MAX_DATE = 200

/**
 * Reads a date-time as RFC 5322 §3.3 writes it, or one of the forms that programs write instead.
 * A zone that is missing or unknown counts as UTC (§4.3); the day of the week is not checked.
 * @returns the Date of RFC 8620 §1.4 ("1997-11-21T09:55:06-06:00", "Z" for UTC); null when it cannot be read
 */
export function parseDate(text: string): string | null {
  const bare = stripComments(text).replace(/\s+/g, ' ').replace(/ ?: ?/g, ':').trim()
  if (bare.length > MAX_DATE) return null
  for (const form of FORMS) {
    const groups = form.exec(bare)?.groups
    if (groups) return dateOf(groups)
  }
  return null
}

function dateOf(groups: Record<string, string | undefined>): string | null {
  const named = MONTHS.indexOf(groups.month!.slice(0, 3).toLowerCase())
  const month = named === -1 ? Number(groups.month) : named + 1
  const year = fullYear(groups.year!)
  const day = Number(groups.day)
  const hour = hourOf(Number(groups.hour ?? 0), groups.half)
  const minute = Number(groups.minute ?? 0)
  // A leap second has no second of its own in most calendars of programs.
  const second = Math.min(Number(groups.second ?? 0), 59)
  const isReal = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hour < 24 && minute < 60
  if (!isReal || Number(groups.second ?? 0) > 60) return null
  const two = (value: number): string => String(value).padStart(2, '0')
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}${offsetOf(groups.zone, groups.offset)}`
}

/** RFC 5322 §4.3: two digits below 50 are of this century, the others and three digits of the one before. */
function fullYear(digits: string): number {
  const year = Number(digits)
  if (digits.length === 2) return year < 50 ? 2000 + year : 1900 + year
  return digits.length === 3 ? 1900 + year : year
}

function hourOf(hour: number, half: string | undefined): number {
  if (!half) return hour
  return (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)
}

function daysIn(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
}

function offsetOf(zone: string | undefined, offset: string | undefined): string {
  const digits = /^([+-])(\d{2}):?(\d{2})$/.exec(offset ?? '')
  if (!digits) return ZONES.get(zone?.toUpperCase() ?? '') ?? 'Z'
  const [, sign, hours, minutes] = digits
  if (Number(hours) > 23 || Number(minutes) > 59) return 'Z'
  return hours === '00' && minutes === '00' ? 'Z' : `${sign}${hours}:${minutes}`
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/**
 * A Date of RFC 8620 §1.4 as RFC 5322 writes it: "Fri, 21 Nov 1997 09:55:06 -0600". Fractions of a second are dropped.
 * @returns undefined when it is no date
 */
export function formatDate(date: string): string | undefined {
  const [, year, month, day, hour, minute, second, zone] = DATE.exec(date) ?? []
  if (!zone || parseDate(date) === null) return undefined
  const weekday = DAYS[new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDay()]!
  const name = MONTHS[Number(month) - 1]!
  const monthName = name[0]!.toUpperCase() + name.slice(1)
  const offset = zone === 'Z' ? '+0000' : zone.replace(':', '')
  return `${weekday}, ${Number(day)} ${monthName} ${year} ${hour}:${minute}:${second} ${offset}`
}
