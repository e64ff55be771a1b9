import type { Script } from '#formats/sieve'
import {
  checkScript,
  checkScriptName,
  findScript,
  MOST_SCRIPT_BYTES,
  MOST_SCRIPTS,
  putScript,
  readScripts,
  warningsOf,
} from '#mail/scripts'
import { Refusal } from '#system'
import { command } from '../command.ts'
import { Declined, ok, type Reply } from '../output/reply.ts'

/** RFC 5804 §2.5. */
export const havespace = command({
  name: 'HAVESPACE',
  states: ['authenticated'],

  // command-havespace = "HAVESPACE" SP sieve-name SP number
  parse(input) {
    const name = checkScriptName(input.string())
    const size = input.number()
    input.end()
    return { name, size }
  },

  async run({ account }, { name, size }) {
    if (size > MOST_SCRIPT_BYTES) throw new Refusal('tooLarge')
    const isNew = (await findScript(account, name)) === undefined
    if (isNew && (await readScripts(account)).length >= MOST_SCRIPTS) throw new Refusal('tooManyItems')
    return ok('There is room')
  },
})

/** RFC 5804 §2.6. */
export const putscript = command({
  name: 'PUTSCRIPT',
  states: ['authenticated'],
  writes: true,

  // command-putscript = "PUTSCRIPT" SP sieve-name SP sieve-script
  parse(input) {
    const name = checkScriptName(input.string())
    const text = input.script()
    input.end()
    return { name, text }
  },

  async run({ account }, { name, text }) {
    if (text === '') throw new Declined('A script without a character says nothing')
    return told('The script is kept', await putScript(account, { name, text }))
  },
})

/** RFC 5804 §2.12. */
export const checkscript = command({
  name: 'CHECKSCRIPT',
  states: ['authenticated'],

  // command-checkscript = "CHECKSCRIPT" SP sieve-script
  parse(input) {
    const text = input.script()
    input.end()
    return { text }
  },

  run: async (_session, { text }) => told('The script is right', checkScript(text)),
})

function told(said: string, script: Script): Reply {
  const warnings = warningsOf(script)
  return warnings.length === 0 ? ok(said) : ok(warnings.join('\r\n'), { code: 'WARNINGS' })
}
