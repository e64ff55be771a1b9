import { commentEnd, quotedEnd, stripComments, unescape } from './comments.ts'
import { decodeWords, isAllWords, wordEnd } from './words.ts'

/** EmailAddress of RFC 8621 §4.1.2.3. The e-mail is what stood there and need not be a valid address. */
export interface EmailAddress {
  name: string | null
  email: string
}

/** EmailAddressGroup of RFC 8621 §4.1.2.4. The name is null for addresses outside any group. */
export interface EmailAddressGroup {
  name: string | null
  addresses: EmailAddress[]
}

/** More addresses than this in one field are not read. */
export const MAX_ADDRESSES = 10_000

/** A piece of a phrase: an atom, or a quoted string without its quotes. */
interface Word {
  readonly text: string
  readonly isQuoted: boolean
  /** White space or a comment stands before it. */
  readonly isSpaced: boolean
}

/** What has been read of the mailbox that is being read. */
interface Pending {
  words: Word[]
  angle: string | undefined
  comment: string | undefined
}

const ATOM = /[^\s"(),:;<>[\]]+/y
const LITERAL = /\[[^[\]\s<>,;]*\]/y

export function parseAddresses(text: string): EmailAddress[] {
  return parseGroups(text).flatMap((group) => group.addresses)
}

/**
 * Reads an address-list (RFC 5322 §3.4, with the forms of §4.4) as people and programs write it: missing brackets,
 * quotes and commas, semicolons between addresses, UTF-8 (RFC 6532). Never fails; linear in the text.
 * @param text  the value of the field, unfolded
 */
export function parseGroups(text: string): EmailAddressGroup[] {
  const groups: EmailAddressGroup[] = []
  let group: EmailAddressGroup | undefined
  let pending: Pending = { words: [], angle: undefined, comment: undefined }
  let count = 0
  let isSpaced = false
  // A quote or parenthesis that never closes makes all later ones of its kind plain: each is looked for once.
  let quotesClose = true
  let commentsClose = true

  const endMailbox = (): void => {
    const found = mailboxes(pending).slice(0, MAX_ADDRESSES - count)
    pending = { words: [], angle: undefined, comment: undefined }
    if (found.length === 0) return
    if (!group) groups.push((group = { name: null, addresses: [] }))
    for (const mailbox of found) group.addresses.push(mailbox)
    count += found.length
  }

  for (let at = 0; at < text.length && count < MAX_ADDRESSES;) {
    const start = at
    const character = text[at]!
    if (character === '"' && quotesClose) {
      const end = quotedEnd(text, at)
      quotesClose = end !== -1
      if (end !== -1) {
        pending.words.push({ text: text.slice(at + 1, end), isQuoted: true, isSpaced })
        at = end + 1
      }
    } else if (character === '(' && commentsClose) {
      const end = commentEnd(text, at)
      commentsClose = end !== -1
      if (end !== -1) {
        if (pending.words.length > 0 || pending.angle !== undefined) pending.comment = text.slice(at + 1, end)
        at = end + 1
      }
    } else if (character === '<') {
      if (pending.angle !== undefined) endMailbox()
      const { content, next } = readAngle(text, at)
      pending.angle = content
      at = next
    } else if (character === ',') {
      endMailbox()
    } else if (character === ';') {
      endMailbox()
      group = undefined
    } else if (character === ':' && group?.name == null && pending.angle === undefined && pending.words.length > 0) {
      group = { name: phrase(pending.words), addresses: [] }
      groups.push(group)
      count++
      pending = { words: [], angle: undefined, comment: undefined }
    } else {
      const end = atomEnd(text, at)
      if (end > at) {
        pending.words.push({ text: text.slice(at, end), isQuoted: false, isSpaced })
        at = end
      }
    }
    isSpaced = at === start || text[at - 1] === ')'
    if (at === start) at++
  }
  endMailbox()
  return groups
}

/** The end of the atom, encoded word or domain literal at `start`; `start` when there is none. */
function atomEnd(text: string, start: number): number {
  if (text.startsWith('=?', start)) {
    // Its text may hold characters that end an atom, though RFC 2047 §5 forbids them there.
    const end = wordEnd(text, start)
    if (end !== -1) return end
  }
  const pattern = text[start] === '[' ? LITERAL : ATOM
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex : start
}

/** The address between "<" at `start` and ">". When the ">" is missing, the address ends where the list goes on. */
function readAngle(text: string, start: number): { content: string; next: number } {
  let separator = -1
  let at = start + 1
  for (; at < text.length; at++) {
    const character = text[at]
    if (character === '>') return { content: cleanAngle(text.slice(start + 1, at)), next: at + 1 }
    if (character === '<') break
    if (character === '"') {
      const end = quotedEnd(text, at)
      if (end === -1) break
      at = end
    } else if ((character === ',' || character === ';') && separator === -1) separator = at
  }
  const end = separator === -1 ? at : separator
  return { content: cleanAngle(text.slice(start + 1, end)), next: end }
}

/** Without comments, without the route that RFC 821 allowed ("@a,@b:user@c"), and without space around "." and "@". */
function cleanAngle(content: string): string {
  const bare = stripComments(content).trim()
  const routed = bare.startsWith('@') ? bare.slice(bare.indexOf(':') + 1) : bare
  if (!/\s/.test(routed)) return routed
  const pieces = routed.split(/\s+/)
  return pieces.reduce((joined, piece, index) => {
    const touches = index === 0 || JOINTS.has(pieces[index - 1]!.at(-1)) || JOINTS.has(piece[0])
    return joined + (touches ? '' : ' ') + piece
  }, '')
}
const JOINTS = new Set<string | undefined>(['.', '@'])

function mailboxes({ words, angle, comment }: Pending): EmailAddress[] {
  const remark = comment === undefined ? null : named(decodeWords(unescape(comment)))
  if (angle !== undefined) {
    const name = phrase(words) ?? remark
    return angle === '' && name === null ? [] : [{ name, email: angle }]
  }
  return words.length === 0 ? [] : bareMailboxes(words, remark)
}

/** Without angle brackets: one address, or what looks like several without a comma, or a name alone. */
function bareMailboxes(words: readonly Word[], remark: string | null): EmailAddress[] {
  if (words.length === 1 && words[0]!.isQuoted) return [{ name: remark, email: unescape(words[0]!.text) }]
  // Words without space between them are one, and so is what stands around an "@".
  const runs: Word[][] = []
  for (const word of words) {
    const before = runs.at(-1)
    const touches = !word.isSpaced || before?.at(-1)?.text.endsWith('@') || word.text.startsWith('@')
    if (before && touches) before.push(word)
    else runs.push([word])
  }
  const written = (run: Word[]): string => run.map((word) => (word.isQuoted ? `"${word.text}"` : word.text)).join('')
  const isAddress = (run: Word[]): boolean => run.some((word) => !word.isQuoted && word.text.includes('@'))
  const addresses = runs.filter(isAddress)
  if (addresses.length === 0) return [{ name: remark, email: runs.map(written).join(' ') }]
  if (addresses.length > 1) return addresses.map((run) => ({ name: null, email: written(run) }))
  const name = phrase(runs.filter((run) => !isAddress(run)).flat())
  return [{ name: name ?? remark, email: written(addresses[0]!) }]
}

/** The text of a phrase; null when nothing is left of it. */
function phrase(words: readonly Word[]): string | null {
  let output = ''
  let atoms = ''
  const endAtoms = (): void => {
    output += decodeWords(atoms)
    atoms = ''
  }
  for (const word of words) {
    const space = word.isSpaced ? ' ' : ''
    const quoted = word.isQuoted ? unescape(word.text).trim() : ''
    // RFC 2047 §5 forbids encoded words in quotes, and widely used senders write them. Nobody is called that, so a
    // quoted string that holds nothing else is decoded all the same.
    if (!word.isQuoted || isAllWords(quoted)) atoms += space + (word.isQuoted ? quoted : word.text)
    else {
      endAtoms()
      output += space + quoted
    }
  }
  endAtoms()
  return named(output)
}

const named = (text: string): string | null => text.trim().normalize('NFC') || null
