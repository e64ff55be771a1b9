import assert from 'node:assert/strict'
import type { ImapDialogue } from '../imap.ts'

/** A command as a program sends it, and what has to come back. */
export interface Line {
  /** The command without its tag. A literal follows its announcement `{n+}` at once, line end between. */
  says: string
  /** Sent one by one, each when the server says `+`. */
  goesOn?: string[]
  /** What the untagged responses have to be like: each must match one of them. Texts must be all of a response. */
  hears?: (string | RegExp)[]
  /** Whether nothing else may be among the untagged responses. */
  andNoMore?: boolean
  /** How it is completed, if not with any OK. */
  ends?: RegExp
}

/** Says line after line, and compares. */
export async function play(imap: ImapDialogue, lines: readonly Line[]): Promise<void> {
  for (const { says, goesOn = [], hears = [], andNoMore = false, ends = /^OK/ } of lines) {
    const { untagged, tagged } = await imap.say(says, ...goesOn)
    const what = `${says.slice(0, 200)}\n${untagged.join('\n').slice(0, 3000)}\n${tagged}\n`
    assert.match(tagged, ends, what)
    for (const one of hears)
      assert.ok(
        untagged.some((response) => (typeof one === 'string' ? response === one : one.test(response))),
        `${what}has nothing like ${one}`,
      )
    if (andNoMore) assert.equal(untagged.length, hears.length, what)
  }
}

/** How a program that knows LITERAL+ writes a literal. */
export const literal = (content: Buffer | string): string => {
  const text = typeof content === 'string' ? content : content.toString('latin1')
  return `{${text.length}+}\r\n${text}`
}

/** The credentials of AUTHENTICATE PLAIN. */
export const plain = ({ address, password }: { address: string; password: string }): string =>
  Buffer.from(`\0${address}\0${password}`).toString('base64')
