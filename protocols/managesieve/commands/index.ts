import type { Command } from '../command.ts'
import { capability, logout, noop } from './any-time.ts'
import { authenticate, unauthenticate } from './authenticate.ts'
import { checkscript, havespace, putscript } from './put.ts'
import { deletescript, getscript, listscripts, renamescript, setactive } from './scripts.ts'
import { starttls } from './starttls.ts'

/** All commands by their names. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [
    authenticate,
    starttls,
    logout,
    capability,
    havespace,
    putscript,
    listscripts,
    setactive,
    getscript,
    deletescript,
    renamescript,
    checkscript,
    noop,
    unauthenticate,
  ].map((command) => [command.name, command]),
)
