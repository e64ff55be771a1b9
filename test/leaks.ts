/** Looks through logs for what must not stand in any: "Nothing else in the system logs any of it" (DESIGN §1, promise 4). */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { formsOf, SECRETS, USUAL } from './marks.ts'

/** A line that says too much. */
export interface Leak {
  /** Below the folder. */
  file: string
  /** From 1. */
  line: number
  what: string
  text: string
}

const WORDS = [...SECRETS, ...USUAL].flatMap((word) => formsOf(word).map((form) => form.toString('latin1')))

const FORBIDDEN: readonly { what: string; isIn(line: string): boolean }[] = [
  { what: 'a mail address or Message-ID', isIn: (line) => /[^\s"'<>(),;:@]@(?:[\w-]+\.)+[a-z]{2,}/i.test(line) },
  { what: 'an address in base64', isIn: (line) => /(?:QHplZ2VsLnRlc3|B6ZWdlbC50ZXN0|AemVnZWwudGVzd)/.test(line) },
  {
    what: 'a header field',
    isIn: (line) => /\b(?:subject|message-?id|return-path|received|delivered-to)"?\s*:/i.test(line),
  },
  {
    what: 'a command of SMTP or IMAP',
    isIn: (line) => /\b(?:MAIL FROM|RCPT TO|LOGIN|AUTHENTICATE) ?[:<"\w]/.test(line),
  },
  // Not within a version of four numbers and more, or one with letters.
  { what: 'an IP address', isIn: (line) => /(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.-])/.test(line) },
  { what: 'the values of a row', isIn: (line) => /(?:DETAIL|STATEMENT|CONTEXT):|\$\d+ = /.test(line) },
  { what: 'a word of a letter', isIn: (line) => WORDS.some((word) => line.includes(word)) },
]

/** @returns what stands in the logs below a folder and should not, and how many lines were looked at */
export function findLeaks(folder: string): { leaks: Leak[]; lines: number } {
  const leaks: Leak[] = []
  let lines = 0
  for (const file of filesBelow(folder))
    // As bytes: a mark in another encoding is one too.
    for (const [index, text] of readFileSync(file, 'latin1').split('\n').entries()) {
      if (text === '') continue
      lines++
      for (const { what, isIn } of FORBIDDEN)
        if (isIn(text)) leaks.push({ file: relative(folder, file), line: index + 1, what, text })
    }
  return { leaks, lines }
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
