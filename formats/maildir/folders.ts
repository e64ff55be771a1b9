import { decodeUtf7, encodeUtf7 } from '#formats/utf7'

/** Names from the top; none for the inbox. */
export type MaildirFolder = string[]

/** What a name may not have where dots part the names, and how Courier writes it. */
const ESCAPES: readonly [character: string, escape: string][] = [
  ['.', '&AC4-'],
  ['/', '&AC8-'],
  [':', '&ADo-'],
  ['\\', '&AFw-'],
]

/** The folder's name on the disk (Maildir++): ".Archive.2019", in modified UTF-7; empty for the inbox. */
export const encodeFolder = (folder: readonly string[]): string => folder.map((name) => `.${encodeName(name)}`).join('')

function encodeName(name: string): string {
  let encoded = encodeUtf7(name)
  for (const [character, escape] of ESCAPES) encoded = encoded.replaceAll(character, escape)
  return encoded
}

/** @param name  begins with a dot */
export const decodeFolder = (name: string): MaildirFolder =>
  name
    .split('.')
    .filter((part) => part !== '')
    .map(decodeName)

/** What is not modified UTF-7 is taken as it stands: many programs write UTF-8. */
function decodeName(name: string): string {
  const parts = name.split(/(&AC4-|&AC8-|&ADo-|&AFw-)/)
  const decoded = parts.map((part) => ESCAPES.find(([, escape]) => escape === part)?.[0] ?? decodeUtf7(part))
  return decoded.includes(undefined) ? name : decoded.join('')
}
