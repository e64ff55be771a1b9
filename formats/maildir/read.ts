import { FLAGS, letterOf, numberOf, TRASHED } from './flags.ts'
import { decodeFolder, type MaildirFolder } from './folders.ts'

/** A file within an archive or a tree that is a letter of a Maildir. */
export interface MaildirPath {
  /** The folders above it, as they are called on the disk: "Mail/.Archive". */
  place: string
  /** Names by the part of the place that begins with a dot (Maildir++); undefined where there is none. */
  folder: MaildirFolder | undefined
  /** The place without that part. */
  root: string
  flags: string[]
  /** Marked to be removed. */
  isDeleted: boolean
  /** Letters of keywords. */
  letters: string[]
  /** In seconds since 1970, as the name of the file begins; undefined where it does not begin so. */
  seconds: number | undefined
}

export const KEYWORDS_FILE = 'dovecot-keywords'

const PATH = /^(?:(.*)\/)?(cur|new)\/([^/]+)$/s

/** Flags after ":2,"; where a file cannot have ":" in its name, some programs write another sign. */
const INFO = /[:;!_-]2,([A-Za-z]*)(?:,[^/]*)?$/

/** @param path  with "/"; undefined for what is no letter */
export function readMaildirPath(path: string): MaildirPath | undefined {
  const [, place = '', which, name = ''] = PATH.exec(path) ?? []
  // Names that begin with a dot are no letters.
  if (which === undefined || name.startsWith('.')) return undefined
  const slash = place.lastIndexOf('/')
  const last = place.slice(slash + 1)
  const isPlus = /^\.[^.]/.test(last) && !/^\.maildir$/i.test(last)
  const [, info = ''] = which === 'cur' ? (INFO.exec(name) ?? []) : []
  const letters = new Set(info)
  return {
    place,
    folder: isPlus ? decodeFolder(last) : undefined,
    root: isPlus ? place.slice(0, Math.max(0, slash)) : place,
    flags: Object.keys(FLAGS).flatMap((letter) => (letters.has(letter) ? (FLAGS[letter] as string) : [])),
    isDeleted: letters.has(TRASHED),
    letters: [...letters].filter((letter) => /[a-z]/.test(letter)),
    seconds: timeOf(name),
  }
}

/** A plausible time at the beginning of a file's name: from 1980 to 2100. */
export function timeOf(name: string): number | undefined {
  const seconds = Number(/^(\d{9,10})\./.exec(name)?.[1])
  return seconds >= 315_532_800 && seconds < 4_102_444_800 ? seconds : undefined
}

/** @returns names by letter: "0 work" is that of "a" */
export function readKeywordNames(text: string): Map<string, string> {
  const names = new Map<string, string>()
  for (const [, number = '', name = ''] of text.slice(0, 64 * 1024).matchAll(/^(\d{1,2}) (\S{1,255})\r?$/gm))
    if (Number(number) <= numberOf('z')) names.set(letterOf(Number(number)), name)
  return names
}

/** Flags and keywords together, as JMAP names them. */
export const keywordsOf = ({ flags, letters }: MaildirPath, names: ReadonlyMap<string, string>): string[] => [
  ...flags,
  ...letters.flatMap((letter) => names.get(letter) ?? []),
]
