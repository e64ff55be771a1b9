import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Language } from '../times.ts'

/** What a layout says besides the letter's own words. */
export interface Page {
  title: string
  language: Language
  sender: string
  /** The sender's, where pictures and links without a host are. */
  domain: string
  colour: string
  /** By which the sender would know who opened the letter. */
  token: string
}

const LEAVE: Record<Language, string> = {
  de: 'Diese Nachricht abbestellen',
  fr: 'Se désabonner de cette lettre',
  nl: 'Deze berichten niet meer ontvangen',
  en: 'Stop receiving these messages',
}

/**
 * The HTML of a letter in a layout of `layouts/`. Its text has a few marks: `## heading`, `- item`, `| cell | cell`,
 * `> quote`, `**strong**`, `[words](link)`, `![words](picture)` with `cid:name` for an attached one and
 * without words for one that nobody is to see, and `\` at the end
 * of a line that is not to flow into the next.
 */
export function writeHtml(layout: string, text: string, page: Page): string {
  const values: Record<string, string> = {
    ...page,
    title: escape(page.title),
    sender: escape(page.sender),
    leave: LEAVE[page.language],
    // What is quoted is a block of its own, though the line before it only introduces it.
    content: text
      .replace(/^(?!>)(.+)\n(?=>)/gm, '$1\n\n')
      .split(/\n{2,}/)
      .map((block) => writeBlock(block, page))
      .join('\n'),
  }
  return readFileSync(join(import.meta.dirname, 'layouts', `${layout}.html`), 'utf8')
    .trimEnd()
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '')
}

/** RFC 5322 §2.1.1 asks for lines of at most 78 characters. */
const PLAIN_LINE = 76

/** The same text for those who read plain letters. */
export const withoutMarks = (text: string): string =>
  text
    .replace(/^!\[[^\]]*\]\([^)]*\)\n*/gm, '')
    .replace(/\[([^\]]+)\]\(([^)]+)\)/g, (_, words: string, link: string) =>
      /^https?:/.test(link) ? `${words} <${link}>` : words,
    )
    .replaceAll('**', '')
    .split(/\n{2,}/)
    .map((block) => (/^(?:## |- |\| |>)|\n>/.test(block) ? block : flow(block)))
    .join('\n\n')
    .replace(/^## (.*)$/gm, (_, heading: string) => `${heading}\n${'-'.repeat(heading.length)}`)
    .replace(/^\| /gm, '')
    .replace(/ \| /g, '   ')

/** Breaks the lines of a paragraph anew. */
function flow(block: string): string {
  const lines: string[] = []
  for (const paragraph of block.split('\\\n'))
    for (const [at, word] of paragraph.split(/\s+/).entries()) {
      const last = lines.at(-1) ?? ''
      if (at === 0 || last.length + 1 + word.length > PLAIN_LINE) lines.push(word)
      else lines[lines.length - 1] = `${last} ${word}`
    }
  return lines.join('\n')
}

const BLOCKS: readonly [mark: RegExp, write: (lines: string[], page: Page) => string][] = [
  [/^## /, ([heading], page) => `<h2 style="color:${page.colour}">${heading}</h2>`],
  [/^- /, (lines) => `<ul>${lines.map((line) => `<li>${line}</li>`).join('')}</ul>`],
  [/^&gt; ?/, (lines) => `<blockquote type="cite">${lines.join('<br>\n')}</blockquote>`],
  [
    /^\| /,
    (rows) =>
      `<table width="100%" cellpadding="6" cellspacing="0" border="0">${rows
        .map((row) => `<tr>${row.split(' | ').map(writeCell).join('')}</tr>`)
        .join('')}</table>`,
  ],
]

const writeCell = (cell: string, column: number): string =>
  `<td${column > 0 ? ' align="right"' : ''} style="border-bottom:1px solid #dddddd">${cell}</td>`

function writeBlock(block: string, page: Page): string {
  const lines = block.split('\n').map((line) => writeInline(escape(line), page))
  for (const [mark, write] of BLOCKS)
    if (lines.every((line) => mark.test(line)))
      return write(
        lines.map((line) => line.replace(mark, '')),
        page,
      )
  return `<p>${lines.join('\n').replace(/\\\n/g, '<br>\n')}</p>`
}

const writeInline = (line: string, { domain }: Page): string =>
  line
    .replace(/!\[([^\]]*)\]\(([^)]+)\)/g, (_, words: string, source: string) => {
      const address = source.startsWith('/') ? `https://bild.${domain}${source}` : source
      const size = words === '' ? 'width="1" height="1"' : 'width="480" style="max-width:100%;height:auto"'
      return `<img src="${address}" alt="${words}" ${size}>`
    })
    .replace(/\[([^\]]+)\]\(([^)]+)\)/g, (_, words: string, link: string) => {
      const address = link.startsWith('/') ? `https://www.${domain}${link}` : link
      return `<a href="${address}">${words}</a>`
    })
    .replace(/\*\*([^*]+)\*\*/g, '<b>$1</b>')

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
