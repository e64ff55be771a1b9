import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Refusal } from '#system'

/**
 * Asks for a passphrase: at a terminal without showing what is typed, else the first line of standard input.
 * @throws Refusal 'invalid' when it is left by Ctrl-C
 */
export async function askPassphrase(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    const [line = ''] = (await text(process.stdin)).split(/\r?\n/, 1)
    return line
  }
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return await lines.question('')
  } catch (error) {
    throw new Refusal('invalid', { cause: error, fields: ['Stopped. Nothing was written.'] })
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
