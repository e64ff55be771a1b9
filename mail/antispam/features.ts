import {
  bodyLists,
  envelope,
  findFields,
  hasAttachment,
  htmlToText,
  parseMessage,
  partText,
  walkParts,
  type Message,
  type Part,
} from '#formats/message'
import { tokensOf } from '#formats/words'

/** Bytes of a letter that are looked at; what is behind them is mostly files. */
export const LOOKED_AT_BYTES = 256 * 1024

/** Bytes of one text part, still encoded; characters of its text, and of all text together; text parts. */
const MOST_PART_BYTES = 64 * 1024
const MOST_TEXT = 16_000
const MOST_PARTS = 12

/** Links whose hosts are looked at, and words that are read for the features that are kept. */
const MOST_LINKS = 100
const MOST_WORDS = 4000

/** Features of one letter. */
export const MOST_FEATURES = 1000

/** Characters of a word. Shorter ones say nothing; longer ones are no words. */
const SHORTEST = 3
const LONGEST = 24

/**
 * What a letter is judged by: a number of 32 bits for each word, pair of neighbouring words, host and fact of its header, the same for everybody
 * and on every machine. The lowest bit says that it is personal (`isPersonal`). Never throws; costs what its bounds allow, whatever comes in.
 */
export const featuresOf = (content: Buffer): Uint32Array =>
  featuresOfMessage(parseMessage(content.subarray(0, LOOKED_AT_BYTES)))

/**
 * Whether a feature says who writes or where a link leads, has digits in it, or is of another script. An account learns these from its own letters;
 * what is shipped knows none of them: they would tell the years and places its letters come from, and make a language a sign of junk.
 */
export const isPersonal = (feature: number): boolean => (feature & 1) === 1

/** @param message  parsed from no more than `LOOKED_AT_BYTES`, so that a letter has the same features when it comes and when it is learnt */
export function featuresOfMessage(message: Message): Uint32Array {
  const found = new Set<number>()
  const head = envelope(message)
  const [from] = head.from ?? []
  const domain = from?.email.slice(from.email.lastIndexOf('@') + 1).toLowerCase()
  for (const name of domain === undefined ? [] : namesWithin(domain)) found.add(personal(`from ${name}`))
  if (from !== undefined) found.add(personal(`address ${from.email.toLowerCase()}`))
  let names = 0
  for (const { forms } of tokensOf((from?.name ?? '').slice(0, 200)))
    if (names++ < 8 && forms[0] !== undefined) found.add(personal(`name ${forms[0]}`))

  const subject = (head.subject ?? '').slice(0, 500)
  const { pieces, links, facts } = readBody(message)
  const text = pieces.join('\n')
  for (const fact of [...facts, ...factsOf(message, head), ...factsOfText(subject, text)])
    found.add(shared(`: ${fact}`))
  addWords(subject, 's ', found)
  for (const host of links) for (const name of namesWithin(host)) found.add(personal(`host ${name}`))
  for (const piece of [subject, ...pieces]) addWords(piece, '', found)
  return Uint32Array.from(found)
}

/** The features of a word in a subject and in a text. */
export const featuresOfWord = (word: string): number[] => [shared(`s ${word}`), shared(word)]

const personal = (text: string): number => (hashText(text) | 1) >>> 0
const shared = (text: string): number => (hashText(text) & ~1) >>> 0

/** A domain and those it lies within, down to two names. */
function namesWithin(domain: string): string[] {
  const labels = domain.slice(-255).split('.').slice(-5)
  return labels.length < 2 ? [] : labels.slice(1).map((_, at) => labels.slice(at).join('.'))
}

/** The words of a text and every two that follow one another. */
function addWords(text: string, prefix: string, found: Set<number>): void {
  let before: number | undefined
  let read = 0
  for (const { forms } of tokensOf(text)) {
    if (found.size >= MOST_FEATURES || read++ >= MOST_WORDS) return
    const [word] = forms
    const isWord = word !== undefined && word.length <= LONGEST && (word.length >= SHORTEST || BEYOND_ASCII.test(word))
    if (!isWord) {
      if (word === undefined || word.length > LONGEST) before = undefined
      continue
    }
    const hasDigits = DIGITS.test(word)
    const isOwn = hasDigits || BEYOND_ASCII.test(word)
    // Numbers are dates, prices and counters; none comes twice for a reason.
    if (hasDigits && ONLY_DIGITS.test(word)) {
      before = undefined
      continue
    }
    const hash = isOwn ? personal(prefix + word) : shared(prefix + word)
    found.add(hash)
    if (before !== undefined)
      found.add(((mix(Math.imul(before, 0x2c1b3c6d) ^ hash) & ~1) | (hash & 1) | (before & 1)) >>> 0)
    before = hash
  }
}

const DIGITS = /\d/
const ONLY_DIGITS = /^[\d.,:/-]+$/
const BEYOND_ASCII = /[^\x00-\x7f]/

interface Body {
  /** Visible text. */
  pieces: string[]
  /** Hosts of links, in lower case. */
  links: Set<string>
  facts: string[]
}

const IS_TEXT = new Set(['plain', 'html'])
const LINK = /https?:\/\/([^\s"'<>/?#\\]{1,255})/gi
const ADDRESS_AS_HOST = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\d{6,10}|0x[0-9a-f]+|\[[\da-f:.]+\])$/

function readBody(message: Message): Body {
  const pieces: string[] = []
  const links = new Set<string>()
  const facts: string[] = []
  let left = MOST_TEXT
  let parts = 0
  let linked = 0
  for (const part of walkParts(message.root, true)) {
    if (part.type !== 'text' || !IS_TEXT.has(part.subtype) || part.disposition === 'attachment') continue
    if (parts++ >= MOST_PARTS || left <= 0) break
    const { text: source, isEncodingProblem } = partText(message, part, MOST_PART_BYTES)
    if (isEncodingProblem) facts.push('badly encoded')
    facts.push(...factsOfPart(part))
    const isHtml = part.subtype === 'html'
    const text = isHtml ? htmlToText(source, { limit: left }) : source.slice(0, left)
    left -= text.length
    pieces.push(text)
    for (const { 1: authority = '' } of source.matchAll(LINK)) {
      if (linked++ >= MOST_LINKS) break
      const host = authority
        .slice(authority.lastIndexOf('@') + 1)
        .toLowerCase()
        .replace(/:\d*$|[.,;:)\]]+$/g, '')
      if (ADDRESS_AS_HOST.test(host)) facts.push('link to a number')
      else if (host.includes('.')) links.add(host)
      if (authority.includes('@')) facts.push('link with a name before its host')
    }
    if (isHtml) facts.push(...factsOfHtml(source, text))
  }
  facts.push(`links ${bucket(linked)}`, `text ${bucket(MOST_TEXT - left)}`)
  return { pieces, links, facts }
}

/** A number by its order of magnitude. */
const bucket = (count: number): number => Math.round(Math.log2(count + 1))

function factsOfPart(part: Part): string[] {
  const charset = part.parameters['charset']?.slice(0, 40).toLowerCase()
  return [
    `encoding ${part.encoding.slice(0, 20)} ${part.subtype}`,
    ...(charset === undefined ? [`no charset ${part.subtype}`] : []),
  ]
}

/** What pages use to show something else than they say. */
const TRICKS: readonly (readonly [fact: string, pattern: RegExp])[] = [
  ['form', /<form\b/i],
  ['script', /<script\b/i],
  ['frame', /<iframe\b/i],
  ['tiny', /font-size\s{0,4}:\s{0,4}[01](?:px|pt)?\s{0,4}[;"']/i],
  ['large type', /<font[^>]{0,100}size\s{0,4}=\s{0,4}["']?(?:\+[3-9]|[5-9])/i],
  ['colours', /bgcolor\s{0,4}=/i],
  ['hidden', /display\s{0,4}:\s{0,4}none|visibility\s{0,4}:\s{0,4}hidden/i],
  ['style', /<style\b/i],
  ['comment in a word', /\w<!--[^>]{0,200}-->\w/],
]

function factsOfHtml(html: string, text: string): string[] {
  const facts = TRICKS.filter(([, pattern]) => pattern.test(html)).map(([fact]) => `html ${fact}`)
  const images = html.split(/<img\b/i, 50).length - 1
  return [...facts, `html images ${bucket(images)}`, `html of text ${bucket(html.length / (text.length + 1))}`]
}

function factsOf(
  message: Message,
  { from, replyTo, to, cc, inReplyTo, references }: ReturnType<typeof envelope>,
): string[] {
  const { textBody, htmlBody } = bodyLists(message)
  const facts: string[] = [`type ${message.root.type}/${message.root.subtype}`.slice(0, 60)]
  const hasPlain = textBody.some((part) => part.subtype === 'plain')
  const hasHtml = htmlBody.some((part) => part.subtype === 'html')
  facts.push(hasHtml ? (hasPlain ? 'both texts' : 'html alone') : 'plain alone')
  if (hasAttachment(message)) facts.push('attachment')
  if (inReplyTo !== null || references !== null) facts.push('answer')
  if (to === null) facts.push('to nobody')
  if ((to?.length ?? 0) + (cc?.length ?? 0) > 5) facts.push('to many')
  if (from === null) facts.push('from nobody')
  else if (!from[0]?.name) facts.push('from without a name')
  if (replyTo !== null && from !== null && replyTo[0]?.email.toLowerCase() !== from[0]?.email.toLowerCase())
    facts.push('answers elsewhere')
  for (const field of ['Message-ID', 'Date', 'MIME-Version', 'Subject'])
    if (findFields(message, message.root, field).length === 0) facts.push(`no ${field}`)
  if (findFields(message, message.root, 'Importance').length > 0) facts.push('importance')
  return facts
}

const MONEY = /[$€£]\s?\d|\d\s?(?:€|eur\b|usd\b|dollars?\b)/i
const INVISIBLE = /\w[\u{ad}\u{200b}-\u{200d}\u{2060}-\u{2064}\u{feff}]\w/u

function factsOfText(subject: string, text: string): string[] {
  const facts: string[] = []
  if (/!/.test(subject)) facts.push('subject cries')
  if (/\?/.test(subject)) facts.push('subject asks')
  if (MONEY.test(subject)) facts.push('subject money')
  if (/\S\s{5,}\S+$/.test(subject)) facts.push('subject with something far behind')
  if (/^\s*(?:re|aw|sv|antw)\s*:/i.test(subject)) facts.push('subject answers')
  if (/\p{Lu}{3}/u.test(subject) && !/\p{Ll}/u.test(subject)) facts.push('subject shouts')
  if (MONEY.test(text)) facts.push('money')
  if (/!{2,}/.test(text)) facts.push('cries')
  if (/\d%|\d percent/i.test(text)) facts.push('percent')
  if (/^\s{0,8}>/m.test(text)) facts.push('quotes')
  if (INVISIBLE.test(text)) facts.push('invisible in words')
  const capitals = text.slice(0, 8000).match(/\b[A-Z]{4,}\b/g)?.length ?? 0
  facts.push(`capitals ${bucket(capitals)}`)
  return facts
}

/** FNV-1a over UTF-16 units, and the end of MurmurHash3 to spread it. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return mix(hash)
}

function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
