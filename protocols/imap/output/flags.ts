import { DELETED, FLAG } from '#items'
import { keywordName, toKeywords } from '#mail'
import { Refusal } from '#system'
import { BadCommand } from '../input/bad-command.ts'

/** System flags that are keywords in JMAP (RFC 8621 §4.1.1). `\Recent` is no flag of ours, and never sent. */
const SYSTEM = [
  ['\\Answered', '$answered', FLAG.answered],
  ['\\Flagged', '$flagged', FLAG.flagged],
  ['\\Draft', '$draft', FLAG.draft],
  ['\\Seen', '$seen', FLAG.seen],
] as const

const KEYWORDS_OF_FLAGS: ReadonlyMap<string, string> = new Map(
  SYSTEM.map(([flag, keyword]) => [flag.toLowerCase(), keyword]),
)
const FLAGS_OF_KEYWORDS: ReadonlyMap<string, string> = new Map(SYSTEM.map(([flag, keyword]) => [keyword, flag]))

/** Whether a keyword stands for a system flag. */
export const isSystemFlag = (keyword: string): boolean => FLAGS_OF_KEYWORDS.has(keyword)

/** Keywords with a spelling that clients know (RFC 5788, RFC 9051 §2.3.2). */
const SPELLED: ReadonlyMap<string, string> = new Map(
  [
    '$Forwarded',
    '$MDNSent',
    '$Junk',
    '$NotJunk',
    '$Phishing',
    '$Important',
    '$SubmitPending',
    '$Submitted',
    // The colour of a flag, in three bits, as Apple Mail writes it: programs look for just these letters.
    '$MailFlagBit0',
    '$MailFlagBit1',
    '$MailFlagBit2',
    // Of before there was a registry.
    'Junk',
    'NonJunk',
    'NotJunk',
  ].map((name) => [name.toLowerCase(), name]),
)

/** Flags that every mailbox has. */
export const USUAL_FLAGS = [
  '\\Answered',
  '\\Flagged',
  '\\Deleted',
  '\\Seen',
  '\\Draft',
  '$Forwarded',
  '$MDNSent',
  '$Junk',
  '$NotJunk',
]

/** Flags of a command, told apart. */
export interface GivenFlags {
  keywords: string[]
  isDeleted: boolean
}

/** @throws BadCommand for a system flag that there is none of */
export function readFlags(flags: readonly string[]): GivenFlags {
  const keywords: string[] = []
  let isDeleted = false
  for (const flag of flags) {
    const lower = flag.toLowerCase()
    if (lower === '\\deleted') isDeleted = true
    // \Recent cannot be set; a client that copies what it was once told is not to fail.
    else if (lower === '\\recent') continue
    else if (flag.startsWith('\\')) {
      const keyword = KEYWORDS_OF_FLAGS.get(lower)
      if (keyword === undefined) throw new BadCommand('There is no such system flag')
      keywords.push(keyword)
    } else keywords.push(nameOf(flag))
  }
  return { keywords, isDeleted }
}

function nameOf(flag: string): string {
  try {
    return keywordName(flag)
  } catch (error) {
    if (error instanceof Refusal) throw new BadCommand('That cannot be a keyword')
    throw error
  }
}

/** A keyword as a flag. */
export const flagOf = (keyword: string): string => FLAGS_OF_KEYWORDS.get(keyword) ?? SPELLED.get(keyword) ?? keyword

const known = new Map<number, string>()

/**
 * flag-list of a message, without its parentheses.
 * @param bits  as a view has them
 * @param names  of its keywords that are no bits
 */
export function flagList(bits: number, names: readonly string[]): string {
  let text = known.get(bits)
  if (text === undefined) {
    const flags = toKeywords(bits & ~DELETED, []).map(flagOf)
    if ((bits & DELETED) !== 0) flags.push('\\Deleted')
    text = flags.join(' ')
    if (known.size < 4096) known.set(bits, text)
  }
  if (names.length === 0) return text
  return `${text}${text === '' ? '' : ' '}${names.map(flagOf).join(' ')}`
}
