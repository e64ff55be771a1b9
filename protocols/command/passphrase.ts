import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'

/** Asks for a passphrase: at a terminal without showing what is typed, else the first line of standard input. */
export async function askPassphrase(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    const [line = ''] = (await text(process.stdin)).split(/\r?\n/, 1)
    return line
  }
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  // Left by Ctrl-C: nothing was typed.
  const typed = await lines.question('').catch(() => '')
  lines.close()
  process.stderr.write('\n')
  return typed
}
