const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** What stands for nobody in particular. RFC 4155 wants an address. */
const NOBODY = 'MAILER-DAEMON'

/** RFC 4155 §Appendix A: "From ", an address, a space, the time in UTC as asctime of C writes it. */
export function fromLine(sender: string | undefined, time: Date): string {
  const address = sender !== undefined && /^[!-~]{1,320}$/.test(sender) && sender.includes('@') ? sender : NOBODY
  const two = (number: number, filler = '0'): string => String(number).padStart(2, filler)
  const clock = [time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()].map((part) => two(part)).join(':')
  const day = `${DAYS[time.getUTCDay()]} ${MONTHS[time.getUTCMonth()]} ${two(time.getUTCDate(), ' ')}`
  return `From ${address} ${day} ${clock} ${String(time.getUTCFullYear()).padStart(4, '0')}\n`
}

// Zones by letters stand before the year, offsets before or after it; many leave out the seconds.
const TIME =
  /\b([A-Z][a-z]{2}) +(\d{1,2}) +(\d{1,2}):(\d{2})(?::(\d{2}))?(?: +(?:[A-Z]{1,5}|([+-]\d{4})))*? +(\d{4})(?: +([+-]\d{4}))?\s*$/

/** The time in a From line, UTC where it names no offset; undefined when there is none that can be read. */
export function parseFromLine(line: string): Date | undefined {
  const [, name = '', day, hour, minute, second = '0', before, year, after] = TIME.exec(line) ?? []
  const month = MONTHS.indexOf(name)
  if (month === -1) return undefined
  const offset = after ?? before ?? '+0000'
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3))
  const at = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Math.min(59, Number(second)))
  return new Date(at - (offset.startsWith('-') ? -minutes : minutes) * 60_000)
}
