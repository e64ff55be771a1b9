import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isWho, type Who } from './people.ts'
import type { Language } from './times.ts'

/** A letter as its text file has it, with dates and addresses still to be filled in. */
export interface Letter {
  from: Who
  to: Who[]
  cc: Who[]
  /** How long ago: `4d 20:14` or `25m`. */
  when: string
  /** The number of the letter it answers within the conversation, from 0; undefined when it answers none. */
  answers: number | undefined
  fields: Fields
  text: string
  /** What is attached, or shown within the text, by name; `files/make.ts` makes it of the words. */
  files: { name: string; words: string }[]
}

export interface Conversation {
  /** The folder and file it stands in: `de/chor`. */
  file: string
  language: Language
  subject: string
  fields: Fields
  letters: Letter[]
}

/**
 * What may be said of a letter, or before the first one of all letters of a conversation:
 *
 * - `answers` number of the letter it answers, from 1, or `none`; the one before it when not said
 * - `charset`, `encoding` of the text; UTF-8 and what fits it best when not said
 * - `flags` of the copy that arrives: unread, starred
 * - `header` `raw`: names and subject as bytes of the charset, not encoded
 * - `in` where the copy that arrives is filed: a role of a mailbox, or a path of own folders; `drafts` for one not sent
 * - `labels` keywords of labels; each owner has their own, others mean nothing to them
 * - `layout` of HTML: the text is then written in the marks of `source/html.ts`
 * - `plain` `no`: without a plain version beside the HTML
 * - `quote` `yes`: with the letter it answers below
 * - `subject` another than the conversation's
 */
const FIELDS = [
  'answers',
  'charset',
  'encoding',
  'flags',
  'header',
  'in',
  'labels',
  'layout',
  'plain',
  'quote',
  'subject',
] as const

export type Fields = Partial<Record<(typeof FIELDS)[number], string>>

const HEAD = /^== (\w+) > (.+?)(?: cc (.+?))? \| (.+)$/

/** Reads all conversations of `letters/`, one folder for each language. @throws Error that names the file and line at fault */
export function readConversations(): Conversation[] {
  const folder = join(import.meta.dirname, 'letters')
  return globSync('*/*.txt', { cwd: folder })
    .toSorted()
    .flatMap((path) => parseConversations(readFileSync(join(folder, path), 'utf8'), path.replaceAll('\\', '/')))
}

/**
 * The form of these files: `# subject` begins a conversation, `== from > to, to cc cc | when` a letter,
 * `=== name` a file attached to it. Below the first two come fields, then an empty line and, for a letter, its text.
 */
export function parseConversations(text: string, path: string): Conversation[] {
  const conversations: Conversation[] = []
  const file = path.replace(/\.txt$/, '')
  const lines = text.split('\n')
  let at = 0

  const fail = (complaint: string): never => {
    throw new Error(`${path}:${at}: ${complaint}`)
  }
  const names = (list: string | undefined): Who[] =>
    (list?.split(', ') ?? []).map((name) => (isWho(name) ? name : fail(`nobody is called "${name}"`)))
  const readFields = (): Fields => {
    const fields: Fields = {}
    for (; at < lines.length && lines[at] !== ''; at++) {
      const [, name, value] = /^([a-z]+): (.+)$/.exec(lines[at] as string) ?? []
      const known = FIELDS.find((one) => one === name)
      fields[known ?? fail('not a field')] = value ?? ''
    }
    return fields
  }
  const readText = (): string => {
    const start = at
    while (at < lines.length && !/^(?:# |={2,3} )/.test(lines[at] as string)) at++
    return lines.slice(start, at).join('\n').trim()
  }

  for (;;) {
    while (lines[at] === '') at++
    const line = lines[at]
    if (line === undefined) return conversations
    at++
    const conversation = conversations.at(-1)
    const letter = conversation?.letters.at(-1)
    if (line.startsWith('# ')) {
      const language = basename(dirname(path)) as Language
      conversations.push({ file, language, subject: line.slice(2), fields: readFields(), letters: [] })
    } else if (line.startsWith('=== ') && letter) {
      letter.files.push({ name: line.slice(4), words: readText() })
    } else {
      const [, from, to, cc, when] = HEAD.exec(line) ?? fail('neither a conversation, a letter nor a file')
      if (!conversation) return fail('a letter before its conversation')
      const fields = readFields()
      const answers =
        fields.answers === undefined
          ? conversation.letters.length - 1
          : fields.answers === 'none'
            ? -1
            : Number(fields.answers) - 1
      conversation.letters.push({
        from: names(from)[0] as Who,
        to: names(to),
        cc: names(cc),
        when: when as string,
        answers: answers < 0 ? undefined : answers,
        fields: { ...conversation.fields, ...fields },
        text: readText(),
        files: [],
      })
    }
  }
}
