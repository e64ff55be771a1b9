import type { Held } from '../held.ts'
import { fill, type HeldTexts, type Language } from '../texts.ts'
import { escaped, linkTo } from './markup.ts'

/** What the page is about. */
export interface PageHead {
  language: Language
  timeZone: string
  host: string
  address: string
  madeAt: Date
  texts: HeldTexts['file']
  /** Name of the file for programs. */
  json: string
}

/** Entries shown of each category; the rest is for programs. */
const SHOWN = 1000

/** Of one value, in characters. */
const LONGEST = 2000

const STYLE = `
:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}
html{background:light-dark(#fff,#16191b);color:light-dark(#1b1d1f,#e9ebed)}
a{color:light-dark(#1f45b8,#a5b9ff)}
body{margin:0 auto;max-width:60rem;padding:2rem 1rem 6rem;overflow-wrap:anywhere}
h1,h2{line-height:1.2;text-wrap:balance}
h2{margin:3rem 0 .5rem;padding-top:1rem;border-top:1px solid color-mix(in srgb,currentColor 25%,transparent)}
table{border-collapse:collapse;width:100%}
th,td{text-align:start;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid color-mix(in srgb,currentColor 15%,transparent)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:.5rem 0}
dt{opacity:.75}dd{margin:0}
details{margin:.25rem 0;padding:.25rem 0}summary{cursor:pointer}
.scroll{overflow-x:auto}
@media(max-width:40rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
`

/**
 * The page that people read: all categories in a table, then each with what is in it. It loads nothing, runs nothing, and needs nothing
 * but itself. Written as it is read, so that only what is on its way is in memory.
 */
export async function* heldPage(
  head: PageHead,
  held: readonly Held[],
  entriesOf: (id: string) => AsyncIterable<object> | undefined,
): AsyncGenerator<string> {
  const { language, texts, host, address, json } = head
  const say = speaker(head)
  const intro = fill(texts.lead, { host, address, time: say.time(head.madeAt) })
  yield `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(texts.title)}</title><style>${STYLE}</style></head><body><main>
<h1>${escaped(texts.title)}</h1><p>${escaped(intro)}</p>
<p>${escaped(fill(texts.made, { json }))} ${escaped(fill(texts.where, { folder: texts.lettersFolder }))}</p>
<div class="scroll"><table><thead><tr><th>${escaped(texts.category)}</th><th>${escaped(texts.count)}</th><th>${escaped(texts.oldest)}</th><th>${escaped(texts.vanishes)}</th></tr></thead><tbody>
`
  for (const one of held)
    yield `<tr><td><a href="#${escaped(one.id)}">${escaped(one.name)}</a></td><td>${escaped(say.count(one))}</td><td>${escaped(say.day(one.oldestAt))}</td><td>${escaped(one.ends)}</td></tr>\n`
  yield '</tbody></table></div>\n'
  for (const one of held) {
    yield `<h2 id="${escaped(one.id)}">${escaped(one.name)}</h2><p>${escaped(one.why)}</p><dl>
${term(texts.count, say.count(one))}${term(texts.oldest, say.day(one.oldestAt))}${term(texts.vanishes, one.ends)}
${term(texts.fields, one.fields.join('; '))}${term(texts.purposes, one.purposes.map(({ name }) => name).join('; '))}
${term(texts.places, one.places.map(({ name }) => name).join('; '))}</dl>\n`
    const entries = entriesOf(one.id)
    if (entries === undefined) yield `<p>${escaped(texts.hashes)}</p>\n`
    else yield* shownEntries(entries, texts, json, say)
  }
  yield '</main></body></html>\n'
}

const term = (name: string, value: string): string => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`

type Speaker = ReturnType<typeof speaker>

function speaker({ language, timeZone, texts }: PageHead) {
  const locale = language === 'en' ? 'en-GB' : language
  const days = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone })
  const times = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'medium', timeZone })
  const numbers = new Intl.NumberFormat(locale)
  return {
    day: (time: Date | null): string => (time === null ? '' : days.format(time)),
    time: (time: Date): string => times.format(time),
    count({ count, isMore }: Pick<Held, 'count' | 'isMore'>): string {
      if (count === null) return texts.unknown
      return isMore ? fill(texts.more, { count: numbers.format(count) }) : numbers.format(count)
    },
    value(value: unknown): string {
      if (value instanceof Date) return times.format(value)
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text
    },
  }
}

async function* shownEntries(
  entries: AsyncIterable<object>,
  texts: PageHead['texts'],
  json: string,
  say: Speaker,
): AsyncGenerator<string> {
  let count = 0
  for await (const entry of entries) {
    if (count === SHOWN) {
      yield `<p>${escaped(fill(texts.rest, { count: SHOWN, json }))}</p>\n`
      return
    }
    count++
    yield shownEntry(entry, say)
  }
  if (count === 0) yield `<p>${escaped(texts.nothing)}</p>\n`
}

/** An entry with many values is folded under what it is called by. */
function shownEntry(entry: object, say: Speaker): string {
  const values = Object.entries(entry).filter(([, value]) => value !== null && value !== undefined && value !== '')
  const { file, subject, name } = entry as Record<string, unknown>
  const list = values
    .map(([key, value]) => {
      const text = escaped(say.value(value))
      return `<dt>${escaped(key)}</dt><dd>${key === 'file' && typeof file === 'string' ? `<a href="${linkTo(file)}">${text}</a>` : text}</dd>`
    })
    .join('')
  const title = [subject, name, file].find((one) => typeof one === 'string' && one !== '')
  return title === undefined || values.length < 5
    ? `<dl>${list}</dl>\n`
    : `<details><summary>${escaped(say.value(title))}</summary><dl>${list}</dl></details>\n`
}
