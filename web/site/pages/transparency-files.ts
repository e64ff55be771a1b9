import type { HalfYearReport, PublishedReport } from '../../../trust/transparency/index.ts'
import type { Language } from '../languages.ts'
import { sayIn, type Say } from '../texts.ts'
import { halfInWords } from './transparency.ts'

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** The feed of the report: an entry for each half-year that has ended, and one for that which has begun. RFC 4287. */
export function transparencyFeed(
  { halfYears, computedAt }: PublishedReport,
  language: Language,
  { host, operator }: { host: string; operator: string },
): string {
  const say = sayIn(language)
  const page = `https://${host}/${language}/transparency`
  const isOver = ({ to }: HalfYearReport): boolean => new Date(to) <= computedAt
  // One that has ended changes no more, and one that has begun is told of once: neither is updated with every day's numbers.
  const updated = (half: HalfYearReport): string => (isOver(half) ? half.to : half.from)
  const entries = halfYears.map(
    (half) => `  <entry>
    <id>${escaped(`${page}#${half.halfYear}${isOver(half) ? '' : '-begun'}`)}</id>
    <title>${escaped(titleOf(half, computedAt, say))}</title>
    <updated>${updated(half)}</updated>
    <link rel="alternate" type="text/html" href="${escaped(page)}"/>
    <summary>${escaped(isOver(half) ? summaryOf(half, say) : say('report.lead', { host }))}</summary>
  </entry>`,
  )
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="${language}">
  <id>${escaped(page)}</id>
  <title>${escaped(`${say('page.report')} · ${host}`)}</title>
  <updated>${halfYears[0] === undefined ? computedAt.toISOString() : updated(halfYears[0])}</updated>
  <author><name>${escaped(operator)}</name></author>
  <link rel="self" type="application/atom+xml" href="${escaped(`${page}.atom`)}"/>
  <link rel="alternate" type="text/html" href="${escaped(page)}"/>
${entries.join('\n')}
</feed>
`
}

const titleOf = (half: HalfYearReport, computedAt: Date, say: Say): string =>
  new Date(half.to) <= computedAt
    ? halfInWords(half, computedAt, say)
    : say('report.feed.begun', { half: halfInWords(half, new Date(half.to), say) })

const summaryOf = ({ received, answered, refused, accounts }: HalfYearReport, say: Say): string =>
  say('report.feed.summary', {
    received: String(received),
    answered: String(answered),
    refused: String(refused),
    accounts: String(accounts),
  })

/** One line for each origin of each half-year, for spreadsheets: words of the program and numbers, nothing that a spreadsheet would run. */
export function transparencyTable({ halfYears }: PublishedReport): string {
  const lines = halfYears.flatMap(({ halfYear, origins }) =>
    origins.map(({ country, authority, request, received, answered, preserved, refused, withdrawn, reasons }) =>
      [
        halfYear,
        country,
        authority,
        request,
        received,
        answered,
        preserved,
        refused,
        withdrawn,
        Object.entries(reasons)
          .map(([reason, count]) => `${reason}:${count}`)
          .join(' '),
      ].join(','),
    ),
  )
  const head = 'halfYear,country,authority,request,received,answered,preserved,refused,withdrawn,reasons'
  return `${[head, ...lines].join('\r\n')}\r\n`
}
