import { createHash } from 'node:crypto'
import { isWho, type Who } from '../people.ts'
import { atHour } from '../times.ts'
import type { Made, Setting } from './make.ts'

/** RFC 5545 §3.1 folds lines at 75 octets. */
const LINE = 75

/**
 * Calendar events (RFC 5545), with an empty line between them. Each line is a property: `summary`, `start` (`+19 19:30`
 * or `+20Sa 20:00`, days from now), `minutes`, `place`, and for an invitation `organizer` and `attendees`.
 */
export function writeEvents(words: string, setting: Setting): Made {
  const events = words.split(/\n{2,}/).map((event) => new Map(event.split('\n').map(property)))
  const method = events.some((event) => event.has('attendees')) ? 'REQUEST' : 'PUBLISH'
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Example//Calendar//EN',
    `METHOD:${method}`,
    ...events.flatMap((event) => writeEvent(event, setting)),
    'END:VCALENDAR',
  ]
  return {
    type: 'text/calendar',
    parameters: { charset: 'utf-8', method },
    bytes: Buffer.from(lines.map((line) => `${fold(line)}\r\n`).join('')),
  }
}

function property(line: string): [name: string, value: string] {
  const at = line.indexOf(': ')
  return [line.slice(0, at), line.slice(at + 2)]
}

function writeEvent(event: ReadonlyMap<string, string>, { now, written, mailboxOf }: Setting): string[] {
  const need = (name: string): string => event.get(name) ?? missing(name)
  const [, days, hour, minute] = /^(\+\w+) (\d\d):(\d\d)$/.exec(need('start')) ?? missing('start')
  const start = atHour(now, days as string, Number(hour), Number(minute))
  const end = new Date(start.getTime() + Number(need('minutes')) * 60_000)
  const uid = createHash('sha256')
    .update(`${need('summary')} ${need('start')}`)
    .digest('hex')
    .slice(0, 24)
  const party = (who: string): string => {
    const { name, address } = mailboxOf(isWho(who) ? (who satisfies Who) : missing(who))
    return `;CN="${name}":mailto:${address}`
  }
  return [
    'BEGIN:VEVENT',
    `UID:${uid}@calendar.example`,
    `DTSTAMP:${utc(written)}`,
    `DTSTART:${utc(start)}`,
    `DTEND:${utc(end)}`,
    `SUMMARY:${escape(need('summary'))}`,
    ...(event.has('place') ? [`LOCATION:${escape(need('place'))}`] : []),
    ...(event.has('organizer') ? [`ORGANIZER${party(need('organizer'))}`] : []),
    ...(event.get('attendees')?.split(', ') ?? []).map(
      (who) => `ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE${party(who)}`,
    ),
    'END:VEVENT',
  ]
}

function missing(name: string): never {
  throw new Error(`an event without a proper "${name}"`)
}

const utc = (date: Date): string => date.toISOString().replace(/[-:]|\.\d+/g, '')

const escape = (text: string): string => text.replace(/[\\,;]/g, String.raw`\$&`)

/** In octets, and never within a character. */
function fold(line: string): string {
  let written = ''
  let length = 0
  for (const character of line) {
    const bytes = Buffer.byteLength(character)
    if (length + bytes > LINE) {
      written += '\r\n '
      length = 1
    }
    written += character
    length += bytes
  }
  return written
}
