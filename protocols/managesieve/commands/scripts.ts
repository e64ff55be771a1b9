import { activateScript, findScript, readScripts, removeScript, updateScript, type KeptScript } from '#mail/scripts'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import { command, nothing } from '../command.ts'
import type { Arguments } from '../input/arguments.ts'
import { Declined, ok } from '../output/reply.ts'
import { literal, string } from '../output/string.ts'

function named(input: Arguments): { name: string } {
  const name = input.string()
  input.end()
  return { name }
}

/** @throws Refusal 'notFound' */
async function loadScript(account: OpenAccount, name: string): Promise<KeptScript> {
  const script = await findScript(account, name)
  if (script === undefined) throw new Refusal('notFound')
  return script
}

/** RFC 5804 §2.7. */
export const listscripts = command({
  name: 'LISTSCRIPTS',
  states: ['authenticated'],
  parse: nothing,
  async run({ account }) {
    const scripts = await readScripts(account)
    return ok('These are all', {
      lines: scripts.map(({ name, isActive }) => `${string(name)}${isActive ? ' ACTIVE' : ''}\r\n`),
    })
  },
})

/** SETACTIVE; an empty name says that none is to be. RFC 5804 §2.8. */
export const setactive = command({
  name: 'SETACTIVE',
  states: ['authenticated'],
  writes: true,

  // command-setactive = "SETACTIVE" SP active-sieve-name
  parse: named,

  async run({ account }, { name }) {
    await activateScript(account, name === '' ? undefined : (await loadScript(account, name)).id)
    return ok(name === '' ? 'No script is active' : 'The script is active')
  },
})

/** RFC 5804 §2.9. */
export const getscript = command({
  name: 'GETSCRIPT',
  states: ['authenticated'],

  // command-getscript = "GETSCRIPT" SP sieve-name
  parse: named,

  async run({ account }, { name }) {
    const { text } = await loadScript(account, name)
    return ok('This is all', { lines: [`${literal(text)}\r\n`] })
  },
})

/** RFC 5804 §2.10. */
export const deletescript = command({
  name: 'DELETESCRIPT',
  states: ['authenticated'],
  writes: true,

  // command-deletescript = "DELETESCRIPT" SP sieve-name
  parse: named,

  async run({ account }, { name }) {
    const { id } = await loadScript(account, name)
    try {
      await removeScript(account, id)
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'forbidden')
        throw new Declined('The active script cannot be deleted', 'ACTIVE')
      throw error
    }
    return ok('The script is deleted')
  },
})

/** RFC 5804 §2.11. */
export const renamescript = command({
  name: 'RENAMESCRIPT',
  states: ['authenticated'],
  writes: true,

  // command-renamescript = "RENAMESCRIPT" SP old-sieve-name SP new-sieve-name
  parse(input) {
    const from = input.string()
    const to = input.string()
    input.end()
    return { from, to }
  },

  async run({ account }, { from, to }) {
    const { id } = await loadScript(account, from)
    await updateScript(account, id, { name: to })
    return ok('The script has another name')
  },
})
