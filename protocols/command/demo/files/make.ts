import { extname } from 'node:path'
import type { Who } from '../people.ts'
import { writeDocument } from './document.ts'
import { writeEvents } from './event.ts'
import { writeEnclosed } from './enclosed.ts'
import { writePdf } from './pdf.ts'
import { drawPicture } from './picture.ts'

/** A file for a letter to carry. */
export interface Made {
  type: string
  parameters?: Record<string, string>
  bytes: Buffer
}

/** What a file may need besides its words. */
export interface Setting {
  now: Date
  /** When the letter was written. */
  written: Date
  /** A mailbox as a header has it: name and address. */
  mailboxOf(who: Who): { name: string; address: string }
}

const asText = (words: string): Buffer => Buffer.from(`${words.replaceAll('\n', '\r\n')}\r\n`)

const MAKERS: Record<string, (words: string, setting: Setting) => Made> = {
  '.csv': (words) => ({ type: 'text/csv', parameters: { charset: 'utf-8' }, bytes: asText(words) }),
  '.docx': (words) => ({
    type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    bytes: writeDocument(words),
  }),
  '.eml': (words, setting) => ({ type: 'message/rfc822', bytes: writeEnclosed(words, setting) }),
  '.ics': (words, setting) => writeEvents(words, setting),
  '.pdf': (words) => ({ type: 'application/pdf', bytes: writePdf(words) }),
  '.png': (words) => ({ type: 'image/png', bytes: drawPicture(words) }),
  '.txt': (words) => ({ type: 'text/plain', parameters: { charset: 'utf-8' }, bytes: asText(words) }),
  '.vcf': (words) => ({ type: 'text/vcard', parameters: { charset: 'utf-8' }, bytes: asText(words) }),
}

/** Makes a file of the kind that its name says, from words that each kind reads in its own way. @throws Error for no such kind */
export function makeFile(name: string, words: string, setting: Setting): Made {
  const make = MAKERS[extname(name)]
  if (make === undefined) throw new Error(`no file is made of the kind ${extname(name)}`)
  return make(words, setting)
}
